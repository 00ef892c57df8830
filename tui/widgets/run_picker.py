"""A list of runs of which several can be picked."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from core.runs.directory import RunDirectory
from tui.harmless import harmless


class RunPicker(ModalScreen[list[RunDirectory]]):
    """Asks which runs, up to a number; those picked before come first."""

    BINDINGS = [
        Binding("enter", "accept", "Accept", priority=True),
        Binding("escape", "dismiss", "Cancel"),
    ]
    DEFAULT_CSS = """
    RunPicker {
        align: center middle;
        & > Vertical {
            width: 66;
            max-width: 90%;
            height: auto;
            max-height: 90%;
            border: round $accent;
            background: $surface;
            padding: 0 1;
        }
        SelectionList { height: auto; max-height: 14; margin: 1 0; border: none; }
        #keys { color: $text-muted; &.wrong { color: $text-error; } }
    }
    """

    def __init__(
        self, runs: Sequence[RunDirectory], picked: Sequence[RunDirectory], most: int
    ) -> None:
        super().__init__()
        self._runs = sorted(runs, key=lambda run: run not in picked)
        self._picked, self._most = picked, most

    def compose(self) -> ComposeResult:
        """The list, and how to answer."""
        with Vertical():
            yield Static(f"Runs to compare, up to {self._most}", markup=False)
            yield SelectionList[int](
                *(
                    Selection(Content(harmless(run.name)), number, run in self._picked)
                    for number, run in enumerate(self._runs)
                )
            )
            yield Static("Space picks, Enter accepts, Esc cancels", id="keys", markup=False)

    def action_accept(self) -> None:
        """Answer, unless too many are picked."""
        picked: list[int] = sorted(self.query_one(SelectionList).selected)
        if len(picked) > self._most:
            line = self.query_one("#keys", Static)
            line.update(f"{len(picked)} are picked; up to {self._most} can be compared.")
            line.set_class(True, "wrong")
        else:
            self.dismiss([self._runs[number] for number in picked])
