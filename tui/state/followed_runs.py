"""The runs that a screen follows, read without holding up keys."""

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from core.runs.directory import RunDirectory
from core.runs.followed import FollowedRun
from core.runs.history import ACTIVE
from core.training.events import Event

PORTION = 2**18
"""Bytes of a journal that are taken in at once: about a millisecond of work."""


class FollowedRuns:
    """Runs by their paths. A thread reads their journals, the event loop takes the events in."""

    def __init__(self) -> None:
        self._runs: dict[Path, FollowedRun] = {}
        self.reading = threading.RLock()
        """Held by the thread that reads."""

    def __iter__(self) -> Iterator[FollowedRun]:
        return iter([*self._runs.values()])

    def follow(self, runs: Iterable[FollowedRun | RunDirectory]) -> None:
        """Follow these runs and no others. A directory that is followed is not read again."""
        kept = self._runs
        self._runs = {}
        for run in runs:
            if isinstance(run, RunDirectory):
                run = self._runs.get(run.path) or kept.get(run.path) or FollowedRun(run)
            self._runs[run.directory.path] = run

    def __getitem__(self, directory: RunDirectory) -> FollowedRun:
        return self._runs[directory.path]

    def __contains__(self, directory: RunDirectory) -> bool:
        return directory.path in self._runs

    def read(
        self,
        take: Callable[[FollowedRun, list[Event]], object],
        cancelled: Callable[[], bool],
    ) -> None:
        """Read what is new, in a thread; a second thread waits for the first.

        take: called with a run and a portion of its events, to take them in on the event loop.
        """
        with self.reading:
            for run in self:
                behind = True
                while behind and not cancelled():
                    new = run.read(PORTION)
                    if new or run.history.state in ACTIVE:
                        take(run, new)
                    behind = bool(new)
