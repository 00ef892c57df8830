"""New values for the numbers that can be changed while a training runs."""

from collections.abc import Mapping

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label, Static

from core.config.fields import field
from core.errors import InputError
from core.training.schedules import BACK, EDITABLE, Overrides, read_edit
from tui.text.format import figure
from tui.widgets.dialog import Dialog
from tui.widgets.message_line import MessageLine


class AdjustDialog(Dialog[dict[str, float | None]]):
    """A field for each number: a value, or `schedule`. The result is the changed numbers."""

    TITLE = "Adjust while it trains"
    DEFAULT_CSS = """
    AdjustDialog {
        .row Label { width: 18; }
        .row Input { width: 12; }
        .row .note { width: 1fr; padding-left: 2; color: $text-muted; }
        #problem { height: auto; margin-top: 1; }
    }
    """

    def __init__(self, now: Mapping[str, float], overrides: Overrides) -> None:
        super().__init__()
        self._now = now
        self._before = {
            name: BACK if (value := getattr(overrides, name)) is None else f"{value:g}"
            for name in EDITABLE
        }

    def compose_box(self) -> ComposeResult:
        """Yield the fields with what they accept, and two buttons."""
        yield Static(
            f"A number takes effect at the next step; {BACK} returns it to its schedule.",
            markup=False,
        )
        for name, key in EDITABLE.items():
            with Horizontal(classes="row"):
                yield Label(name.replace("_", " ").removesuffix(" ratio"))
                yield Input(self._before[name], id=name, compact=True)
                now = f"now {figure(self._now[name])}, " if name in self._now else ""
                yield Static(now + field(key).accepts, classes="note", markup=False)
        yield MessageLine(id="problem")
        with Horizontal(classes="answers"):
            yield Button("Cancel", action="screen.dismiss(None)", compact=True)
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
            self.query_one(MessageLine).show(str(error), wrong=True)
        else:
            self.dismiss(edits)
