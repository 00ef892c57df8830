"""The list of runs: state, scores and labels of each."""

import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from core.catalogue.labels import Labels, read_labels
from core.config.build import read_config
from core.config.schema import Config
from core.errors import InputError
from core.files import read_plain
from core.runs.directory import RunDirectory, check_name
from core.runs.followed import RunState, run_state
from core.runs.ownership import is_owned, owned_error, owning
from core.runs.summary import NOTHING, read_summary

_Stamp = tuple[int, int]


class RunSummary(msgspec.Struct, frozen=True):
    """Line of the list."""

    name: str
    state: RunState
    epoch: float
    step: int
    age: float | None
    """Unix time of the last event."""
    metrics: Mapping[str, float | None] = {}
    """Metrics of the last report, and of the checkpoint `best`."""
    size: int = 0
    """Bytes on the disk."""
    tags: tuple[str, ...] = ()
    note: str = ""
    alarms: tuple[str, ...] = ()
    """Kinds of the active alarms."""

    @property
    def bleu4(self) -> float | None:
        """BLEU-4 of the reported pairs if there are any, else of the selection pairs."""
        reported = self.metrics.get("bleu4")
        return self.metrics.get("selection_bleu4") if reported is None else reported

    @property
    def gaussian(self) -> float | None:
        """Gaussian score of the checkpoint `best`."""
        return self.metrics.get("gaussian")

    @property
    def ce(self) -> float | None:
        """Cross-entropy of the last report, in nats per word."""
        return self.metrics.get("ce")


class Catalogue:
    """The runs under a directory, for several threads. A file is read again once it changed.

    keep: store the summaries of runs that have none, where the disk allows it.
    """

    def __init__(self, runs: Path, *, keep: bool = False) -> None:
        self.runs = runs
        self._keep = keep
        self._lock = threading.Lock()
        self._known: dict[Path, _Known] = {}
        self._configs: dict[Path, tuple[_Stamp, Config | None]] = {}

    def summaries(self) -> list[RunSummary]:
        """Summarise the runs there are now, the newest first."""
        known: dict[Path, _Known] = {}
        found = []
        with self._lock:
            for directory in run_directories(self.runs):
                entry = known[directory.path] = self._known.get(directory.path) or _Known(directory)
                found.append(entry.summary(self._keep))
            self._known = known
        return sorted(found, key=lambda summary: -(summary.age or 0))

    def config(self, name: str) -> Config | None:
        """Read the configuration of a run. Return None when it cannot be read."""
        file = self.runs / name / "config.toml"
        stamp = _stamp(file)
        kept = self._configs.get(file)
        if kept is None or kept[0] != stamp:
            kept = self._configs[file] = (stamp, _read_config(file))
        return kept[1]


class _Known:
    """A run as it was read, and the stamps of its files at that time."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._read = NOTHING
        self._stamps: tuple[_Stamp, ...] = ()
        self._labels = Labels()
        self._size = 0

    def summary(self, keep: bool = False) -> RunSummary:
        """Summarise the run as it stands now. Read only what has changed."""
        files = self._directory
        stamps = tuple(
            _stamp(path) for path in (files.journal_file, files.labels_file, files.checkpoints)
        )
        if stamps != self._stamps:
            self._stamps = stamps
            self._read = read_summary(files, self._read, keep=keep)
            self._labels = read_labels(files)
            self._size = disk_use(files.path)
        read = self._read
        return RunSummary(
            name=files.name,
            state=run_state(files, read.state),
            epoch=read.epoch,
            step=read.step,
            age=read.time,
            metrics=read.report | read.best,
            size=self._size,
            tags=self._labels.tags,
            note=self._labels.note,
            alarms=read.alarms,
        )


def run_directories(runs: Path) -> Iterator[RunDirectory]:
    """List the runs under a directory by name. Links and folders without access are left out."""
    if runs.is_dir():
        for path in sorted(runs.iterdir()):
            if path.name.startswith(".") or path.is_symlink():
                continue
            # `Path.is_file` raises where the folder is another user's.
            if os.path.isfile(path / "config.toml"):  # noqa: PTH113
                yield RunDirectory(path)


def list_runs(runs: Path) -> list[RunSummary]:
    """Summarise the runs under a directory, the newest first."""
    return Catalogue(runs).summaries()


def summarize(directory: RunDirectory) -> RunSummary:
    """Summarise a run."""
    return _Known(directory).summary()


def check_idle(directory: RunDirectory) -> None:
    """Raise OwnedElsewhereError while a process owns a run, here or on another host."""
    if is_owned(directory):
        raise owned_error(directory)


def rename_run(directory: RunDirectory, name: str) -> RunDirectory:
    """Rename a run. Raise InputError for a bad name, OwnedElsewhereError while it is owned."""
    check_name(name)
    place = directory.path.with_name(name)
    if place.exists():
        raise InputError(f"there is a run {name!r} already; choose another name")
    check_idle(directory)
    try:
        with owning(directory):
            directory.path.rename(place)
    except OSError as error:
        raise InputError(f"cannot rename {directory.path}: {error.strerror}") from None
    return RunDirectory(place)


def disk_use(path: Path) -> int:
    """Sum the bytes of the files under a folder. A file with several names counts once."""
    sizes: dict[tuple[int, int], int] = {}
    folders = [str(path)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        stat = entry.stat(follow_symlinks=False)
                        sizes[stat.st_dev, stat.st_ino] = stat.st_size
        except OSError:
            # The folder was deleted meanwhile, or is private.
            continue
    return sum(sizes.values())


def _stamp(path: Path) -> _Stamp:
    """Return time of the last change (ns since 1970) and size of a file; zeros without one."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _read_config(file: Path) -> Config | None:
    # `read_config` names a wrong field, but takes six times as long.
    try:
        if (text := read_plain(file)).startswith(b"format = "):
            return msgspec.toml.decode(text, type=Config)
    except OSError:
        return None
    except (ValueError, RecursionError):
        pass
    try:
        return read_config(file)
    except InputError:
        return None
