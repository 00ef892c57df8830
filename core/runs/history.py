"""A run as its journal tells it: series of numbers over steps, its state, its last scores."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Literal

from core import events

State = Literal["new", "training", "paused", "finished", "stopped", "failed", "crashed"]
ACTIVE: tuple[State, ...] = ("training", "paused")


class Series:
    """One number over the steps of a run. A value that was not finite is nan."""

    def __init__(self) -> None:
        self.steps = array("q")
        self.epochs = array("d")
        self.times = array("d")
        """Seconds of training."""
        self.values = array("d")

    def __len__(self) -> int:
        return len(self.steps)

    def append(self, event: events.Event, value: float | None) -> None:
        """Add what an event tells."""
        self.steps.append(event.step)
        self.epochs.append(event.epoch)
        self.times.append(event.elapsed)
        self.values.append(float("nan") if value is None else value)

    def forget_after(self, step: int) -> None:
        """Drop what came after a step."""
        keep = bisect_right(self.steps, step)
        for column in (self.steps, self.epochs, self.times, self.values):
            del column[keep:]


class History:
    """All that the journal of a run tells, kept up to date by `add`."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}
        self.started: events.Started | None = None
        self.progress: events.Progress | None = None
        self.evaluations: list[events.Evaluated] = []
        self.best: events.Evaluated | None = None
        """The evaluation of the checkpoint `best`, which stays on the disk when a run goes on from
        before it."""
        self.saved: dict[str, events.Saved] = {}
        self.last: events.Event | None = None

    def add(self, new: Iterable[events.Event]) -> None:
        """Take in events, in the order of the journal."""
        for event in new:
            self._add(event)
            self.last = event

    @property
    def evaluated(self) -> events.Evaluated | None:
        """The last evaluation."""
        return self.evaluations[-1] if self.evaluations else None

    @property
    def state(self) -> State:
        """What the run is doing, if its process lives; `crashed` is for others to find out."""
        match self.last:
            case None:
                return "new"
            case events.Paused():
                return "paused"
            case events.Finished():
                return "finished"
            case events.Stopped():
                return "stopped"
            case events.Failed():
                return "failed"
            case events.Evaluated() | events.Saved() | events.Detached() if self._was_paused:
                return "paused"
        return "training"

    def _add(self, event: events.Event) -> None:
        match event:
            case events.Started():
                self._was_paused = False
                self.started = event
                # Void too when a run begins anew because its process died before the first
                # checkpoint; then there is no best one either.
                self._forget_after(event.step)
                if not event.resumed:
                    self.best = None
            case events.Progress():
                self.progress = event
                for name, value in _numbers(event):
                    self._series(name).append(event, value)
            case events.Evaluated():
                self.evaluations.append(event)
                if event.best:
                    self.best = event
                scores = event.scores
                self._series("selection_bleu4").append(event, scores.selection_bleu4)
                if scores.bleu4 is not None:
                    self._series("bleu4").append(event, scores.bleu4)
                self._series("gaussian").append(event, scores.gaussian.score)
                self._series("distinct").append(event, scores.gaussian.distinct)
                self._series("joint").append(event, event.joint)
            case events.Saved():
                self.saved[event.checkpoint] = event
            case events.Paused():
                self._was_paused = True
            case events.Unpaused():
                self._was_paused = False

    _was_paused = False

    def _series(self, name: str) -> Series:
        return self.series.setdefault(name, Series())

    def _forget_after(self, step: int) -> None:
        for series in self.series.values():
            series.forget_after(step)
        if self.progress and self.progress.step > step:
            self.progress = None
        self.evaluations = [event for event in self.evaluations if event.step <= step]


def _numbers(event: events.Progress) -> Iterator[tuple[str, float | None]]:
    for name in PROGRESS_SERIES:
        yield name, getattr(event, name)


PROGRESS_SERIES = (
    "ce",
    "ce_per_character",
    "kl",
    "beta",
    "teacher_forcing_ratio",
    "learning_rate",
    "gradient_norm",
    "words_per_second",
)
