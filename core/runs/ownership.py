"""Ownership of a run: one process at a time writes it, by an advisory lock that dies with it.

A lock may not reach another host that shares the disk. The owner therefore also touches the lock's
file now and then. A fresh file of another host counts as locked.
"""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator

import msgspec

from core.errors import OwnedElsewhereError
from core.files import read_json
from core.runs.directory import RunDirectory
from core.runs.repeating import repeating

BEAT_SECONDS = 15.0
STALE_SECONDS = 90.0
"""Age of the lock's file after which an owner on another host is gone."""


class Owner(msgspec.Struct, frozen=True):
    """Process that owns a run."""

    host: str
    pid: int
    since: float
    """Unix time."""

    @property
    def elsewhere(self) -> bool:
        """True when the process is on another host."""
        return self.host != socket.gethostname()

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        return f"process {self.pid} on {self.host}, since {since}"


@contextlib.contextmanager
def owning(directory: RunDirectory) -> Iterator[None]:
    """Own a run until the end of the block. Raise OwnedElsewhereError when it is owned already."""
    handle = os.open(directory.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _lock(handle) or _is_held_elsewhere(directory):
            raise owned_error(directory)
        me = Owner(socket.gethostname(), os.getpid(), time.time())
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(me), 0)

        def beat() -> None:
            with contextlib.suppress(OSError):
                os.utime(handle)

        try:
            with repeating(beat, BEAT_SECONDS):
                yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def owned_error(directory: RunDirectory) -> OwnedElsewhereError:
    """Make the error for a run that another process owns."""
    return OwnedElsewhereError(
        f"the run {directory.name!r} is being written by "
        f"{owner(directory) or 'another process'}; stop it first"
    )


def _lock(handle: int) -> bool:
    # Tried again, because `is_owned` in another process locks the file for a moment too.
    for _ in range(20):
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.01)
    return False


def is_owned(directory: RunDirectory) -> bool:
    """Return True when a process owns the run now."""
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
    """Return True when a process on another host owns the run."""
    found = owner(directory)
    if found is None or not found.elsewhere:
        return False
    with contextlib.suppress(OSError):
        return time.time() - directory.lock_file.stat().st_mtime < STALE_SECONDS
    return False


def owner(directory: RunDirectory) -> Owner | None:
    """Read the last owner of the run, which may have died."""
    return read_json(directory.lock_file, Owner)


def living_owner(directory: RunDirectory) -> Owner | None:
    """Return the owner of the run now. None means that there is none, or that it is unknown."""
    return owner(directory) if is_owned(directory) else None
