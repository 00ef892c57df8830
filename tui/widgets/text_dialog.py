"""Something to read over a screen."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class TextDialog(ModalScreen[None]):
    """A title and a text in parts, which scrolls where it is longer than the screen."""

    BINDINGS = [
        Binding("escape,question_mark,q", "dismiss(None)", "Close"),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
    ]
    DEFAULT_CSS = """
    TextDialog {
        align: center middle;
        & > VerticalScroll {
            width: 74;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $accent;
            border-title-color: $foreground;
            border-title-style: bold;
            border-subtitle-color: $text-muted;
            background: $surface;
            padding: 0 1;
        }
        Static { height: auto; margin-bottom: 1; &:last-child { margin-bottom: 0; } }
    }
    """

    def __init__(self, title: str, parts: Mapping[str, Content], closed_by: str) -> None:
        super().__init__()
        self._title, self._parts, self._closed_by = title, parts, closed_by

    def compose(self) -> ComposeResult:
        """The parts, one below the other."""
        with VerticalScroll(can_focus=False) as frame:
            frame.border_title = self._title
            frame.border_subtitle = f"{self._closed_by} closes · ↑ ↓ scroll"
            for name, text in self._parts.items():
                yield Static(text, id=name)

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
