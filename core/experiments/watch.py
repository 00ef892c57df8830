"""The trials of an experiment, watched while they train and stopped when it is time."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core.experiments.design import Trial
from core.runs.commands import RemoteControl
from core.runs.directory import RunDirectory
from core.runs.followed import ENDED, FollowedRun
from core.runs.ownership import is_owned
from core.runs.repeating import repeating

LOOK_SECONDS = 0.5
ASK_AGAIN_SECONDS = 2.0


class WatchedTrial(FollowedRun):
    """A trial and its run, which need not be there yet."""

    def __init__(self, trial: Trial, runs: Path) -> None:
        super().__init__(RunDirectory(runs / trial.name))
        self.trial = trial

    @property
    def ended(self) -> bool:
        """True when nothing is left to train."""
        return self.state in ENDED

    def look(self) -> bool:
        """Take in all that is new. Return True when the state changed."""
        before = self.state
        while self.update():
            pass
        return self.state != before


class TrialWatch:
    """Reads the journals of trials in a thread, and stops the trials once `stopping` is set."""

    def __init__(self, trials: Sequence[Trial], runs: Path, stopping: threading.Event) -> None:
        self.trials = [WatchedTrial(trial, runs) for trial in trials]
        self._stopping = stopping
        self._asked = 0.0
        for trial in self.trials:
            trial.look()

    @property
    def ended(self) -> int:
        """Number of trials that have nothing left to train."""
        return sum(trial.ended for trial in self.trials)

    @contextlib.contextmanager
    def showing(self, show: Callable[[Sequence[WatchedTrial]], None]) -> Iterator[None]:
        """Watch until the end of the block. show: receives the trials whose state changed."""

        def watch() -> None:
            self._stop_if_asked()
            changed = self._look()
            # A terminal that is gone must not keep the trials from being stopped.
            with contextlib.suppress(OSError):
                show(changed)

        try:
            with repeating(watch, LOOK_SECONDS):
                yield
        finally:
            show(self._look())

    def _stop_if_asked(self) -> None:
        if self._stopping.is_set() and time.monotonic() - self._asked > ASK_AGAIN_SECONDS:
            self._asked = time.monotonic()
            for trial in self.trials:
                if is_owned(trial.directory):
                    RemoteControl(trial.directory).stop()

    def _look(self) -> list[WatchedTrial]:
        return [trial for trial in self.trials if not trial.ended and trial.look()]
