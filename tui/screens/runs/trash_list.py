"""The list of deleted runs, to restore one or to delete all for good."""

import time
from collections.abc import Sequence

from textual.binding import Binding

from core.catalogue.trash import Discarded
from tui.text.format import ago
from tui.widgets.choice_dialog import ChooseOne

EMPTY = "empty"


class TrashList(ChooseOne):
    """The result is the number of the run to restore, or `EMPTY` to delete all for good."""

    BINDINGS = [Binding("x", f"dismiss({EMPTY!r})", "Empty the trash")]

    def __init__(self, runs: Sequence[Discarded]) -> None:
        names = [f"{run.name}  deleted {ago(time.time() - run.time)} ago" for run in runs]
        super().__init__(
            "Deleted runs",
            [(str(number), name) for number, name in enumerate(names)],
            keys="Enter restores one, x deletes all for good, Esc leaves them",
        )
