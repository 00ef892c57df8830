"""The base of all dialogs: their box, the key that cancels, and an end that comes once."""

from typing import TypeVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen

T = TypeVar("T")


class DismissedOnce(Screen[T]):
    """A screen that closes once, however many keys and clicks close it at the same time."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close the screen with a result; do nothing when it is not the screen on top."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class Dialog(ModalScreen[T], DismissedOnce[T]):
    """A box in the middle of the screen. Escape closes it without a result.

    A subclass fills the box in `compose_box`; `TITLE` stands in its border.
    """

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        & > #box {
            width: 74; max-width: 100%; height: auto; max-height: 100%;
            border: round $accent; border-subtitle-color: $text-muted;
            border-title-color: $foreground; border-title-style: bold;
            background: $surface; padding: 0 1;
        }
        Input { background: $panel; }
        .row { height: 1; margin-top: 1; }
        .answers { height: auto; margin-top: 1; align-horizontal: right; }
        .answers Button { margin-left: 2; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yield the box with its content."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = self.title
            yield from self.compose_box()

    def compose_box(self) -> ComposeResult:
        """Yield the widgets in the box."""
        return iter(())
