"""Editor of one setting: name, value to type or choose, description."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Static

from core.config.fields import Field
from core.text import printable
from data import corpora
from tui.screens.setup.draft import Draft
from tui.screens.setup.field_list import Changed, choices


class FieldInput(Input):
    """Input of a value. The arrow keys go from setting to setting."""

    BINDINGS = [
        Binding("up", "screen.step(-1)", "Previous field", show=False),
        Binding("down", "screen.step(1)", "Next field", show=False),
    ]


class FieldEditor(Vertical):
    """Edits one setting at a time."""

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

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self.field: Field | None = None

    def compose(self) -> ComposeResult:
        """Compose key, value and description."""
        with Horizontal():
            yield Label(id="key", markup=False)
            yield FieldInput(compact=True, id="value")
            yield Static(id="choices", markup=False)
        yield Static(id="about", markup=False)

    def show(self, field: Field | None) -> None:
        """Show a setting; None for no setting."""
        draft, self.field = self._draft, field
        self.visible = field is not None
        if field is None:
            return
        text, there = draft.text(field), choices(field)
        self.query_one("#key", Label).update(field.key)
        typed, chosen = self.query_one("#value", Input), self.query_one("#choices", Static)
        typed.display, chosen.display = not there, bool(there)
        typed.suggester = SuggestFromList(corpora()) if field.key == "data.corpus" else None
        if typed.value != text:
            with self.prevent(Input.Changed):
                typed.value = text
        marked = (Content.styled(f"[{c}]", "bold") if c == text else Content(c) for c in there)
        chosen.update(Content("  ").join(marked) + Content.styled("   ← →", "$text-muted"))
        preset = field.spell(draft.preset_value(field))
        about = f"{field.doc} Takes {field.accepts}."
        if field.default != "":
            about += f" Default {field.spell(field.default)}"
            changed = preset != field.spell(field.default)
            about += f", in {draft.preset_name} {preset}." if changed else "."
        problem = draft.problem(field).partition(": ")[2]
        self.query_one("#about", Static).update(
            Content.styled(f"✗ {printable(problem)}", "$text-error") if problem else Content(about)
        )

    def edit(self) -> None:
        """Focus the value, where it is typed."""
        typed = self.query_one("#value", Input)
        if typed.display:
            typed.focus()
            typed.action_select_all()

    @on(Input.Changed, "#value")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.field:
            self._draft.type(self.field, event.value)
            self.post_message(Changed(self.field))
