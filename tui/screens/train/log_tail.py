"""The end of a run's log file, where libraries print."""

import os

from textual.widgets import Log

from core.files import open_plain
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
        with open_plain(directory.log_file) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        text = ""
    return [printable(line) for line in text.splitlines()] or ["(empty)"]
