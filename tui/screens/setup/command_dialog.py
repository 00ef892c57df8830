"""A command line to copy, for terminals whose clipboard cannot be reached."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from core.text import printable
from tui.widgets.dialog import Dialog
from tui.widgets.message_line import MessageLine


class CommandDialog(Dialog[None]):
    """A command, which is also put on the clipboard where the terminal allows it."""

    TITLE = "The same on the command line"
    BINDINGS = [Binding("escape,enter,q", "dismiss(None)", "Close")]
    DEFAULT_CSS = "CommandDialog > #box { width: 90%; padding: 1 2; }"

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = command

    def compose_box(self) -> ComposeResult:
        """Yield the command and a note on the clipboard."""
        yield Static(Content(printable(self._command)), id="command")
        yield Static()
        yield MessageLine(
            "Sent to the clipboard, if your terminal lets programs reach it (OSC 52); "
            "otherwise select it here with the mouse. Escape closes."
        )

    def on_mount(self) -> None:
        """Put the command on the clipboard."""
        self.app.copy_to_clipboard(self._command)
