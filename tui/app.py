"""The application: its screens, the training it hosts, and the ways out."""

import asyncio
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.message import Message
from textual.screen import Screen

from core import events
from core.config import Config
from core.control import Control
from core.errors import CvaeError
from core.runs.directory import RunDirectory
from tui.host import Training
from tui.models import Models
from tui.screens.convert import ConvertScreen
from tui.screens.generate import GenerateScreen
from tui.screens.runs import RunsScreen
from tui.screens.setup import SetupScreen
from tui.screens.train import TrainScreen
from tui.terminal import owned_terminal
from tui.widgets.confirm import Confirm
from tui.widgets.room import ROOMS

S = TypeVar("S", bound=Screen[None])


class CvaeApp(App[None]):
    """Trains in a thread worker; every screen reads run directories."""

    TITLE = "cvae-tui"
    CSS_PATH = "app.tcss"
    MODES = {
        "train": TrainScreen,
        "setup": SetupScreen,
        "convert": ConvertScreen,
        "generate": GenerateScreen,
        "runs": RunsScreen,
    }
    DEFAULT_MODE = "train"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    BINDINGS = [
        *(
            Binding(f"{number},f{number}", f"go('{room}')", title, show=False)
            for number, (room, title) in enumerate(ROOMS.items(), start=1)
        ),
        Binding("question_mark", "toggle_help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    @dataclass
    class Prepared(Message):
        """A run directory is there and its training begins."""

        directory: RunDirectory

    @dataclass
    class Ended(Message):
        """The training worker is done: with its last event, or with an error."""

        last: events.Event | None
        error: str = ""

    def __init__(self, runs_dir: Path, train: RunDirectory | None = None) -> None:
        super().__init__()
        self.runs_dir = runs_dir
        self.viewed: RunDirectory | None = train
        self.training: Training | None = None
        self.models = Models()
        self.signalled: int | None = None
        self._train_at_start = train
        self._leaving = False
        self.animation_level = "none"

    def on_mount(self) -> None:
        """Listen to signals; begin what the command line asked for."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal, number)
        if self._train_at_start:
            self.resume_training(self._train_at_start)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: the screens, then Textual's own."""
        for room, title in ROOMS.items():
            yield SystemCommand(
                title, f"Go to the {title} screen", lambda room=room: self.action_go(room)
            )
        yield from super().get_system_commands(screen)

    # Training

    def start_training(self, config: Config, name: str, label: str) -> bool:
        """Begin a new run in a worker; False when one is under way already."""
        return self._begin(config=config, name=name, label=label)

    def resume_training(self, directory: RunDirectory) -> bool:
        """Go on with a run in a worker; False when one is under way already."""
        return self._begin(directory=directory)

    def _begin(
        self,
        directory: RunDirectory | None = None,
        config: Config | None = None,
        name: str = "",
        label: str = "",
    ) -> bool:
        if self.training:
            self.notify("A training is under way; stop it first.", severity="warning")
            return False
        self.training = Training(Control(), directory)
        self._train(self.training.control, directory, config, name, label)
        self.action_go("train")
        return True

    @work(thread=True, group="training", exit_on_error=False)
    def _train(
        self,
        control: Control,
        directory: RunDirectory | None,
        config: Config | None,
        name: str,
        label: str,
    ) -> None:
        last: events.Event | None = None
        try:
            # Torch takes seconds to import; the screens are up meanwhile.
            from core.session import prepare, train

            if directory is None:
                assert config is not None
                directory = prepare(config, self.runs_dir, name, label)
            self.post_message(self.Prepared(directory))
            for event in train(directory, control):
                last = event
            self.post_message(self.Ended(last))
        except CvaeError as error:
            self.post_message(self.Ended(last, str(error)))
        except BaseException as error:
            self.post_message(self.Ended(last, f"training broke off: {error!r}"))
            raise

    def on_cvae_app_prepared(self, message: Prepared) -> None:
        """Show the run that begins."""
        if self.training:
            self.training.directory = message.directory
        self.view(message.directory)

    def on_cvae_app_ended(self, message: Ended) -> None:
        """Say how the training ended; leave, if that is what was waited for."""
        self.training = None
        name = self.viewed.name if self.viewed else "the run"
        if message.error:
            self.notify(message.error, title="Not trained", severity="error", markup=False)
        elif isinstance(message.last, events.Finished):
            self.notify(f"{name} has finished.", title="Finished", markup=False)
        elif isinstance(message.last, events.Stopped):
            self.notify(
                f"{name} has stopped with a checkpoint; Runs can resume it.",
                title="Stopped",
                markup=False,
            )
        elif isinstance(message.last, events.Failed):
            self.notify(message.last.message, title="Failed", severity="error", markup=False)
        for screen in self._screens(TrainScreen):
            screen.training_changed()
        if self._leaving:
            self.exit()

    def view(self, directory: RunDirectory | None) -> None:
        """Show a run on the training screen and prefer it on the others."""
        self.viewed = directory
        for screen in self._screens(TrainScreen):
            screen.follow(directory)

    def forget(self, directory: RunDirectory) -> None:
        """Show a deleted run no longer."""
        if self.viewed == directory:
            self.view(None)

    def setup_settings(self) -> tuple[Config, str, str] | None:
        """Configuration, name and preset of the Setup screen; None while it was not visited.

        Raises InputError when they do not hold.
        """
        for screen in self._screens(SetupScreen):
            return screen.settings(), screen.run_name, screen.preset_name
        return None

    def _screens(self, kind: type[S]) -> list[S]:
        """The screens of a kind that were visited, of which there is one at most."""
        stacks = self._screen_stacks.values()
        return [screen for stack in stacks for screen in stack if isinstance(screen, kind)]

    # Ways around and out

    def action_go(self, room: str) -> None:
        """Go to a screen."""
        if not isinstance(self.screen, Confirm):
            self.switch_mode(room)

    def action_toggle_help(self) -> None:
        """Show or hide the keys of the focused place."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    async def action_quit(self) -> None:
        """Leave; while a training is under way, ask first."""
        if self._leaving or isinstance(self.screen, Confirm):
            return
        if not self.training:
            self.exit()
            return
        self.push_screen(
            Confirm(
                "A training is under way. Stop it with a checkpoint, from which it can be "
                "resumed, and leave?",
                yes="Stop and leave",
                no="Stay",
            ),
            self._leave_if,
        )

    def _leave_if(self, leave: bool | None) -> None:
        if leave:
            self.leave()

    def leave(self) -> None:
        """Stop the training with a checkpoint, if there is one, and then exit."""
        self._leaving = True
        if self.training:
            self.notify("Writing a checkpoint ...", timeout=60)
            self.training.control.stop()
        else:
            self.exit()

    def _on_signal(self, number: int) -> None:
        self.signalled = number
        self.leave()


def run_app(runs_dir: Path, *, mouse: bool, train: RunDirectory | None = None) -> int:
    """Open the app; the exit code when it has closed.

    train: a run to train from the first moment.
    """
    app = CvaeApp(runs_dir, train)
    with owned_terminal():
        app.run(mouse=mouse)
    if app.signalled is not None:
        return 128 + app.signalled
    return app.return_code or 0
