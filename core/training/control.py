"""What a training is told, from whichever thread, and when it listens."""

import threading

from core.training.schedules import Overrides


class Control:
    """Wishes of whoever steers a training. The training reads them between its steps."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pausing = False
        self._stopping = False
        self._checkpoint = False
        self._evaluate = False
        self._detach = False
        self._edits: dict[str, float | None] = {}

    def pause(self) -> None:
        """Wait after the step in hand."""
        with self._changed:
            self._pausing = True

    def resume(self) -> None:
        """Go on after a pause."""
        with self._changed:
            self._pausing = False
            self._changed.notify_all()

    def stop(self) -> None:
        """Checkpoint after the step in hand and end; a long evaluation is given up."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def checkpoint(self) -> None:
        """Save a checkpoint after the step in hand."""
        with self._changed:
            self._checkpoint = True
            self._changed.notify_all()

    def evaluate(self) -> None:
        """Take the scores after the step in hand."""
        with self._changed:
            self._evaluate = True
            self._changed.notify_all()

    def detach(self) -> None:
        """Say in the journal that the training goes on without its terminal."""
        with self._changed:
            self._detach = True
            self._changed.notify_all()

    def edit(self, name: str, value: float | None) -> None:
        """Set beta, learning_rate or teacher_forcing_ratio from the next step on.

        None returns it to its schedule.

        Raises InputError for another name or a value out of range.
        """
        Overrides().edited(name, value)
        with self._changed:
            self._edits[name] = value
            self._changed.notify_all()

    @property
    def pausing(self) -> bool:
        """Whether the training should wait."""
        return self._pausing and not self._stopping

    @property
    def stopping(self) -> bool:
        """Whether the training should end."""
        return self._stopping

    def take_checkpoint(self) -> bool:
        """Whether a checkpoint was asked for since the last call."""
        with self._changed:
            asked, self._checkpoint = self._checkpoint, False
        return asked

    def take_evaluate(self) -> bool:
        """Whether an evaluation was asked for since the last call."""
        with self._changed:
            asked, self._evaluate = self._evaluate, False
        return asked

    def take_detach(self) -> bool:
        """Whether the terminal was left since the last call."""
        with self._changed:
            told, self._detach = self._detach, False
        return told

    def take_edits(self) -> dict[str, float | None]:
        """The last value asked for since the last call, by name."""
        with self._changed:
            asked, self._edits = self._edits, {}
        return asked

    def wait_for_change(self) -> None:
        """Sleep while pausing, until a wish comes."""
        with self._changed:
            wishes = self._checkpoint or self._evaluate or self._detach or self._edits
            if self.pausing and not wishes:
                self._changed.wait(timeout=1.0)
