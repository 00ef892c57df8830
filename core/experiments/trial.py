"""Trials as runs: started, resumed, or left alone after their end; one, or one after another."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from core.config.fields import differences
from core.errors import InputError
from core.experiments.design import Trial
from core.experiments.membership import enrol
from core.runs.directory import RunDirectory
from core.runs.followed import ENDED
from core.runs.summary import read_summary
from core.session import checked, prepare, train
from core.training import events
from core.training.control import Control


def run_of(trial: Trial, runs: Path) -> RunDirectory:
    """Return the run directory of a trial, which need not exist."""
    return RunDirectory(runs / trial.name)


def check_trials(trials: Iterable[Trial], runs: Path) -> None:
    """Raise InputError unless every trial can be trained, with its run's settings if it has one."""
    for trial in trials:
        directory, config = run_of(trial, runs), checked(trial.config)
        if not directory.config_file.exists():
            continue
        for field in differences(directory.config(), config):
            raise InputError(
                f"the run {trial.name!r} in {runs} has another {field.key}; choose "
                "another --name or another --runs-dir"
            )


def train_trial(trial: Trial, runs: Path, control: Control) -> Iterator[events.Event]:
    """Train a trial to its end, from its last checkpoint. A trial that has ended is left alone.

    Raise InputError when it cannot be trained, OwnedElsewhereError when another process trains it.
    """
    directory = run_of(trial, runs)
    if not directory.config_file.exists():
        prepare(trial.config, runs, trial.name)
    enrol(directory, trial)
    if read_summary(directory).state not in ENDED:
        yield from train(directory, control)


def run_sequentially(trials: Iterable[Trial], runs: Path, stopping: threading.Event) -> None:
    """Train the trials one after another, until `stopping` is set. A command stops the current one.

    Raise InputError when one cannot be trained, OwnedElsewhereError when another process trains it.
    """
    for trial in trials:
        if stopping.is_set():
            return
        for _ in train_trial(trial, runs, Control()):
            pass


def packed(trial: Trial) -> dict[str, object]:
    """Convert a trial to plain values for another process."""
    found: dict[str, object] = msgspec.to_builtins(trial)
    return found


def unpacked(values: object) -> Trial:
    """Convert the values of `packed` back to the trial."""
    return msgspec.convert(values, Trial)
