"""The app for viewers, in which nothing can be changed."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from textual.dom import DOMNode

from core.catalogue.listing import list_runs
from core.errors import InputError
from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp
from tui.hosting.signals import handling_signals
from tui.screens.base import SCREENS, STEERING
from tui.state.view_state import ViewState
from tui.terminal.terminal import owned_terminal
from tui.terminal.textual_private import GuardedApp
from tui.web.served import ServedDriver, is_served, own_output

ALLOWED: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "Host": "go",
        "CvaeApp": "help quit command_palette",
        "AppScreen": "leave_field",
        "TrainScreen": "alarms overlay log",
        "ConvertScreen": "compare",
        "GenerateScreen": "draw reseed filter cancel",
        "LatentScreen": "pane words take group steps dimension",
        "RunActions": "open mark compare",
        "RunsScreen": "filter sort turn leave_field",
        "CompareScreen": "pick experiment next_view",
        "Board": "smooth next enlarge let_go",
        "MetricBoard": "choose smooth",
        "Gestures": "point zoom pan begin follow whole values log axis",
        "LatentPlot": "move next zoom",
        "TextDialog": "scroll",
        "ChooseSome": "take",
    }.items()
}
"""The allowed actions of this program, by the class that defines them.

A new action is refused until it is listed here."""
REFUSED = frozenset({"suspend_process", "screenshot", "simulate_key", "switch_mode", "push_screen"})
"""The actions of Textual that leave the app or bypass `go`. Its other actions only navigate."""


class ReadOnlyApp(CvaeApp, GuardedApp):
    """The app for viewers. It starts, steers and changes nothing, and writes no file."""

    read_only = True
    steered = None
    rooms = {mode: title for mode, title in SCREENS.items() if mode not in STEERING}

    def __init__(
        self, runs_dir: Path, view: RunDirectory | None = None, *, sparse: bool = False
    ) -> None:
        super().__init__(runs_dir, view=view or newest(runs_dir), sparse=sparse)
        self.view_state = ViewState(runs_dir, stored=False)

    def allows(self, node: DOMNode, action: str, parameters: tuple[object, ...]) -> bool:
        """Return True for actions that change nothing."""
        return allows(node, action, parameters)


def allows(node: DOMNode, action: str, parameters: tuple[object, ...]) -> bool:
    """Return True when an action of a node changes nothing."""
    if action == "go" and STEERING.intersection(parameters):
        return False
    for kind in type(node).__mro__:
        if vars(kind).keys() & {f"action_{action}", f"_action_{action}"}:
            if kind.__module__.startswith("tui."):
                return action in ALLOWED.get(kind.__name__, ())
            return action not in REFUSED
    return False


def newest(runs_dir: Path) -> RunDirectory:
    """Return the run that was written to last.

    Raises InputError when there is none.
    """
    for run in list_runs(runs_dir):
        return RunDirectory(runs_dir / run.name)
    raise InputError(f"there is no run in {runs_dir} to show. Train one first")


def look(
    runs_dir: Path, view: RunDirectory | None = None, *, mouse: bool = True, sparse: bool = False
) -> int:
    """Run the read-only app in the terminal or in a browser, and return the exit code.

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
    return app.exit_code(None)
