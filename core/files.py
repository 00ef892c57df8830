"""Files that are replaced whole, and paths as users write them."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}")
"""Names of the temporary files of `replacing`."""


def path_of(text: str) -> Path:
    """The path that a user means, the home of `~` filled in where there is one."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file that takes the place of `path`, synced and renamed, if all goes well."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # Unlike tempfile's, it may be read by whoever may read the rest of the run.
    temporary.touch(exist_ok=False)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        # A disk that refuses this too must not hide what it refused first.
        with contextlib.suppress(OSError):
            temporary.unlink()
