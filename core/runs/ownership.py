"""Who writes a run: one process at a time, by an advisory lock that dies with it."""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator

import msgspec

from core.errors import OwnedElsewhereError
from core.runs.directory import RunDirectory


class Owner(msgspec.Struct, frozen=True):
    """The process that holds a run."""

    host: str
    pid: int
    since: float
    """Unix time."""

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        return f"process {self.pid} on {self.host}, since {since}"


@contextlib.contextmanager
def owning(directory: RunDirectory) -> Iterator[None]:
    """Hold a run for writing.

    Raises OwnedElsewhereError when another process, or this one, holds it already.
    """
    handle = os.open(directory.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _lock(handle):
            raise OwnedElsewhereError(
                f"the run {directory.name!r} is being written by "
                f"{owner(directory) or 'another process'}; stop it there first"
            )
        me = Owner(socket.gethostname(), os.getpid(), time.time())
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(me), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    # More than once, because `is_owned` of another process holds the lock for a moment too.
    for _ in range(20):
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.01)
    return False


def is_owned(directory: RunDirectory) -> bool:
    """Whether some process holds the run now."""
    try:
        handle = os.open(directory.lock_file, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def owner(directory: RunDirectory) -> Owner | None:
    """The process that says that it holds the run."""
    try:
        return msgspec.json.decode(directory.lock_file.read_bytes(), type=Owner)
    except (OSError, msgspec.DecodeError):
        return None
