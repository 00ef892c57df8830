"""Runs on the charts beside the one in view, read as they grow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import JournalFollower
from core.training.events import Event


@dataclass(frozen=True, slots=True)
class OtherRun:
    """One of them."""

    name: str
    slot: int
    """From 1: settles colour and pattern of its lines."""
    follower: JournalFollower
    history: History = field(default_factory=History)


class OtherRuns:
    """At most so many runs, each with a slot that it keeps while it is shown."""

    def __init__(self, at_most: int) -> None:
        self._slots = range(1, at_most + 1)
        self._runs: dict[str, OtherRun] = {}

    def __iter__(self) -> Iterator[OtherRun]:
        return iter(self._runs.values())

    def __bool__(self) -> bool:
        return bool(self._runs)

    @property
    def names(self) -> list[str]:
        """Their names, in the order in which they came."""
        return [*self._runs]

    def choose(self, runs: Path, names: Sequence[str]) -> None:
        """Show these runs of a directory, and no others."""
        self._runs = {name: run for name, run in self._runs.items() if name in names}
        for name in names:
            if name not in self._runs:
                slot = min(set(self._slots) - {run.slot for run in self})
                journal = RunDirectory(runs / name).journal_file
                self._runs[name] = OtherRun(name, slot, JournalFollower(journal))

    def drop(self, name: str) -> None:
        """Show a run no longer."""
        self._runs.pop(name, None)

    @property
    def behind(self) -> bool:
        """Whether a journal has grown since it was read."""
        return any(run.follower.behind for run in self)

    def read_new(self, portion: int) -> Iterator[tuple[OtherRun, list[Event]]]:
        """What is new in their journals, in portions of so many bytes."""
        for run in [*self]:
            while new := run.follower.read_new(portion):
                yield run, new
