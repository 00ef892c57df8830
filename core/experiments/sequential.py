"""The trials of an experiment one after another, in this process."""

import threading
from collections.abc import Iterable
from pathlib import Path

from core.experiments.design import Trial
from core.experiments.trial import train_trial
from core.training.control import Control


def run_sequentially(trials: Iterable[Trial], runs: Path, stopping: threading.Event) -> None:
    """Train every trial to its end. Once `stopping` is set, a command stops the one that trains.

    Raise InputError when one cannot be trained, OwnedElsewhereError when another process trains it.
    """
    for trial in trials:
        if stopping.is_set():
            return
        for _ in train_trial(trial, runs, Control()):
            pass
