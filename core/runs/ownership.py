"""Who writes a run: one process at a time, by an advisory lock that dies with it.

A lock may not reach another machine that shares the disk. So the owner also keeps the lock's file
fresh, and a fresh file of another machine counts as held.
"""

import contextlib
import fcntl
import os
import socket
import threading
import time
from collections.abc import Iterator

import msgspec

from core.errors import OwnedElsewhereError
from core.files import read_plain
from core.runs.directory import RunDirectory

BEAT_SECONDS = 15.0
STALE_SECONDS = 90.0
"""An owner on another machine that was not heard of for so long is gone."""


class Owner(msgspec.Struct, frozen=True):
    """The process that holds a run."""

    host: str
    pid: int
    since: float
    """Unix time."""

    @property
    def elsewhere(self) -> bool:
        """Whether the process is on another machine."""
        return self.host != socket.gethostname()

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
        if not _lock(handle) or _is_held_elsewhere(directory):
            raise owned_error(directory)
        me = Owner(socket.gethostname(), os.getpid(), time.time())
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(me), 0)
        with _beating(handle):
            yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def owned_error(directory: RunDirectory) -> OwnedElsewhereError:
    """What to say to whoever wants a run that a process holds."""
    return OwnedElsewhereError(
        f"the run {directory.name!r} is being written by "
        f"{owner(directory) or 'another process'}; stop it there first"
    )


def _lock(handle: int) -> bool:
    # More than once, because `is_owned` of another process holds the lock for a moment too.
    for _ in range(20):
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.01)
    return False


@contextlib.contextmanager
def _beating(handle: int) -> Iterator[None]:
    """Keep the lock's file fresh."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            with contextlib.suppress(OSError):
                os.utime(handle)

    thread = threading.Thread(target=beat, name="owner", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def is_owned(directory: RunDirectory) -> bool:
    """Whether some process holds the run now."""
    try:
        handle = os.open(directory.lock_file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return _is_held_elsewhere(directory)


def _is_held_elsewhere(directory: RunDirectory) -> bool:
    """Whether a process on another machine, where our locks may not reach, holds the run."""
    found = owner(directory)
    if found is None or not found.elsewhere:
        return False
    with contextlib.suppress(OSError):
        return time.time() - directory.lock_file.stat().st_mtime < STALE_SECONDS
    return False


def owner(directory: RunDirectory) -> Owner | None:
    """The process that says that it holds the run."""
    try:
        return msgspec.json.decode(read_plain(directory.lock_file), type=Owner)
    except (OSError, ValueError, RecursionError):
        return None


def living_owner(directory: RunDirectory) -> Owner | None:
    """The process that holds the run now; None where no process does, or it cannot be told."""
    return owner(directory) if is_owned(directory) else None
