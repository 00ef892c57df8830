"""The list of runs: what each is doing and how good it became, read from the ends of journals."""

import mmap
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from core.catalogue.labels import Labels, read_labels
from core.config.build import read_config
from core.config.schema import Config
from core.errors import InputError, OwnedElsewhereError
from core.runs.directory import RunDirectory, check_name
from core.runs.followed import RunState, run_state
from core.runs.history import History
from core.runs.ownership import is_owned, owner, owning
from core.training import events

TAILS = (2**16, 2**20, 2**24)
"""Bytes of a journal's end that are read, growing until the best evaluation is found."""

_BEST = b'"best":true'
_ANEW = b'\n{"event":"started","resumed":false'
_ALARMS = re.compile(rb'\n\{"event":"(?:alarm|started)"[^\n]*')
"""Alarms, and the starts that make those after them void."""
_MARKS = tuple(
    b'\n{"event":"%s"' % str(kind.__struct_config__.tag).encode() for kind in events.EVENTS
)

_Stamp = tuple[int, int]


class RunSummary(msgspec.Struct, frozen=True):
    """One line of the list."""

    name: str
    state: RunState
    epoch: float
    step: int
    bleu4: float | None
    """Of the best checkpoint: the reported pairs' where there are any, else the selection's."""
    gaussian: float | None
    age: float | None
    """Unix time of the last event."""
    ce: float | None = None
    """Nats per word at the last reading."""
    size: int = 0
    """Bytes on the disk."""
    tags: tuple[str, ...] = ()
    note: str = ""
    alarms: tuple[str, ...] = ()
    """Kinds of the alarms that stand."""


class Catalogue:
    """The runs under a directory. What was read once is kept until its file changes.

    Several threads may ask.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._lock = threading.Lock()
        self._known: dict[Path, _Known] = {}
        self._configs: dict[Path, tuple[_Stamp, Config | None]] = {}

    def summaries(self) -> list[RunSummary]:
        """Summaries of the runs there are now, the newest first."""
        known: dict[Path, _Known] = {}
        found = []
        with self._lock:
            for directory in run_directories(self.runs):
                entry = known[directory.path] = self._known.get(directory.path) or _Known(directory)
                found.append(entry.summary())
            self._known = known
        return sorted(found, key=lambda summary: -(summary.age or 0))

    def config(self, name: str) -> Config | None:
        """The configuration of a run; None where it cannot be read."""
        file = self.runs / name / "config.toml"
        stamp = _stamp(file)
        kept = self._configs.get(file)
        if kept is None or kept[0] != stamp:
            kept = self._configs[file] = (stamp, _read_config(file))
        return kept[1]


class _Known:
    """What is known of one run, and which state of its files that is from."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._history = History()
        self._read = 0
        self._stamps: tuple[_Stamp, ...] = ()
        self._labels = Labels()
        self._size = 0

    def summary(self) -> RunSummary:
        """The summary as of now; reads only what has changed."""
        files = self._directory
        stamps = tuple(
            _stamp(path) for path in (files.journal_file, files.labels_file, files.checkpoints)
        )
        if stamps != self._stamps:
            self._stamps = stamps
            self._read_journal()
            self._labels = read_labels(files)
            self._size = disk_use(files.path)
        return _summary(files, self._history, self._labels, self._size)

    def _read_journal(self) -> None:
        """Take in what is new; all anew where the journal is another or grew by much."""
        journal, alarms = self._directory.journal_file, b""
        try:
            with journal.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                if self._read and self._read <= end <= self._read + TAILS[-1]:
                    file.seek(self._read)
                    added = file.read(end - self._read)
                else:
                    self._history = History()
                    for size in TAILS:
                        file.seek(max(0, end - size))
                        added = file.read(min(size, end))
                        if size < end:
                            added = added[added.find(b"\n") + 1 :]
                        if size >= end or _BEST in added or _ANEW in added:
                            break
                    alarms = _alarms(file, end - len(added))
        except FileNotFoundError:
            self._history, self._read = History(), 0
            return
        whole = added.rfind(b"\n") + 1
        self._history.add(_telling(alarms + added[:whole]))
        self._read = end - len(added) + whole


def _alarms(journal: BinaryIO, end: int) -> bytes:
    """Lines of alarms in a journal before `end`: they may stand however long ago they began."""
    if not end:
        return b""
    with mmap.mmap(journal.fileno(), end, access=mmap.ACCESS_READ) as before:
        return b"".join(found[0][1:] + b"\n" for found in _ALARMS.finditer(before))


def _telling(lines: bytes) -> Iterator[events.Event]:
    """The last event of each kind, the last best evaluation and all alarms, in their order."""
    lines = b"\n" + lines
    places = {lines.rfind(mark) for mark in _MARKS}
    places |= {found.start() for found in _ALARMS.finditer(lines)}
    places.add(lines.rfind(b"\n", 0, max(0, lines.rfind(_BEST))))
    for place in sorted(places - {-1}):
        yield from events.from_lines(lines[place + 1 : lines.find(b"\n", place + 1)])


def run_directories(runs: Path) -> Iterator[RunDirectory]:
    """The runs under a directory, by name. What is only linked there is somewhere else."""
    if runs.is_dir():
        for path in sorted(runs.iterdir()):
            if path.name.startswith(".") or path.is_symlink():
                continue
            if (path / "config.toml").is_file():
                yield RunDirectory(path)


def list_runs(runs: Path) -> list[RunSummary]:
    """Summaries of the runs under a directory, the newest first."""
    return Catalogue(runs).summaries()


def summarize(directory: RunDirectory) -> RunSummary:
    """The summary of a run."""
    return _Known(directory).summary()


def _summary(directory: RunDirectory, history: History, labels: Labels, size: int) -> RunSummary:
    last = history.last
    scores = history.best.scores if history.best else None
    return RunSummary(
        name=directory.name,
        state=run_state(directory, history.state),
        epoch=last.epoch if last else 0.0,
        step=last.step if last else 0,
        bleu4=scores.headline_bleu4 if scores else None,
        gaussian=scores.gaussian.score if scores else None,
        age=last.time if last else None,
        ce=history.progress.ce if history.progress else None,
        size=size,
        tags=labels.tags,
        note=labels.note,
        alarms=tuple(history.standing),
    )


def check_idle(directory: RunDirectory) -> None:
    """Raise OwnedElsewhereError while a process writes a run, here or on another host."""
    if is_owned(directory):
        raise OwnedElsewhereError(
            f"the run {directory.name!r} is being written by "
            f"{owner(directory) or 'another process'}; stop it first"
        )


def rename_run(directory: RunDirectory, name: str) -> RunDirectory:
    """Give a run another name.

    Raises InputError when it cannot have that name, OwnedElsewhereError while a process writes it.
    """
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
    """Bytes in the files under a folder; one with several names counts once."""
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
            # It was pruned, replaced or deleted meanwhile.
            continue
    return sum(sizes.values())


def _stamp(path: Path) -> _Stamp:
    """When a file was last changed, in nanoseconds of Unix time, and its size; 0 for no file."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _read_config(file: Path) -> Config | None:
    # `read_config` names the field that is wrong, at six times the cost of this.
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Config)
    except (OSError, ValueError, RecursionError):
        pass
    try:
        return read_config(file)
    except InputError:
        return None
