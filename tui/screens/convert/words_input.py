"""An input for words."""

from textual import events
from textual.widgets import Input


class WordsInput(Input):
    """An input for a pasted list, whose lines, columns and spaces separate words."""

    def on_paste(self, event: events.Paste) -> None:
        """Insert every line of a pasted text; Textual's handler inserts the first one only."""
        event.prevent_default()
        event.stop()
        pasted = " ".join(event.text.split())
        before = self.value[: self.selection.start]
        space = " " if pasted and before and not before.endswith(" ") and " " in pasted else ""
        self.replace(space + pasted, *self.selection)
