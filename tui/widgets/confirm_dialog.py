"""Questions that are answered by buttons."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static
from textual.widgets.button import ButtonVariant

from tui.widgets.dialog import Dialog, T


class ButtonDialog(Dialog[T]):
    """A question with a button for each answer. The first, with the focus, changes nothing.

    answers: label, variant and result of each button, by its id.
    """

    BINDINGS = [
        Binding("right", "app.focus_next", "Next answer", show=False),
        Binding("left", "app.focus_previous", "Previous answer", show=False),
    ]
    DEFAULT_CSS = "ButtonDialog > #box { width: 62; border: round $warning; padding: 1 2; }"

    def __init__(self, question: str, answers: Mapping[str, tuple[str, ButtonVariant, T]]) -> None:
        super().__init__()
        self._question, self._answers = question, answers

    def compose_box(self) -> ComposeResult:
        """Yield the question and the buttons."""
        yield Static(Content(self._question))
        with Horizontal(classes="answers"):
            for name, (label, variant, _) in self._answers.items():
                yield Button(label, id=name, variant=variant, compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the result of the button."""
        self.dismiss(self._answers[str(event.button.id)][2])


class ConfirmDialog(ButtonDialog[bool]):
    """A question before an action that cannot be undone."""

    BINDINGS = [
        Binding("escape,n", "dismiss(False)", "No"),
        Binding("y", "dismiss(True)", "Yes"),
    ]

    def __init__(self, question: str, yes: str, no: str = "Cancel") -> None:
        super().__init__(question, {"no": (no, "default", False), "yes": (yes, "error", True)})
