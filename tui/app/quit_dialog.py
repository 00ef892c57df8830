"""The question on leaving the app while a training runs."""

from typing import Literal

from textual.binding import Binding

from tui.widgets.confirm_dialog import ButtonDialog

Answer = Literal["keep", "stop", "stay"]

QUESTION = """\
A training is running.

 k   keep it training in the background, and leave
 s   stop it with a checkpoint, from which it can be resumed
 n   stay here
"""


class QuitDialog(ButtonDialog[Answer]):
    """The choice between keeping the training, stopping it, and staying."""

    BINDINGS = [
        Binding("k", "dismiss('keep')", "Keep training"),
        Binding("s,y", "dismiss('stop')", "Stop and leave"),
        Binding("escape,n", "dismiss('stay')", "Stay"),
    ]

    def __init__(self) -> None:
        super().__init__(
            QUESTION,
            {
                "stay": ("Stay", "default", "stay"),
                "stop": ("Stop and leave", "warning", "stop"),
                "keep": ("Keep training", "primary", "keep"),
            },
        )
