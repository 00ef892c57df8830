"""A question that is answered by picking from a list."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from tui.harmless import harmless


class Choice(ModalScreen[int]):
    """Asks for one of several answers; the result is its number, or None."""

    BINDINGS = [Binding("escape", "dismiss", "Cancel")]
    DEFAULT_CSS = """
    Choice {
        align: center middle;
        & > Vertical {
            width: 66;
            max-width: 90%;
            height: auto;
            max-height: 90%;
            border: round $accent;
            background: $surface;
            padding: 0 1;
        }
        OptionList { height: auto; max-height: 12; margin: 1 0; border: none; }
        #keys { color: $text-muted; }
    }
    """

    def __init__(
        self, question: str, answers: Sequence[str], keys: str = "Enter picks, Esc cancels"
    ) -> None:
        super().__init__()
        self._question, self._answers, self._keys = question, answers, keys

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical():
            yield Static(Content(harmless(self._question)))
            yield OptionList(*(Content(harmless(answer)) for answer in self._answers))
            yield Static(self._keys, id="keys", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.option_index)
