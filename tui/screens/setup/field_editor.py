"""The setting in hand: its name, its value to be typed or chosen, and what it means."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Static

from core.config.fields import Field
from core.text import printable
from data import corpora
from tui.screens.setup.draft import Draft
from tui.screens.setup.field_list import choices


class FieldInput(Input):
    """Where a value is typed. The arrow keys go from field to field."""

    BINDINGS = [
        Binding("up", "screen.step(-1)", "Previous field", show=False),
        Binding("down", "screen.step(1)", "Next field", show=False),
    ]


class FieldEditor(Vertical):
    """Edits one field at a time."""

    DEFAULT_CSS = """
    FieldEditor {
        height: 7;
        background: $panel;
        Horizontal { height: 1; }
        #key { text-style: bold; padding: 0 1; }
        #value { width: 1fr; background: $surface; &:focus { background: $boost; } }
        #choices { width: 1fr; }
        #about { height: 6; padding: 0 1; }
    }
    """

    @dataclass
    class Changed(Message):
        """The text of the field was changed."""

        known: Field
        text: str

    def __init__(self) -> None:
        super().__init__()
        self.known: Field | None = None

    def compose(self) -> ComposeResult:
        """Key, value, meaning."""
        with Horizontal():
            yield Label(id="key", markup=False)
            yield FieldInput(compact=True, id="value")
            yield Static(id="choices", markup=False)
        yield Static(id="about", markup=False)

    def show(self, known: Field | None, draft: Draft) -> None:
        """Show a field of a draft; None for no field."""
        self.known = known
        self.visible = known is not None
        if known is None:
            return
        text, there = draft.text(known), choices(known)
        self.query_one("#key", Label).update(known.key)
        typed, chosen = self.query_one("#value", Input), self.query_one("#choices", Static)
        typed.display, chosen.display = not there, bool(there)
        typed.suggester = SuggestFromList(corpora()) if known.key == "data.corpus" else None
        if typed.value != text:
            with self.prevent(Input.Changed):
                typed.value = text
        marked = (Content.styled(f"[{c}]", "bold") if c == text else Content(c) for c in there)
        chosen.update(Content("  ").join(marked) + Content.styled("   ← →", "$text-muted"))
        preset = known.spell(getattr(getattr(draft.base, known.section), known.name))
        about = f"{known.doc} Takes {known.accepts}."
        if known.default != "":
            about += f" Default {known.spell(known.default)}"
            changed = preset != known.spell(known.default)
            about += f", in {draft.preset_name} {preset}." if changed else "."
        problem = draft.problem(known).partition(": ")[2]
        self.query_one("#about", Static).update(
            Content.styled(f"✗ {printable(problem)}", "$text-error") if problem else Content(about)
        )

    def edit(self) -> None:
        """Give the keys to the value."""
        typed = self.query_one("#value", Input)
        if typed.display:
            typed.focus()
            typed.action_select_all()

    @on(Input.Changed, "#value")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.known:
            self.post_message(self.Changed(self.known, event.value))
