"""A line for words that takes a pasted list."""

from textual import events
from textual.widgets import Input


class WordsInput(Input):
    """An input whose pasted lines, columns and spaces all separate words."""

    def _on_paste(self, event: events.Paste) -> None:
        # Textual's own takes the first line of what is pasted and drops the others.
        event.prevent_default()
        event.stop()
        pasted = " ".join(event.text.split())
        before = self.value[: self.selection.start]
        space = " " if pasted and before and not before.endswith(" ") and " " in pasted else ""
        self.replace(space + pasted, *self.selection)
