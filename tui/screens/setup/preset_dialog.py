"""Name and description of a new preset."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label

from core.config.presets import check_free, own_folder, own_names
from core.errors import InputError
from tui.widgets.dialog import Dialog
from tui.widgets.message_line import MessageLine


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
        yield MessageLine(f"A file in {own_folder()}", id="said")
        with Horizontal(classes="answers"):
            yield Button("Cancel", action="screen.dismiss(None)", compact=True)
            yield Button("Save", id="yes", variant="primary", compact=True)

    def on_input_changed(self) -> None:
        """Check the name as it is typed."""
        name = self.query_one("#name", Input).value.strip()
        button, message = self.query_one("#yes", Button), self.query_one(MessageLine)
        try:
            check_free(name, replace=True)
        except InputError as error:
            button.disabled = True
            message.show(str(error) if name else "", wrong=True)
            return
        button.disabled = False
        taken = name in own_names()
        button.label = "Replace it" if taken else "Save"
        file = f"{own_folder() / name}.toml"
        message.show(f"There is a preset {name} already." if taken else file, wrong=taken)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Move the focus to the description, and from there to the buttons."""
        self.query_one("#description" if event.input.id == "name" else "#yes").focus()

    def on_button_pressed(self) -> None:
        """Close with the entries."""
        name, about = (self.query_one(id, Input).value.strip() for id in ("#name", "#description"))
        self.dismiss((name, about, name in own_names()))
