"""Requests to a training, made by any thread and read by the training between its steps."""

import threading
from functools import partialmethod

from core.training.schedules import Overrides


class Control:
    """Requests to one training. It reads them after the current step, or at once in a pause.

    stop: save a checkpoint and end; a running evaluation is cancelled.
    detach: record in the journal that the training goes on without its terminal.
    take_*: return True if this was requested since the last call.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._asked: set[str] = set()
        self._edits: dict[str, float | None] = {}

    def _ask(self, request: str) -> None:
        with self._changed:
            self._asked.add(request)
            self._changed.notify_all()

    def _take(self, request: str) -> bool:
        with self._changed:
            asked = request in self._asked
            self._asked.discard(request)
            self._changed.notify_all()
        return asked

    pause = partialmethod(_ask, "pause")
    resume = partialmethod(_take, "pause")
    stop = partialmethod(_ask, "stop")
    checkpoint = partialmethod(_ask, "checkpoint")
    evaluate = partialmethod(_ask, "evaluate")
    detach = partialmethod(_ask, "detach")
    take_checkpoint = partialmethod(_take, "checkpoint")
    take_evaluate = partialmethod(_take, "evaluate")
    take_detach = partialmethod(_take, "detach")

    def edit(self, name: str, value: float | None) -> None:
        """Ask to set beta, learning_rate or teacher_forcing_ratio; None returns it to its schedule.

        Raises InputError for another name or a value out of range.
        """
        Overrides().edited(name, value)
        with self._changed:
            self._edits[name] = value
            self._changed.notify_all()

    def take_edits(self) -> dict[str, float | None]:
        """Return the last value requested since the last call, by name."""
        with self._changed:
            asked, self._edits = self._edits, {}
        return asked

    @property
    def pausing(self) -> bool:
        """True while the training should wait."""
        return "pause" in self._asked and not self.stopping

    @property
    def stopping(self) -> bool:
        """True once the training should end."""
        return "stop" in self._asked

    def wait_for_change(self) -> None:
        """Sleep while pausing, until the next request."""
        with self._changed:
            if self._asked == {"pause"} and not self._edits:
                self._changed.wait(timeout=1.0)
