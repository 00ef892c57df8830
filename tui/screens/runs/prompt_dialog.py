"""A question that is answered by a line of text."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from core.errors import CvaeError
from core.text import printable
from tui.widgets.dialog import Dialog
from tui.widgets.message_line import MessageLine


class PromptDialog(Dialog[str]):
    """A line of text and an action on it. The dialog stays open while the action fails."""

    DEFAULT_CSS = "PromptDialog Input { margin: 1 0; }"

    def __init__(self, question: str, text: str, act: Callable[[str], object]) -> None:
        super().__init__()
        self._question, self._text, self._act = question, text, act

    def compose_box(self) -> ComposeResult:
        """Yield the question, the input and the message."""
        yield Static(Content(printable(self._question)))
        yield Input(self._text, compact=True)
        yield MessageLine("Enter accepts, Esc cancels", id="message")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Act on the line and close, or show why the action failed."""
        event.stop()
        if not self.is_active:
            return
        try:
            self._act(event.value)
        except CvaeError as error:
            self.query_one(MessageLine).show(str(error), wrong=True)
        else:
            self.dismiss(event.value)
