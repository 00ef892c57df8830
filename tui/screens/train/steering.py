"""Keys that steer the training of the run in view."""

from core.config.presets import preset
from core.runs.followed import FollowedRun
from core.runs.history import History
from core.training.schedules import EDITABLE
from tui.screens.base import AppScreen
from tui.screens.train.adjust_dialog import AdjustDialog

STEERING = ("pause", "stop", "checkpoint", "evaluate", "adjust")
"""Actions that need a training on this machine."""


class SteeringScreen(AppScreen):
    """Actions on the training of the run in view."""

    run: FollowedRun | None = None
    """The run in view."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys that steer while the run in view trains on this machine."""
        if action in STEERING:
            return bool(self.host.steered) or None
        if action == "train":
            return not self.host.training or None
        return super().check_action(action, parameters)

    def action_train(self) -> None:
        """Train with the settings of the Setup screen, or the default ones."""
        with self.errors_notified():
            setup = self.host.setup_settings() or (preset("default"), "", "default")
            self.host.start_training(*setup)

    def action_pause(self) -> None:
        """Pause the training, or go on with it."""
        if training := self.host.steered:
            control = training.control
            (control.resume if control.pausing else control.pause)()

    def action_stop(self) -> None:
        """Stop the training with a checkpoint."""
        if training := self.host.steered:
            training.control.stop()

    def action_checkpoint(self) -> None:
        """Save a checkpoint now."""
        if training := self.host.steered:
            training.control.checkpoint()
            self.notify("A checkpoint is written after this step.")

    def action_evaluate(self) -> None:
        """Evaluate now."""
        if training := self.host.steered:
            training.control.evaluate()
            self.notify("The model is evaluated after this step.")

    def action_adjust(self) -> None:
        """Set beta, learning rate or teacher forcing by hand."""
        training, run = self.host.steered, self.run
        if not training:
            return
        history = run.history if run and run.directory == training.directory else History()
        now = history.progress and {name: getattr(history.progress, name) for name in EDITABLE}

        def edit(edits: dict[str, float | None] | None) -> None:
            for name, value in (edits or {}).items():
                training.control.edit(name, value)

        self.app.push_screen(AdjustDialog(now or {}, history.overrides), edit)
