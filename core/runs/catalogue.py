"""The list of runs: what each is doing and how good it became, read from the ends of journals."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from core.errors import InputError, OwnedElsewhereError
from core.runs.directory import RunDirectory
from core.runs.history import ACTIVE, History, State
from core.runs.journal import read_tail
from core.runs.ownership import is_owned

TAILS = (2**15, 2**19, 2**24)
"""Bytes of a journal's end that are read, growing until an evaluation is found."""


class RunSummary(msgspec.Struct, frozen=True):
    """One line of the list."""

    name: str
    state: State
    epoch: float
    step: int
    bleu4: float | None
    """Of the best checkpoint: the reported pairs' where there are any, else the selection's."""
    gaussian: float | None
    age: float | None
    """Unix time of the last event."""


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
    summaries = [summarize(directory) for directory in run_directories(runs)]
    return sorted(summaries, key=lambda summary: -(summary.age or 0))


def summarize(directory: RunDirectory) -> RunSummary:
    """The summary of a run."""
    history = History()
    for size in TAILS:
        history = History()
        history.add(read_tail(directory.journal_file, size))
        if history.best or directory.journal_file.exists() is False:
            break
        if directory.journal_file.stat().st_size <= size:
            break
    last = history.last
    scores = history.best.scores if history.best else None
    bleu4 = None
    if scores:
        bleu4 = scores.selection_bleu4 if scores.bleu4 is None else scores.bleu4
    return RunSummary(
        name=directory.name,
        state=run_state(directory, history),
        epoch=last.epoch if last else 0.0,
        step=last.step if last else 0,
        bleu4=bleu4,
        gaussian=scores.gaussian.score if scores else None,
        age=last.time if last else None,
    )


def run_state(directory: RunDirectory, history: History) -> State:
    """What a run is doing, a process that died without a word included."""
    state = history.state
    if state in ACTIVE and not is_owned(directory):
        return "crashed"
    return state


def delete_run(directory: RunDirectory) -> None:
    """Delete a run for good.

    Raises OwnedElsewhereError while a process writes it, InputError when it cannot be deleted.
    """
    if is_owned(directory):
        raise OwnedElsewhereError(f"the run {directory.name!r} is being written; stop it first")
    try:
        shutil.rmtree(directory.path)
    except OSError as error:
        raise InputError(f"cannot delete {directory.path}: {error.strerror}") from None
