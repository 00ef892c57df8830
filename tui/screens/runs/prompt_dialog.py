"""A question that is answered by a line of text."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.errors import CvaeError
from core.text import printable


class PromptDialog(ModalScreen[str]):
    """Asks for a line of text, does something with it, and says what is wrong if that fails."""

    BINDINGS = [Binding("escape", "dismiss", "Cancel")]
    DEFAULT_CSS = """
    PromptDialog {
        align: center middle;
        & > Vertical {
            width: 66;
            max-width: 90%;
            height: auto;
            border: round $accent;
            background: $surface;
            padding: 0 1;
        }
        Input { background: $panel; margin-top: 1; }
        #keys { color: $text-muted; margin-top: 1; }
        #wrong { color: $text-error; }
    }
    """

    def __init__(self, question: str, text: str, act: Callable[[str], object]) -> None:
        super().__init__()
        self._question, self._text, self._act = question, text, act

    def compose(self) -> ComposeResult:
        """The question, the line, what is wrong with it."""
        with Vertical():
            yield Static(Content(printable(self._question)))
            yield Input(self._text, compact=True)
            yield Static(id="wrong", markup=False)
            yield Static("Enter accepts, Esc cancels", id="keys", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Act; stay while that fails."""
        event.stop()
        try:
            self._act(event.value)
        except CvaeError as error:
            self.query_one("#wrong", Static).update(Content(printable(str(error))))
        else:
            self.dismiss(event.value)
