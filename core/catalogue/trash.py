"""Deleted runs: moved to a folder of the runs directory, until they are restored or removed.

The path is runs/.trash/<time>/<name>, so that a name can be deleted more than once.
"""

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from core.catalogue.listing import check_idle
from core.errors import CvaeError, InputError
from core.runs.directory import RunDirectory
from core.runs.ownership import owning

FOLDER = ".trash"
TIME = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Discarded:
    """Run in the trash."""

    path: Path

    @property
    def name(self) -> str:
        """Name that the run had."""
        return self.path.name

    @property
    def time(self) -> float:
        """Unix time of the deletion."""
        return int(self.path.parent.name) / 1e9


def discard(directory: RunDirectory) -> Discarded:
    """Move a run to the trash. Raise OwnedElsewhereError while it is owned, else InputError."""
    check_idle(directory)
    place = directory.path.parent / FOLDER / str(time.time_ns()) / directory.name
    try:
        place.parent.mkdir(parents=True)
        try:
            with owning(directory):
                directory.path.rename(place)
        except (CvaeError, OSError):
            place.parent.rmdir()
            raise
    except OSError as error:
        raise InputError(f"cannot delete {directory.path}: {error.strerror}") from None
    return Discarded(place)


def discarded(runs: Path) -> list[Discarded]:
    """List the runs in the trash, the last deleted first."""
    found = (runs / FOLDER).glob("*/*")
    there = [Discarded(path) for path in found if TIME.fullmatch(path.parent.name)]
    return sorted(there, key=lambda run: -run.time)


def restore(run: Discarded) -> RunDirectory:
    """Move a run back from the trash. Raise InputError when its name is taken or it is gone."""
    place = run.path.parents[2] / run.name
    if place.exists():
        raise InputError(f"there is a run {run.name!r} again; rename or delete that one first")
    try:
        run.path.rename(place)
        run.path.parent.rmdir()
    except OSError as error:
        raise InputError(f"cannot put back {run.name!r}: {error.strerror}") from None
    return RunDirectory(place)


def empty_trash(runs: Path) -> None:
    """Delete the runs in the trash for good. Raise InputError when the disk refuses."""
    try:
        if (runs / FOLDER).exists():
            shutil.rmtree(runs / FOLDER)
    except OSError as error:
        raise InputError(f"cannot empty {runs / FOLDER}: {error.strerror}") from None
