"""A trial as a run: begun, gone on with where it was left, or left alone where it has ended."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from core.config.build import differences
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
    """The directory of a trial's run, which need not be there yet."""
    return RunDirectory(runs / trial.name)


def has_ended(directory: RunDirectory) -> bool:
    """Whether a run is there and has nothing left to train."""
    return directory.config_file.exists() and read_summary(directory).state in ENDED


def check_trials(trials: Iterable[Trial], runs: Path) -> None:
    """Raise InputError unless every trial can be trained, before any is.

    A run that is there already must be of the same settings.
    """
    for trial in trials:
        directory, config = run_of(trial, runs), checked(trial.config)
        if not directory.config_file.exists():
            continue
        for known in differences(directory.config(), config):
            raise InputError(
                f"the run {trial.name!r} in {runs} was begun with another {known.key}; choose "
                "another --name or another --runs-dir"
            )


def train_trial(trial: Trial, runs: Path, control: Control) -> Iterator[events.Event]:
    """Train a trial from where it stands to its end. Nothing happens where it has ended.

    Raises InputError when it cannot be trained, OwnedElsewhereError when another process does.
    """
    directory = run_of(trial, runs)
    if not directory.config_file.exists():
        prepare(trial.config, runs, trial.name)
    enrol(directory, trial)
    if not has_ended(directory):
        yield from train(directory, control)


def packed(trial: Trial) -> dict[str, object]:
    """A trial as plain values, to be sent to another process."""
    found: dict[str, object] = msgspec.to_builtins(trial)
    return found


def unpacked(values: object) -> Trial:
    """The trial that `packed` made plain."""
    return msgspec.convert(values, Trial)
