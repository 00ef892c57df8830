"""Journal of a run: one process appends events, any process reads them.

It only grows. A resumed training first appends the step from which it continues. Earlier lines of
later steps are void from there on.
"""

import contextlib
import errno
import os
import sys
from collections import deque
from pathlib import Path

from core.files import open_plain
from core.training.events import Event, from_lines, to_line

MOST_WAITING = 100_000
"""Lines that wait in memory at most. Beyond that, the oldest are dropped."""


class JournalWriter:
    """Appends events, each in one write, so that a reader rarely sees half a line.

    A line that the disk refuses waits in memory. The next write continues at the refused byte.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._path = path
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        # A process that died may have left a torn line, which must not swallow the next.
        self._rest = b"" if _ends_with_newline(path) else b"\n"

    def write(self, event: Event) -> None:
        """Append an event after those that wait. Raise OSError when it has to wait too."""
        self._waiting.append(to_line(event))
        self.flush()

    def flush(self) -> None:
        """Append the events that wait. Raise OSError when the disk refuses."""
        if not os.fstat(self._file).st_nlink:
            raise FileNotFoundError(errno.ENOENT, "it was deleted", str(self._path))
        while self._rest or self._waiting:
            self._rest = self._rest or self._waiting.popleft()
            self._rest = self._rest[os.write(self._file, self._rest) :]

    def sync(self) -> None:
        """Wait until the written events are on the disk. Raise OSError when that fails."""
        os.fsync(self._file)

    def __enter__(self) -> "JournalWriter":
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self.flush()
        with contextlib.suppress(OSError):
            os.close(self._file)


class JournalFollower:
    """Reads a journal from a byte offset on. One that cannot be read counts as empty."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path = path
        self.offset = offset
        """Bytes read so far."""

    @property
    def behind(self) -> int:
        """Bytes not read yet."""
        try:
            return self._path.stat().st_size - self.offset
        except OSError:
            return 0

    def read_new(self, at_most: int = 2**24) -> list[Event]:
        """Read the events in the next whole lines, of at most so many bytes."""
        try:
            with open_plain(self._path) as file:
                file.seek(self.offset)
                added = file.read(at_most)
        except OSError:
            return []
        whole = added.rfind(b"\n") + 1
        if not whole and len(added) == at_most:
            # No event is this long. Waiting for the end of a foreign line would block the reader.
            whole = at_most
        self.offset += whole
        return from_lines(added[:whole])


def read_whole(path: Path) -> list[Event]:
    """Read all events of a journal. One that cannot be read counts as empty."""
    return read_tail(path, sys.maxsize)


def read_tail(path: Path, size: int = 2**16) -> list[Event]:
    """Read the events in the last `size` bytes of a journal, as `read_whole` does."""
    try:
        with open_plain(path) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - size))
            return from_lines(file.read())
    except OSError:
        return []


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        return file.read() in (b"", b"\n")
