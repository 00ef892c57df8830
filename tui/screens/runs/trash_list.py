"""The deleted runs: each can be put back, all can be done away with."""

import time
from collections.abc import Sequence

from textual.binding import Binding

from core.catalogue.trash import Discarded
from tui.text.format import ago
from tui.widgets.choice_dialog import ChooseOne

EMPTY = "empty"


class TrashList(ChooseOne):
    """Asks which run to put back; the result is its number, `EMPTY` for none ever, or None."""

    BINDINGS = [Binding("x", "empty", "Empty the trash")]

    def __init__(self, runs: Sequence[Discarded]) -> None:
        names = [f"{run.name}  deleted {ago(time.time() - run.time)} ago" for run in runs]
        super().__init__(
            "Deleted runs",
            [(str(number), name) for number, name in enumerate(names)],
            keys="Enter puts one back, x deletes all for good, Esc leaves them",
        )

    def action_empty(self) -> None:
        """Answer that all shall go."""
        self.dismiss(EMPTY)
