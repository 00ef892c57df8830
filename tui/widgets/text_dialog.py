"""A text to read over a screen."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from tui.widgets.dialog import Dialog


class TextDialog(Dialog[None]):
    """A title and a text in parts, which scrolls where it is longer than the screen."""

    BINDINGS = [
        Binding("escape,question_mark,q", "dismiss(None)", "Close"),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
    ]
    DEFAULT_CSS = """
    TextDialog Static { height: auto; margin-bottom: 1; &:last-child { margin-bottom: 0; } }
    """

    def __init__(self, title: str, parts: Mapping[str, Content], closed_by: str) -> None:
        super().__init__()
        self.title, self._parts, self._closed_by = title, parts, closed_by

    def compose_box(self) -> ComposeResult:
        """Yield the parts, one below the other."""
        for name, text in self._parts.items():
            yield Static(text, id=name)

    def on_mount(self) -> None:
        """Name the keys in the border."""
        self.query_one("#box").border_subtitle = f"{self._closed_by} closes · ↑ ↓ scroll"

    def action_scroll(self, by: int) -> None:
        """Scroll by a number of lines."""
        self.query_one("#box").scroll_relative(y=by, animate=False)
