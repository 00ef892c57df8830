"""A run as exports see it: read once, from its directory."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from core.catalogue.labels import Labels, read_labels
from core.config.schema import Config
from core.errors import InputError
from core.runs.directory import RunDirectory
from core.runs.followed import RunState, run_state
from core.runs.history import History
from core.runs.journal import read_whole
from core.text import printable
from core.training import events


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one run at one moment."""

    directory: RunDirectory
    name: str
    """Without characters that could act on whoever shows it."""
    config: Config
    conditions: tuple[str, ...]
    state: RunState
    history: History
    told: tuple[events.Event, ...]
    """The events of the journal that no resume has made void."""
    labels: Labels
    environment: dict[str, object]
    """Of the machine that trained it; empty where nothing tells."""

    @property
    def started(self) -> events.Started:
        """What it trains on."""
        assert self.history.started
        return self.history.started


def read_record(directory: RunDirectory) -> Record:
    """What is known of a run now.

    Raises InputError when its files cannot be read or its journal tells nothing yet.
    """
    told = read_whole(directory.journal_file)
    history = History()
    history.add(told)
    if history.started is None:
        raise InputError(
            f"the journal of the run {directory.name!r} tells nothing yet; train it first"
        )
    return Record(
        directory=directory,
        name=printable(directory.name),
        config=directory.config(),
        conditions=directory.vocabulary().conditions,
        state=run_state(directory, history.state),
        history=history,
        told=tuple(_valid(told)),
        labels=read_labels(directory),
        environment=_environment(directory),
    )


def _valid(told: Iterable[events.Event]) -> list[events.Event]:
    """The events without those that a later start has made void."""
    kept: list[events.Event] = []
    for event in told:
        if isinstance(event, events.Started):
            kept = [one for one in kept if event.resumed and one.step <= event.step]
        kept.append(event)
    return kept


def _environment(directory: RunDirectory) -> dict[str, object]:
    try:
        return msgspec.json.decode(directory.environment_file.read_bytes(), type=dict[str, object])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
