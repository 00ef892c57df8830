"""The app for those who may look and may not touch."""

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from textual.app import SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

from core.catalogue.listing import list_runs
from core.config.schema import Config
from core.errors import InputError
from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp
from tui.hosting.host import Training
from tui.hosting.signals import handling_signals
from tui.screens.base import SCREENS, STEERING
from tui.state.view_state import T, ViewState
from tui.terminal.terminal import owned_terminal
from tui.web.served import ServedDriver, is_served, own_output

ALLOWED: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "CvaeApp": "go help quit",
        "ReadOnlyApp": "go",
        "AppScreen": "leave_field",
        "TrainScreen": "alarms overlay log",
        "ConvertScreen": "compare",
        "GenerateScreen": "draw reseed filter cancel",
        "LatentScreen": "pane words take group steps dimension",
        "RunsScreen": "open mark compare filter sort turn leave_field",
        "CompareScreen": "pick experiment next_view next_axis enlarge",
        "Board": "smooth next",
        "Chart": "point zoom pan begin follow whole zoom_values pan_values log axis choose enlarge "
        "let_go",
        "LatentPlot": "move next zoom",
        "TextDialog": "scroll",
        "ChooseSome": "take",
    }.items()
}
"""What may be done of what this program brings along, by the class that defines it. What comes to
the program later is not allowed until it stands here."""
REFUSED = frozenset({"suspend_process", "screenshot", "simulate_key", "switch_mode", "push_screen"})
"""Actions of Textual's that reach out of the app or past `go`; its others only move about in it."""


class ReadOnlyApp(CvaeApp):
    """Starts, steers and changes nothing, and writes no file."""

    read_only = True

    def __init__(
        self, runs_dir: Path, view: RunDirectory | None = None, *, sparse: bool = False
    ) -> None:
        super().__init__(runs_dir, view=view or newest(runs_dir), sparse=sparse)
        self.view_state = UnwrittenView(runs_dir)

    @property
    def steered(self) -> Training | None:
        """Nothing is steered from here."""
        return None

    def start_training(self, config: Config, name: str, label: str) -> bool:
        """Nothing is trained from here."""
        return False

    def resume_training(self, directory: RunDirectory) -> bool:
        """Nothing is trained from here."""
        return False

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette, without the screens that cannot be entered."""
        closed = {f"{SCREENS[room]} screen" for room in STEERING}
        return (one for one in super().get_system_commands(screen) if one.title not in closed)

    def action_go(self, room: str) -> None:
        """Go to a screen that has something to look at."""
        if room not in STEERING:
            super().action_go(room)

    async def run_action(
        self,
        action: str | tuple[str, str, tuple[object, ...]],
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Perform an action, if it only looks."""
        asked = self._parse_action(action, default_namespace or self, namespaces)
        return allows(*asked) and await super().run_action(action, default_namespace, namespaces)

    def _check_action_state(self, action: str, default_namespace: DOMNode) -> bool | None:
        """Whether a key is shown and acts. Textual asks here for all of them."""
        if not allows(*self._parse_action(action, default_namespace)):
            return False
        return super()._check_action_state(action, default_namespace)


class UnwrittenView(ViewState):
    """What one visitor looks at, which is remembered for as long as the visit lasts."""

    def __init__(self, runs_dir: Path) -> None:
        super().__init__(runs_dir)
        self._values: dict[str, object] = {}

    def get(self, key: str, default: T) -> T:
        """The value that was set during this visit."""
        found = self._values.get(key)
        return found if type(found) is type(default) else default

    def set(self, key: str, value: bool | int | float | str, *, everywhere: bool = False) -> None:
        """Remember a value, but not on the disk."""
        self._values[key] = value


def allows(node: DOMNode, action: str, parameters: tuple[object, ...]) -> bool:
    """Whether an action of a place only looks."""
    if action == "go" and STEERING.intersection(parameters):
        return False
    for kind in type(node).__mro__:
        if vars(kind).keys() & {f"action_{action}", f"_action_{action}"}:
            if kind.__module__.startswith("tui."):
                return action in ALLOWED.get(kind.__name__, ())
            return action not in REFUSED
    return False


def newest(runs_dir: Path) -> RunDirectory:
    """The run that was last written to.

    Raises InputError when there is none.
    """
    for run in list_runs(runs_dir):
        return RunDirectory(runs_dir / run.name)
    raise InputError(f"there is no run in {runs_dir} to look at; train one first")


def look(
    runs_dir: Path, view: RunDirectory | None = None, *, mouse: bool = True, sparse: bool = False
) -> int:
    """Open the app to look only, in the terminal or in the browser of a visitor; its exit code.

    view: the run to show first, by default the newest.

    Raises InputError when there is neither terminal nor browser, or no run.
    """
    app = ReadOnlyApp(runs_dir, view, sparse=sparse)
    with contextlib.ExitStack() as around:
        if is_served():
            app.driver_class = ServedDriver
            around.enter_context(own_output())
        else:
            around.enter_context(handling_signals(app.on_signal))
            around.enter_context(owned_terminal(app.hang_up))
        app.run(mouse=mouse)
    if app.failure:
        raise app.failure
    return 128 + app.signalled if app.signalled is not None else app.return_code or 0
