"""A run that is followed while its journal grows."""

from functools import cached_property
from typing import Literal

from core.config.schema import Config
from core.errors import CvaeError
from core.runs.directory import RunDirectory
from core.runs.history import ACTIVE, History, State
from core.runs.journal import JournalFollower
from core.runs.ownership import is_owned, owner
from core.training.events import Event

RunState = Literal[State, "elsewhere"]
"""State of a run; `elsewhere` is a training on another host."""
ENDED: tuple[RunState, ...] = ("finished", "failed")
"""States of a run that has nothing left to train."""


class FollowedRun:
    """A run's directory, its journal as far as it was read, and the history of that part.

    One thread at a time may call `update`, or `read` and then `take`.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self.history = History()
        self.state: RunState = "new"
        """State at the last update."""
        self._follower = JournalFollower(directory.journal_file)
        self._writer: RunState = "training"
        """State of an active run at the last reading."""

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.directory.name

    @property
    def behind(self) -> int:
        """Bytes of the journal that were not read yet."""
        return self._follower.behind

    @property
    def config(self) -> Config | None:
        """Configuration of the run; None when it cannot be read."""
        return self._configured[0]

    @property
    def problem(self) -> str:
        """Reason why the configuration cannot be read; empty when it can."""
        return self._configured[1]

    def update(self, at_most: int = 2**24) -> list[Event]:
        """Take in what is new in the journal, and the state. Return the new events.

        at_most: bytes to read; the next call continues. An empty list means that no whole line
        is left.
        """
        new = self.read(at_most)
        self.take(new)
        return new

    def read(self, at_most: int = 2**24) -> list[Event]:
        """Return what is new in the journal, for `take`. Only this half needs the disk."""
        if self.history.state in ACTIVE or self.behind:
            # Before the journal: a process writes its last event before it lets go of the run.
            self._writer = run_state(self.directory, "training")
        return self._follower.read_new(at_most)

    def take(self, new: list[Event]) -> None:
        """Take in events that were read."""
        self.history.add(new)
        state = self.history.state
        self.state = self._writer if state in ACTIVE and self._writer != "training" else state

    @cached_property
    def _configured(self) -> tuple[Config | None, str]:
        try:
            return self.directory.config(), ""
        except CvaeError as error:
            return None, str(error)


def run_state(directory: RunDirectory, state: State) -> RunState:
    """Complete the state in a journal: a run without a living process has crashed."""
    if state not in ACTIVE:
        return state
    if not is_owned(directory):
        return "crashed"
    writer = owner(directory)
    return "elsewhere" if writer and writer.elsewhere else state
