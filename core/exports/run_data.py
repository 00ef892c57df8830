"""A run as exports read it: once, from its directory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.alarms.watch import alarms
from core.catalogue.labels import Labels, read_labels
from core.config.schema import Config
from core.errors import InputError
from core.files import read_json
from core.runs.directory import RunDirectory
from core.runs.followed import RunState, run_state
from core.runs.history import History, active
from core.runs.journal import read_whole
from core.text import printable
from core.training.events import Alarm, Evaluated, Event, Progress, Started

MOST_READINGS = 5000
"""Readings of an older journal from which its alarms are computed."""


@dataclass(frozen=True)
class RunData:
    """Everything that is recorded of a run at one moment."""

    directory: RunDirectory
    name: str
    """Name with control characters escaped."""
    config: Config
    conditions: tuple[str, ...]
    state: RunState
    history: History
    events: tuple[Event, ...]
    """Events of the journal without those that a resume has made void."""
    labels: Labels
    environment: dict[str, object]
    """Machine and versions of the training; empty where they were not recorded."""

    @property
    def started(self) -> Started:
        """The last start of the training."""
        assert self.history.started
        return self.history.started

    @cached_property
    def alarms(self) -> list[Alarm]:
        """All alarms, as they began and ended."""
        return recorded_alarms(self.config, self.history, self.events)

    @property
    def active_alarms(self) -> list[Alarm]:
        """The alarms that have begun and not ended."""
        return active(self.alarms)


def read_run(directory: RunDirectory) -> RunData:
    """Read a run. Raises InputError when its files cannot be read or its journal is empty."""
    events = read_whole(directory.journal_file)
    history = History()
    history.add(events)
    if history.started is None:
        raise InputError(f"run {directory.name!r} has no recorded steps yet; train it first")
    return RunData(
        directory=directory,
        name=printable(directory.name),
        config=directory.config(),
        conditions=directory.vocabulary().conditions,
        state=run_state(directory, history.state),
        history=history,
        events=tuple(_valid(events)),
        labels=read_labels(directory),
        environment=read_json(directory.environment_file, dict[str, object]) or {},
    )


def recorded_alarms(config: Config, history: History, events: Iterable[Event]) -> list[Alarm]:
    """Return the alarms of a journal. Those of a journal older than alarms are computed.

    Evaluations hold the commonest sample since alarms are recorded.
    """
    evaluations = history.evaluations
    if evaluations and all(event.scores.commonest for event in evaluations):
        return history.alarms
    return alarms(config, _thinned(list(events)))


def _thinned(events: Sequence[Event]) -> Iterator[Event]:
    """Keep `MOST_READINGS` readings: the rules take time quadratic in their number."""
    readings = sum(isinstance(event, Progress) for event in events)
    every, number = max(1, readings // MOST_READINGS), 0
    for event in events:
        number += isinstance(event, Progress)
        if not isinstance(event, Progress) or number % every == 0:
            yield event


def interval(event: Evaluated) -> Iterator[tuple[str, float]]:
    """Name the ends of the Gaussian score's interval, as series in tables and event files."""
    yield from zip(
        ("gaussian_ci95_low", "gaussian_ci95_high"), event.scores.gaussian.ci95, strict=True
    )


def _valid(events: Iterable[Event]) -> list[Event]:
    """Drop the events that a later start has made void."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, Started):
            kept = [one for one in kept if event.resumed and one.step <= event.step]
        kept.append(event)
    return kept
