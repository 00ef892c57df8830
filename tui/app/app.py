"""The application: its screens, and the ways between them."""

import contextlib
import gc
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path

import click
from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import ModalScreen, Screen
from textual.theme import Theme
from textual.widgets import DataTable

from core.errors import CvaeError
from core.runs.directory import RunDirectory, open_run
from core.text import printable
from core.training import events
from tui.app.help import HelpScreen
from tui.app.palette import Palette, commands_of
from tui.app.quit_dialog import Answer, QuitDialog
from tui.hosting.headless import OnHangUp, steering_hint, train_detached
from tui.hosting.host import Host
from tui.hosting.signals import handling_signals
from tui.screens.base import SCREENS
from tui.screens.train.screen import TrainScreen
from tui.terminal.terminal import leave_terminal, log_file, owned_terminal
from tui.widgets.confirm_dialog import ConfirmDialog
from tui.widgets.themes import DARK, EVERYWHERE_READABLE, THEMES, cell_styles


def _imported(mode: str) -> Screen[object]:
    """Create a screen on its first visit, because the first paint waits for every import.

    mode: the name of the screen, which is also in the names of its module and class.
    """
    module = import_module(f"tui.screens.{mode}.screen")
    screen: Screen[object] = getattr(module, f"{mode.title()}Screen")()
    return screen


class CvaeApp(Host):
    """The app with its screens."""

    TITLE = "cvae-tui"
    CSS_PATH = "app.tcss"
    MODES = {
        "train": TrainScreen,
        **{mode: partial(_imported, mode) for mode in SCREENS if mode != "train"},
    }
    DEFAULT_MODE = "train"
    rooms = SCREENS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    BINDINGS = [
        *(
            Binding(f"{number},f{number}", f"go('{mode}')", title, show=False)
            for number, (mode, title) in enumerate(SCREENS.items(), start=1)
        ),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("f12", "picture", "Picture of the screen", show=False),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, priority=True),
    ]

    def __init__(
        self,
        runs_dir: Path,
        train: RunDirectory | None = None,
        view: RunDirectory | None = None,
        on_hang_up: OnHangUp = "continue",
        *,
        sparse: bool = False,
    ) -> None:
        super().__init__(runs_dir, train or view, on_hang_up, sparse)
        self._train_at_start = train
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        wanted = self.view_state.get("theme", DARK.name)
        self.theme = wanted if wanted in self.available_themes else DARK.name

    def on_mount(self) -> None:
        """Follow the theme, and keep the garbage collector away from what was imported."""
        self._colour_cells()
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        # A search of all imported objects delays keys.
        self.call_after_refresh(gc.freeze)

    def begin(self) -> None:
        """Resume the run of the command line, or show the last run on the last screen."""
        if self._train_at_start:
            self.resume_training(self._train_at_start)
        elif self.viewed is None:
            with contextlib.suppress(CvaeError):
                if name := self.view_state.get("run", ""):
                    self.view(open_run(self.runs_dir, name))
            self.action_go(self.view_state.get("screen", self.DEFAULT_MODE))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the commands of the palette: screens, keys of this screen, Textual's own."""
        for mode, title in self.rooms.items():
            go = partial(self.action_go, mode)
            yield SystemCommand(f"{title} screen", f"Go to {title}", go)
        yield from commands_of(screen)
        bound = ("Quit", "Keys", "Screenshot")
        yield from (one for one in super().get_system_commands(screen) if one.title not in bound)

    def action_command_palette(self) -> None:
        """Open the command palette."""
        if self.use_command_palette and not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def _remember_theme(self, theme: Theme) -> None:
        self.view_state.set("theme", theme.name, everywhere=True)
        self._colour_cells()

    def _colour_cells(self) -> None:
        self.console.push_theme(cell_styles(self.get_css_variables()))
        for screen in self.screen_stack:
            for table in screen.query(DataTable):
                table.notify_style_update()

    def action_help(self) -> None:
        """Show the help of the focused widget and the active keys."""
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
        """Exit; while a training runs, ask first."""
        if self._leaving or isinstance(self.screen, ConfirmDialog | QuitDialog):
            return
        if self.training:
            self.push_screen(QuitDialog(), self._leave_as)
        else:
            self.exit()

    def _leave_as(self, answer: Answer | None) -> None:
        if answer == "keep":
            self.keep_training()
        elif answer == "stop":
            self.leave()


def run_app(
    runs_dir: Path,
    *,
    mouse: bool,
    on_hang_up: OnHangUp = "continue",
    train: RunDirectory | None = None,
    view: RunDirectory | None = None,
    sparse: bool = False,
) -> int:
    """Run the app, wait for its training to end, and return the exit code.

    train: a run to train from the start.
    view: a run to show from the start.
    sparse: True to refresh seldom.

    Raises the error that ended the app, if one did.
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
        click.echo(f"{app.kept.directory.name} continues in the background")
        click.echo(steering_hint(app.kept.directory))
    return app.exit_code(training)
