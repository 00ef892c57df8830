"""The journal of a run: written by the one who trains, followed by everyone else.

It only grows. A resumed training first says from which step it goes on; for a reader, whatever the
journal tells of later steps before that line is void.
"""

import os
import sys
from pathlib import Path
from types import TracebackType

from core.events import Event, from_lines, to_line


class JournalWriter:
    """Appends events, each in one write, so that no reader sees half of one for long."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        # A torn last line, left by a process that died, must not swallow the first of ours.
        if not _ends_with_newline(path):
            os.write(self._file, b"\n")

    def write(self, event: Event) -> None:
        """Append one event."""
        os.write(self._file, to_line(event))

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        os.fsync(self._file)

    def __enter__(self) -> "JournalWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._file)


class JournalFollower:
    """Reads a journal from its beginning and then whatever is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    @property
    def behind(self) -> int:
        """Bytes that were added since the last call of `read_new`."""
        try:
            return self._path.stat().st_size - self._offset
        except FileNotFoundError:
            return 0

    def read_new(self, at_most: int = 2**24) -> list[Event]:
        """The events in the whole lines that were added since the last call.

        at_most: bytes to read in this call; the rest comes with the next.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                added = file.read(at_most)
        except FileNotFoundError:
            return []
        whole = added.rfind(b"\n") + 1
        if not whole and len(added) == at_most:
            # No event is this long: a foreign line, which must not be waited for.
            whole = at_most
        self._offset += whole
        return list(from_lines(added[:whole]))


def read_whole(path: Path) -> list[Event]:
    """All events of a journal."""
    return read_tail(path, sys.maxsize)


def read_tail(path: Path, size: int = 2**16) -> list[Event]:
    """The events in the last `size` bytes of a journal."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - size))
            return list(from_lines(file.read()))
    except FileNotFoundError:
        return []


def read_overview(path: Path, parts: int = 64, size: int = 2**15) -> list[Event]:
    """The events in so many parts of a journal, evenly spaced, each of `size` bytes."""
    found: list[Event] = []
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            for part in range(parts):
                start = (end - size) * part // max(1, parts - 1)
                file.seek(max(0, start))
                piece = file.read(size)
                first = piece.find(b"\n") + 1 if start > 0 else 0
                found += from_lines(piece[first : piece.rfind(b"\n") + 1])
    except FileNotFoundError:
        pass
    return found


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
