"""A command line to copy, for terminals whose clipboard cannot be reached."""

from textual.binding import Binding
from textual.content import Content

from core.text import printable
from tui.widgets.text_dialog import TextDialog

NOTE = """\
Sent to the clipboard, if your terminal lets programs reach it (OSC 52); otherwise select it here \
with the mouse."""


class CommandDialog(TextDialog):
    """A command, which is also put on the clipboard where the terminal allows it."""

    BINDINGS = [Binding("enter", "dismiss(None)", "Close", show=False)]
    DEFAULT_CSS = "CommandDialog > #box { width: 90%; padding: 1 2; }"

    def __init__(self, command: str) -> None:
        note = Content.styled(NOTE, "$text-muted")
        parts = {"command": Content(printable(command)), "note": note}
        super().__init__("The same on the command line", parts, "Escape")
        self._command = command

    def on_mount(self) -> None:
        """Put the command on the clipboard."""
        self.app.copy_to_clipboard(self._command)
