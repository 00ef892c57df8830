"""The end of a run's log file, where libraries print."""

from textual.widgets import Log

from core.runs.directory import RunDirectory
from core.text import printable

LOG_BYTES = 2**16
"""Bytes of the file's end that are shown."""


class LogTail(Log):
    """The last lines of `log.txt`."""

    BORDER_TITLE = "What libraries print (log.txt); g closes"

    def show(self, lines: list[str]) -> None:
        """Show the lines that are new."""
        if lines != list(self.lines)[: len(lines)] or len(self.lines) > len(lines) + 1:
            self.clear()
            self.write_lines(lines)


def tail(directory: RunDirectory) -> list[str]:
    """Return the last lines of the log of a run."""
    try:
        with directory.log_file.open("rb") as file:
            file.seek(max(0, directory.log_file.stat().st_size - LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        text = ""
    return [printable(line) for line in text.splitlines()] or ["(empty)"]
