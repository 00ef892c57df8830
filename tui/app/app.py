"""The application: its screens, the training it hosts, and the ways out."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import click
from rich.console import RenderableType
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.theme import Theme
from textual.widgets import DataTable

from core.config.schema import Config
from core.errors import CvaeError
from core.runs.commands import RemoteControl
from core.runs.directory import RunDirectory, open_run
from core.runs.ownership import living_owner
from core.text import printable
from core.training import events
from tui.app.help import HelpScreen
from tui.app.palette import Palette, commands_of
from tui.app.quit_dialog import Answer, QuitDialog
from tui.hosting.headless import OnHangUp, steering_hint, train_detached
from tui.hosting.host import REFRESH_SECONDS, SPARSE_SECONDS, RemoteTraining, Training
from tui.hosting.signals import handling_signals
from tui.hosting.training import HostedTraining
from tui.screens.base import SCREENS
from tui.screens.train.screen import TrainScreen
from tui.state.model_cache import Models
from tui.state.selection import Chosen
from tui.state.view_state import ViewState
from tui.terminal.driver import HangupSafeDriver
from tui.terminal.partial_update import repaint
from tui.terminal.terminal import leave_terminal, log_file, owned_terminal
from tui.text.notices import Notice, notice
from tui.widgets.confirm_dialog import ConfirmDialog
from tui.widgets.themes import DARK, EVERYWHERE_READABLE, THEMES, cell_styles

S = TypeVar("S", bound=Screen[None])


def _visited(room: str) -> Screen[object]:
    """A screen, imported when somebody goes there, for the first paint waits for what is imported.

    room: its name, from which follow those of its module and its class.
    """
    module = import_module(f"tui.screens.{room}.screen")
    screen: Screen[object] = getattr(module, f"{room.title()}Screen")()
    return screen


class CvaeApp(App[None]):
    """Hosts a training in a thread; every screen reads run directories."""

    TITLE = "cvae-tui"
    CSS_PATH = "app.tcss"
    MODES = {
        "train": TrainScreen,
        **{room: partial(_visited, room) for room in SCREENS if room != "train"},
    }
    DEFAULT_MODE = "train"
    read_only = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    BINDINGS = [
        *(
            Binding(f"{number},f{number}", f"go('{room}')", title, show=False)
            for number, (room, title) in enumerate(SCREENS.items(), start=1)
        ),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("f12", "picture", "Picture of the screen", show=False),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, priority=True),
    ]

    @dataclass
    class Prepared(Message):
        """A run directory is there and its training begins."""

        directory: RunDirectory

    @dataclass
    class Noticed(Message):
        """The training told something that is said wherever one is."""

        notice: Notice

    @dataclass
    class Ended(Message):
        """The training is done, or could not be done."""

        error: str = ""

    def __init__(
        self,
        runs_dir: Path,
        train: RunDirectory | None = None,
        view: RunDirectory | None = None,
        on_hang_up: OnHangUp = "continue",
        *,
        sparse: bool = False,
    ) -> None:
        super().__init__(driver_class=HangupSafeDriver)
        self.runs_dir = runs_dir
        self.viewed: RunDirectory | None = train or view
        self.training: HostedTraining | None = None
        self.models = Models()
        self.chosen = Chosen()
        self.proposed: Config | None = None
        self.signalled: int | None = None
        """The signal that ends the app."""
        self.hung_up = False
        self.kept: HostedTraining | None = None
        """The training that is to go on in another process once the app is left."""
        self.failure: Exception | None = None
        self._train_at_start = train
        self._on_hang_up = on_hang_up
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._remote: RemoteTraining | None = None
        self._leaving = False
        self.animation_level = "none"
        self.refresh_seconds = SPARSE_SECONDS if sparse else REFRESH_SECONDS
        self.view_state = ViewState(runs_dir)
        for theme in THEMES:
            self.register_theme(theme)
        wanted = self.view_state.get("theme", DARK.name)
        self.theme = wanted if wanted in self.available_themes else DARK.name

    def on_mount(self) -> None:
        """Begin what the command line asked for, unless a signal came first."""
        self._event_loop = asyncio.get_running_loop()
        self._colour_cells()
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        # To look through all that was imported for garbage, again and again, would hold up keys.
        self.call_after_refresh(gc.freeze)
        if self.hung_up or self.signalled is not None:
            self.exit()
        elif self._train_at_start:
            self.resume_training(self._train_at_start)
        elif self.viewed is None:
            self._look_again()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: the screens, what can be done here, then Textual's own."""
        for room, title in SCREENS.items():
            yield SystemCommand(
                f"{title} screen", f"Go to {title}", lambda room=room: self.action_go(room)
            )
        yield from commands_of(screen)
        bound = ("Quit", "Keys", "Screenshot")
        yield from (one for one in super().get_system_commands(screen) if one.title not in bound)

    def action_command_palette(self) -> None:
        """Open the command palette."""
        if self.use_command_palette and not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    # Training

    def start_training(self, config: Config, name: str, label: str) -> bool:
        """Begin a new run; False when one is under way already."""

        def prepare() -> RunDirectory:
            from core.session import prepare

            return prepare(config, self.runs_dir, name, label)

        return self._begin(None, prepare)

    def resume_training(self, directory: RunDirectory) -> bool:
        """Go on with a run; False when one is under way already."""
        return self._begin(directory, lambda: directory)

    def _begin(self, directory: RunDirectory | None, prepare: Callable[[], RunDirectory]) -> bool:
        if self.training:
            self.notify("A training is under way; stop it first.", severity="warning")
            return False
        training = self.training = HostedTraining(directory)
        training.start(
            prepare,
            prepared=lambda directory: self._tell(self.Prepared(directory)),
            told=self._notice,
            ended=lambda: self._tell(self.Ended(training.error)),
        )
        self.action_go("train")
        return True

    def _notice(self, directory: RunDirectory, event: events.Event) -> None:
        if found := notice(event, directory.name):
            self._tell(self.Noticed(found))

    def _tell(self, message: Message) -> None:
        """Post a message from the training's thread, in which nothing may fail."""
        # The loop is closed once the terminal is gone.
        with contextlib.suppress(RuntimeError):
            self.post_message(message)

    @property
    def steered(self) -> Training | None:
        """The training of the run in view, if this process or another on this machine has one."""
        if self.training and self.training.directory in (None, self.viewed):
            return self.training
        owner = living_owner(self.viewed) if self.viewed else None
        if self.viewed is None or owner is None or owner.elsewhere:
            self._remote = None
        elif self._remote is None or self._remote.directory != self.viewed:
            self._remote = RemoteTraining(RemoteControl(self.viewed), self.viewed)
        return self._remote

    def on_cvae_app_prepared(self, message: Prepared) -> None:
        """Show the run that begins."""
        self.view(message.directory)

    def on_cvae_app_noticed(self, message: Noticed) -> None:
        """Say what the training told."""
        self.say(message.notice)

    def say(self, said: Notice) -> None:
        """Say something over whatever screen there is."""
        self.notify(
            said.message,
            title=said.title,
            severity=said.severity,
            timeout=said.seconds,
            markup=False,
        )

    def on_cvae_app_ended(self, message: Ended) -> None:
        """Say why nothing was trained; leave, if the end is what was waited for."""
        self.training = None
        if message.error:
            self.say(Notice("Not trained", message.error, "error", 20.0))
        for screen in self._screens(TrainScreen):
            screen.training_changed()
        if self._leaving:
            self.exit()

    def view(self, directory: RunDirectory | None) -> None:
        """Show a run on the training screen and prefer it on the others."""
        self.viewed = directory
        self.view_state.set("run", directory.name if directory else "")
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
        from tui.screens.setup.screen import SetupScreen

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
        if not isinstance(self.screen, ModalScreen):
            self.switch_mode(room)
            self.view_state.set("screen", room)

    def _look_again(self) -> None:
        """Show the run and the screen that were last looked at."""
        name = self.view_state.get("run", "")
        with contextlib.suppress(CvaeError):
            if name:
                self.view(open_run(self.runs_dir, name))
        room = self.view_state.get("screen", self.DEFAULT_MODE)
        if room in SCREENS:
            self.switch_mode(room)

    def _remember_theme(self, theme: Theme) -> None:
        self.view_state.set("theme", theme.name, everywhere=True)
        self._colour_cells()

    def _colour_cells(self) -> None:
        self.console.push_theme(cell_styles(self.get_css_variables()))
        for screen in self.screen_stack:
            for table in screen.query(DataTable):
                table.notify_style_update()

    def action_help(self) -> None:
        """Show what the place is for and its keys."""
        if not isinstance(self.screen, ModalScreen):
            self.view_state.set("help_seen", True, everywhere=True)
            self.push_screen(HelpScreen(self.screen, f"Help: {SCREENS[self.current_mode]}"))

    def action_picture(self) -> None:
        """Save a picture of the screen in the current directory."""
        file = Path(f"cvae-tui-{self.current_mode}-{datetime.now():%Y%m%d-%H%M%S}.svg")
        try:
            file = file.absolute()
            with file.open("x", encoding="utf-8") as picture:
                picture.write(self.export_screenshot())
        except OSError as error:
            self.notify(
                printable(f"cannot write {file}: {error.strerror}"),
                severity="error",
                markup=False,
            )
        else:
            self.notify(printable(str(file)), title="Picture saved", markup=False)

    async def action_quit(self) -> None:
        """Leave; while a training is under way, ask first."""
        if self._leaving or isinstance(self.screen, ConfirmDialog | QuitDialog):
            return
        if self.training:
            self.push_screen(QuitDialog(), self._leave_as)
        else:
            self.exit()

    def _leave_as(self, answer: Answer | None) -> None:
        if answer == "keep" and self.training:
            self.kept = self.training
            self.training.control.detach()
        if answer in ("keep", "stop"):
            self.leave()

    def leave(self) -> None:
        """Stop the training with a checkpoint, if there is one, and then exit."""
        self._leaving = True
        if self.training:
            self.notify("Writing a checkpoint ...", timeout=60)
            self.training.control.stop()
        else:
            self.exit()

    def on_signal(self, number: int) -> None:
        """React to a signal, from its handler, even when the screens are gone."""
        if number == signal.SIGHUP:
            self.hang_up()
            return
        self.signalled, self.kept = number, None
        if self.training:
            self.training.control.stop()
        self._soon(self.leave)

    def hang_up(self) -> None:
        """Leave the terminal that is gone, from any thread; the training goes on or stops."""
        if self.hung_up:
            return
        self.hung_up = True
        if self.training:
            if self._on_hang_up == "continue":
                self.training.control.detach()
            else:
                self.training.control.stop()
        self._soon(self.exit)

    def _soon(self, act: Callable[[], None]) -> None:
        # Before the loop runs, `on_mount` looks; once it is closed, there is nothing to leave.
        if self._event_loop:
            with contextlib.suppress(RuntimeError):
                self._event_loop.call_soon_threadsafe(act)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, repaint(renderable))

    def _handle_exception(self, error: Exception) -> None:
        """Leave the terminal clean; whoever runs the app says what went wrong, and where."""
        self.failure = self.failure or error
        super()._handle_exception(error)
        self._exit_renderables.clear()


def run_app(
    runs_dir: Path,
    *,
    mouse: bool,
    on_hang_up: OnHangUp = "continue",
    train: RunDirectory | None = None,
    view: RunDirectory | None = None,
    sparse: bool = False,
) -> int:
    """Open the app; the exit code when it has closed and its training, if any, has ended.

    train: a run to train from the first moment.
    view: a run to show from the first moment.
    sparse: whether to redraw seldom.

    Raises whatever went wrong in the app.
    """
    app = CvaeApp(runs_dir, train, view, on_hang_up, sparse=sparse)
    if app.console.color_system == "standard" and not app.view_state.get("theme", ""):
        app.theme = EVERYWHERE_READABLE
    with handling_signals(app.on_signal):
        try:
            with owned_terminal(app.hang_up):
                app.run(mouse=mouse)
        finally:
            training = app.training
            if app.hung_up:
                leave_terminal(training.log_file if training else log_file())
            elif training:
                training.control.stop()
            if training:
                training.wait()
    if app.failure:
        raise app.failure
    if app.kept and app.kept.directory and isinstance(app.kept.last, events.Stopped):
        train_detached(app.kept.directory)
        click.echo(f"{app.kept.directory.name} trains on in the background")
        click.echo(steering_hint(app.kept.directory))
    if app.signalled is not None:
        return 128 + app.signalled
    if app.hung_up and (training is None or on_hang_up == "stop"):
        return 128 + signal.SIGHUP
    return 1 if training and training.error else app.return_code or 0
