"""Asks for new values of what can be changed while a training runs."""

from collections.abc import Mapping

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from core.config.fields import field
from core.errors import InputError
from core.training.schedules import BACK, EDITABLE, Overrides, read_edit
from tui.text.format import figure


class AdjustDialog(ModalScreen[dict[str, float | None]]):
    """One field for each number: a value, or `schedule`. Answers those that were changed."""

    BINDINGS = [Binding("escape", "cancel", "Cancel")]
    DEFAULT_CSS = """
    AdjustDialog {
        align: center middle;
        & > Vertical {
            width: 76;
            max-width: 96%;
            height: auto;
            border: round $primary;
            background: $surface;
            padding: 0 2 1 2;
        }
        .row { height: 1; margin-top: 1; }
        .row Label { width: 18; }
        .row Input { width: 12; background: $panel; }
        .row .note { width: 1fr; padding-left: 2; color: $text-muted; }
        #problem { height: auto; margin-top: 1; color: $text-error; }
        .answers { height: auto; align-horizontal: right; }
        Button { margin-left: 2; }
    }
    """

    def __init__(self, now: Mapping[str, float], overrides: Overrides) -> None:
        super().__init__()
        self._now = now
        self._before = {
            name: BACK if (value := getattr(overrides, name)) is None else f"{value:g}"
            for name in EDITABLE
        }

    def compose(self) -> ComposeResult:
        """The fields, what they accept, and two answers."""
        with Vertical() as box:
            box.border_title = "Adjust while it trains"
            yield Static(
                f"A number holds from the next step on; {BACK} gives it back.", markup=False
            )
            for name, key in EDITABLE.items():
                with Horizontal(classes="row"):
                    yield Label(name.replace("_", " ").removesuffix(" ratio"))
                    yield Input(self._before[name], id=name, compact=True)
                    now = f"now {figure(self._now[name])}, " if name in self._now else ""
                    yield Static(now + field(key).accepts, classes="note", markup=False)
            yield Static(id="problem", markup=False)
            with Horizontal(classes="answers"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Apply", id="apply", variant="primary", compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed, "#apply")
    def _apply(self) -> None:
        edits: dict[str, float | None] = {}
        try:
            for entry in self.query(Input):
                assert entry.id
                if entry.value.strip() != self._before[entry.id]:
                    edits[entry.id] = read_edit(entry.id, entry.value)
        except InputError as error:
            self.query_one("#problem", Static).update(Content(str(error)))
        else:
            self.dismiss(edits)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss({})
