"""A command line to be copied, shown for terminals whose clipboard cannot be reached."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.text import printable


class CommandDialog(ModalScreen[None]):
    """Shows a command, and puts it on the clipboard where the terminal lets it."""

    BINDINGS = [Binding("escape,enter,q", "dismiss(None)", "Close")]
    DEFAULT_CSS = """
    CommandDialog {
        align: center middle;
        & > Vertical {
            width: 90%;
            height: auto;
            max-height: 90%;
            border: round $accent;
            border-title-color: $foreground;
            background: $surface;
            padding: 1 2;
            overflow-y: auto;
        }
        .quiet { margin-top: 1; }
    }
    """

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = command

    def compose(self) -> ComposeResult:
        """The command, and what became of it."""
        with Vertical() as frame:
            frame.border_title = "The same on the command line"
            yield Static(Content(printable(self._command)), id="command")
            yield Static(
                "Sent to the clipboard, if your terminal lets programs reach it (OSC 52); "
                "otherwise mark it here with the mouse. Escape closes.",
                classes="quiet",
                markup=False,
            )

    def on_mount(self) -> None:
        """Put the command on the clipboard."""
        self.app.copy_to_clipboard(self._command)
