"""Requests to a training, made by any thread and read by the training between its steps."""

import threading

from core.training.schedules import Overrides


class Control:
    """Requests to one training. The training reads them between its steps."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pausing = False
        self._stopping = False
        self._checkpoint = False
        self._evaluate = False
        self._detach = False
        self._edits: dict[str, float | None] = {}

    def pause(self) -> None:
        """Ask for a pause after the current step."""
        with self._changed:
            self._pausing = True

    def resume(self) -> None:
        """Ask to go on after a pause."""
        with self._changed:
            self._pausing = False
            self._changed.notify_all()

    def stop(self) -> None:
        """Ask for a checkpoint and the end after the current step; an evaluation is cancelled."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def checkpoint(self) -> None:
        """Ask for a checkpoint after the current step."""
        with self._changed:
            self._checkpoint = True
            self._changed.notify_all()

    def evaluate(self) -> None:
        """Ask for an evaluation after the current step."""
        with self._changed:
            self._evaluate = True
            self._changed.notify_all()

    def detach(self) -> None:
        """Ask to record in the journal that the training goes on without its terminal."""
        with self._changed:
            self._detach = True
            self._changed.notify_all()

    def edit(self, name: str, value: float | None) -> None:
        """Ask to set beta, learning_rate or teacher_forcing_ratio from the next step on.

        None returns it to its schedule.

        Raises InputError for another name or a value out of range.
        """
        Overrides().edited(name, value)
        with self._changed:
            self._edits[name] = value
            self._changed.notify_all()

    @property
    def pausing(self) -> bool:
        """True while the training should wait."""
        return self._pausing and not self._stopping

    @property
    def stopping(self) -> bool:
        """True once the training should end."""
        return self._stopping

    def take_checkpoint(self) -> bool:
        """Return True if a checkpoint was requested since the last call."""
        with self._changed:
            asked, self._checkpoint = self._checkpoint, False
        return asked

    def take_evaluate(self) -> bool:
        """Return True if an evaluation was requested since the last call."""
        with self._changed:
            asked, self._evaluate = self._evaluate, False
        return asked

    def take_detach(self) -> bool:
        """Return True if the terminal was left since the last call."""
        with self._changed:
            left, self._detach = self._detach, False
        return left

    def take_edits(self) -> dict[str, float | None]:
        """Return the last value requested since the last call, by name."""
        with self._changed:
            asked, self._edits = self._edits, {}
        return asked

    def wait_for_change(self) -> None:
        """Sleep while pausing, until the next request."""
        with self._changed:
            requested = self._checkpoint or self._evaluate or self._detach or self._edits
            if self.pausing and not requested:
                self._changed.wait(timeout=1.0)
