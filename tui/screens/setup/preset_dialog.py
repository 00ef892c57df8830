"""Asks under which name, and with which sentence, settings are saved as a preset."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from core.config.presets import check_free, own_folder, own_names
from core.errors import InputError
from core.text import printable


class PresetDialog(ModalScreen[tuple[str, str, bool] | None]):
    """Answers with name, description, and whether another of that name is to be replaced."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]
    DEFAULT_CSS = """
    PresetDialog {
        align: center middle;
        & > Vertical {
            width: 66;
            max-width: 96%;
            height: auto;
            border: round $accent;
            background: $surface;
            padding: 0 1;
        }
        Horizontal { height: 1; margin-top: 1; }
        Label { width: 13; }
        Input { width: 1fr; }
        #said { height: auto; margin-top: 1; }
        #answers { align-horizontal: right; }
        Button { margin-left: 2; }
    }
    """

    def compose(self) -> ComposeResult:
        """Name, description, what is wrong with them, answers."""
        with Vertical() as frame:
            frame.border_title = "Save as a preset"
            with Horizontal():
                yield Label("Name")
                yield Input(compact=True, id="name")
            with Horizontal():
                yield Label("Description")
                yield Input(compact=True, id="description", placeholder="what it is good for")
            yield Static(Content(f"A file in {printable(str(own_folder()))}"), id="said")
            with Horizontal(id="answers"):
                yield Button("Cancel", id="no", compact=True)
                yield Button("Save", id="yes", variant="primary", compact=True)

    def on_input_changed(self) -> None:
        """Say at once what a name would do."""
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
        """Enter goes on to the description, and from there to the answers."""
        self.query_one("#description" if event.input.id == "name" else "#yes").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        if event.button.id == "no":
            self.dismiss(None)
            return
        name, about = (self.query_one(id, Input).value.strip() for id in ("#name", "#description"))
        self.dismiss((name, about, name in own_names()))
