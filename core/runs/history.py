"""History of a run, from its journal: series of metrics, evaluations, edits, alarms and state."""

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby, zip_longest
from typing import Literal, cast

from core.training import events
from core.training.metrics import DIMENSION, metrics_of
from core.training.schedules import EDITABLE, Overrides

State = Literal["new", "training", "paused", "finished", "stopped", "failed", "crashed"]
ACTIVE: tuple[State, ...] = ("training", "paused")
STATE_AFTER: dict[type[events.Event], State] = {
    events.Started: "training",
    events.Paused: "paused",
    events.Unpaused: "training",
    events.Finished: "finished",
    events.Stopped: "stopped",
    events.Failed: "failed",
}
"""State after an event. Other events leave a training paused or not."""

_REPORTED = [(name, source.read) for name, source in metrics_of(events.Progress).items()]
_EVALUATED = [(name, source.read) for name, source in metrics_of(events.Evaluated).items()]


class Moments:
    """Positions of some events, in the order of the journal."""

    def __init__(self) -> None:
        self.steps = array("q")
        self.epochs = array("d")
        self.times = array("d")
        """Seconds of training."""

    def add(self, new: Sequence[events.Event]) -> None:
        """Append the positions of events."""
        self.steps.fromlist([event.step for event in new])
        self.epochs.fromlist([event.epoch for event in new])
        self.times.fromlist([event.elapsed for event in new])

    def keep(self, count: int) -> None:
        """Drop all but the first `count`."""
        for column in (self.steps, self.epochs, self.times):
            del column[count:]


class Series:
    """One metric over the steps of a run; nan where it was not finite."""

    def __init__(self, moments: Moments | None = None) -> None:
        self.moments = moments or Moments()
        self.steps, self.epochs = self.moments.steps, self.moments.epochs
        self.times = self.moments.times
        self.values = array("d")
        self.voided = 0
        """Number of times that values were dropped. In between, a series only grows."""

    def __len__(self) -> int:
        return len(self.values)

    def append(self, event: events.Event, value: float | None) -> None:
        """Append a value of an event, to a series with moments of its own."""
        self.moments.add([event])
        self.values.append(math.nan if value is None else value)

    def forget_after(self, step: int) -> None:
        """Drop the values after a step."""
        count = bisect_right(self.steps, step)
        self.moments.keep(count)
        if count < len(self.values):
            self.voided += 1
            del self.values[count:]


def active(alarms: Iterable[events.Alarm]) -> list[events.Alarm]:
    """Return the alarms that have begun and not ended."""
    last = {alarm.kind: alarm for alarm in alarms}
    return [alarm for alarm in last.values() if alarm.begins]


class History:
    """The events of a run by kind, and the series of its metrics. `add` keeps it up to date."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}
        self.started: events.Started | None = None
        self.progress: events.Progress | None = None
        self.evaluations: list[events.Evaluated] = []
        self.best: events.Evaluated | None = None
        """Evaluation of the checkpoint `best`, which stays when a run resumes from before it."""
        self.saved: dict[str, events.Saved] = {}
        self.edits: list[events.Edited] = []
        self._reports = Moments()
        self._evaluated_at = Moments()
        self._dimensions: list[Series] = []
        """KL of each latent dimension."""
        self.alarms: list[events.Alarm] = []
        self.last: events.Event | None = None
        self.state: State = "new"
        """State by the journal. A process that died leaves no event, see `run_state`."""

    def add(self, new: Iterable[events.Event]) -> None:
        """Add events in the order of the journal."""
        for kind, some in groupby(new, type):
            going_on: State = "paused" if self.state == "paused" else "training"
            self.state = STATE_AFTER.get(kind, going_on)
            if kind is events.Progress:
                # Nearly all events of a journal are reports, so they are added by columns.
                self._add_reports(cast(Sequence[events.Progress], list(some)))
            else:
                for event in some:
                    self._add(event)
                    self.last = event

    def find(self, name: str) -> Series | None:
        """Find a series. Without reported pairs, `bleu4` is that of the selection pairs."""
        found = self.series.get(name)
        return self.series.get("selection_bleu4") if found is None and name == "bleu4" else found

    @property
    def overrides(self) -> Overrides:
        """Values set by hand, at the last event."""
        latest = {edit.name: edit.value for edit in self.edits if edit.name in EDITABLE}
        return Overrides(**latest)

    @property
    def evaluated(self) -> events.Evaluated | None:
        """Last evaluation."""
        return self.evaluations[-1] if self.evaluations else None

    @property
    def active_alarms(self) -> dict[str, events.Alarm]:
        """Alarms that began and did not end, by kind."""
        return {alarm.kind: alarm for alarm in active(self.alarms)}

    def _add(self, event: events.Event) -> None:
        match event:
            case events.Started():
                self.started = event
                # A run also begins anew when its process died before the first checkpoint. Then
                # there is no checkpoint `best` either.
                self._forget_after(event.step)
                if not event.resumed:
                    self.best = None
            case events.Evaluated():
                self.evaluations.append(event)
                if event.best:
                    self.best = event
                for name, value in _EVALUATED:
                    if (found := value(event)) is not None or name in self.series:
                        self.series.setdefault(name, Series()).append(event, found)
                self._add_dimensions(event)
            case events.Edited():
                self.edits.append(event)
            case events.Saved():
                self.saved[event.checkpoint] = event
            case events.Alarm():
                self.alarms.append(event)

    def _add_reports(self, new: Sequence[events.Progress]) -> None:
        self.progress = self.last = new[-1]
        self._reports.add(new)
        for name, value in _REPORTED:
            values = list(map(value, new))
            series = self.series.get(name)
            if series is None:
                if all(found is None for found in values):
                    continue
                series = self.series[name] = Series(self._reports)
                series.values.extend([math.nan] * (len(self._reports.steps) - len(new)))
            try:
                series.values.fromlist(cast(list[float], values))
            except TypeError:
                series.values.fromlist([math.nan if found is None else found for found in values])

    def _add_dimensions(self, event: events.Evaluated) -> None:
        """Append the KL of all latent dimensions."""
        kl = event.scores.kl_per_dimension
        if not self._dimensions:
            self._dimensions = [
                self.series.setdefault(DIMENSION.format(number), Series(self._evaluated_at))
                for number in range(1, len(kl) + 1)
            ]
        self._evaluated_at.add([event])
        # The series stay equally long even when the journal is damaged.
        for series, value in zip_longest(self._dimensions, kl[: len(self._dimensions)]):
            series.values.append(math.nan if value is None else value)

    def _forget_after(self, step: int) -> None:
        for series in self.series.values():
            series.forget_after(step)
        if self.progress and self.progress.step > step:
            self.progress = None
        self.evaluations = [event for event in self.evaluations if event.step <= step]
        self.edits = [event for event in self.edits if event.step <= step]
        self.alarms = [event for event in self.alarms if event.step <= step]
