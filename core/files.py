"""Files that are replaced whole, plain files that are opened without waiting, and users' paths."""

import contextlib
import errno
import os
import re
import secrets
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}")
"""Names of the temporary files of `replacing`."""

T = TypeVar("T")

_ONE_AT_A_TIME = threading.Lock()


def path_of(text: str) -> Path:
    """Return the path that a user means. `~` becomes the home directory where there is one."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def open_plain(path: Path) -> BinaryIO:
    """Open a regular file for reading. Raise OSError for a link, a pipe, a device or a folder.

    A pipe without a writer would block a plain `open` for ever.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(handle, "rb")


def read_plain(path: Path, at_most: int = -1) -> bytes:
    """Read a regular file, or its first bytes. Raise OSError as `open_plain` does."""
    with open_plain(path) as file:
        return file.read(at_most)


def decoder(type: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type.

    Two threads that meet a type for the first time at once can crash msgspec (0.22).
    """
    with _ONE_AT_A_TIME:
        return msgspec.json.Decoder(type)


def read_json(path: Path, type: type[T], at_most: int = -1) -> T | None:
    """Read a JSON file as a type. A missing, damaged or foreign one counts as None."""
    try:
        return decoder(type).decode(read_plain(path, at_most))
    except (OSError, ValueError, RecursionError):
        return None


def write_json(path: Path, value: object, *, sync: bool = True) -> None:
    """Replace a JSON file, as `replacing` does. Raise OSError when the disk refuses."""
    with replacing(path, sync=sync) as file:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(value)) + b"\n")


@contextlib.contextmanager
def replacing(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """Provide a temporary file that takes the place of `path`, unless the block fails.

    sync: wait until the file is on the disk. Without it, a power cut may leave an empty file.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # A file of `tempfile` could be read by its owner alone.
    temporary.touch(exist_ok=False)
    try:
        yield temporary
        if sync:
            _sync(temporary)
        temporary.replace(path)
        if sync:
            _sync(path.parent)
    finally:
        # A second error of the disk must not hide the first.
        with contextlib.suppress(OSError):
            temporary.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
