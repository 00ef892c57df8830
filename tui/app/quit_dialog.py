"""What is to become of a training when the app is left."""

from typing import Literal

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

Answer = Literal["keep", "stop", "stay"]

QUESTION = """\
A training is under way.

 k   keep it training in the background, and leave
 s   stop it with a checkpoint, from which it can go on
 n   stay here
"""


class QuitDialog(ModalScreen[Answer]):
    """Asks on leaving while a training is under way. Staying has the focus."""

    BINDINGS = [
        Binding("k", "answer('keep')", "Keep training"),
        Binding("s,y", "answer('stop')", "Stop and leave"),
        Binding("escape,n", "answer('stay')", "Stay"),
        Binding("right", "app.focus_next", "Next answer", show=False),
        Binding("left", "app.focus_previous", "Previous answer", show=False),
    ]
    DEFAULT_CSS = """
    QuitDialog {
        align: center middle;
        & > Vertical {
            width: 62;
            max-width: 90%;
            height: auto;
            max-height: 100%;
            border: round $warning;
            background: $surface;
            padding: 1 2;
        }
        Horizontal { height: auto; align-horizontal: right; }
        Button { margin-left: 2; }
    }
    """

    def compose(self) -> ComposeResult:
        """The question and its three answers."""
        with Vertical():
            yield Static(Content(QUESTION))
            with Horizontal():
                yield Button("Stay", id="stay", compact=True)
                yield Button("Stop and leave", id="stop", variant="warning", compact=True)
                yield Button("Keep training", id="keep", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Put the focus on the answer that changes nothing."""
        self.query_one("#stay").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer by a button."""
        answers: dict[str | None, Answer] = {"keep": "keep", "stop": "stop"}
        self.dismiss(answers.get(event.button.id, "stay"))

    def action_answer(self, answer: Answer) -> None:
        """Answer by a key."""
        self.dismiss(answer)
