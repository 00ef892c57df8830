"""A message in a line of its own."""

from textual.content import Content
from textual.widgets import Static

from core.text import printable


class MessageLine(Static):
    """A hint, or an error in the colour of errors. It has the class `empty` without a text."""

    DEFAULT_CSS = "MessageLine { color: $text-muted; &.wrong { color: $text-error; } }"

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(Content(printable(text)), id=id, classes="" if text else "empty")

    def show(self, text: str, wrong: bool = False) -> None:
        """Replace the message."""
        self.set_class(wrong, "wrong")
        self.set_class(not text, "empty")
        self.update(Content(printable(text)))
