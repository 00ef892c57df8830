"""Name and description of a new preset."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Label, Static

from core.config.presets import check_free, own_folder, own_names
from core.errors import InputError
from core.text import printable
from tui.widgets.dialog import Dialog


class PresetDialog(Dialog[tuple[str, str, bool]]):
    """The result is name, description, and True where a preset of that name is to be replaced."""

    TITLE = "Save as a preset"
    DEFAULT_CSS = """
    PresetDialog {
        .row Label { width: 13; }
        .row Input { width: 1fr; }
        #said { height: auto; margin-top: 1; }
    }
    """

    def compose_box(self) -> ComposeResult:
        """Yield name, description, a message, and two buttons."""
        with Horizontal(classes="row"):
            yield Label("Name")
            yield Input(compact=True, id="name")
        with Horizontal(classes="row"):
            yield Label("Description")
            yield Input(compact=True, id="description", placeholder="what it is good for")
        yield Static(Content(f"A file in {printable(str(own_folder()))}"), id="said")
        with Horizontal(classes="answers"):
            yield Button("Cancel", id="no", compact=True)
            yield Button("Save", id="yes", variant="primary", compact=True)

    def on_input_changed(self) -> None:
        """Check the name as it is typed."""
        name = self.query_one("#name", Input).value.strip()
        button, said = self.query_one("#yes", Button), self.query_one("#said", Static)
        try:
            check_free(name, replace=True)
        except InputError as error:
            button.disabled = True
            said.update(Content.styled(printable(str(error)) if name else "", "$text-error"))
            return
        button.disabled = False
        taken = name in own_names()
        button.label = "Replace it" if taken else "Save"
        said.update(
            Content.styled(f"There is a preset {name} already.", "$text-warning")
            if taken
            else Content(f"{printable(str(own_folder() / name))}.toml")
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Move the focus to the description, and from there to the buttons."""
        self.query_one("#description" if event.input.id == "name" else "#yes").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the entries, or without a result."""
        if event.button.id == "no":
            self.dismiss(None)
            return
        name, about = (self.query_one(id, Input).value.strip() for id in ("#name", "#description"))
        self.dismiss((name, about, name in own_names()))
