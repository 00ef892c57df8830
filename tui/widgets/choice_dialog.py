"""Questions that are answered by picking from a list."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from core.text import printable
from tui.widgets.dialog import Dialog, T
from tui.widgets.message_line import MessageLine

Options = Sequence[tuple[str, str]]
"""Name and text of each option."""


class ListDialog(Dialog[T]):
    """A question, a list of options, and a line on the keys."""

    DEFAULT_CSS = """
    ListDialog {
        OptionList, OptionList:focus { height: auto; max-height: 14; margin: 1 0; border: none; }
    }
    """

    def __init__(self, question: str, answers: OptionList, keys: str) -> None:
        super().__init__()
        self._question, self._answers, self._keys = question, answers, keys

    def compose_box(self) -> ComposeResult:
        """Yield the question, the list and the keys."""
        yield Static(Content(printable(self._question)))
        yield self._answers
        yield MessageLine(self._keys, id="keys")


class ChooseOne(ListDialog[str]):
    """A question with one answer. The result is the name of the option."""

    def __init__(
        self,
        question: str,
        options: Options,
        chosen: str | None = None,
        keys: str = "Enter picks, Esc cancels",
    ) -> None:
        self._names = [name for name, _ in options]
        answers = OptionList(
            *(Option(Content(printable(text)), id=name or None) for name, text in options)
        )
        answers.highlighted = self._names.index(chosen) if chosen in self._names else 0
        super().__init__(question, answers, keys)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with the selected option."""
        event.stop()
        self.dismiss(self._names[event.option_index])


class ChooseSome(ListDialog[list[str]]):
    """A question with several answers, up to a number. The result is the names of the options.

    The current answers come first.
    """

    BINDINGS = [Binding("enter", "take", "Take these", priority=True)]

    def __init__(
        self, question: str, options: Options, chosen: Sequence[str], at_most: int
    ) -> None:
        options = sorted(options, key=lambda option: option[0] not in chosen)
        self._names, self._at_most = [name for name, _ in options], at_most
        answers = SelectionList[str](
            *(Selection(Content(printable(text)), name, name in chosen) for name, text in options)
        )
        keys = "Space picks, Enter accepts, Esc cancels"
        super().__init__(f"{question}, up to {at_most}", answers, keys)

    def action_take(self) -> None:
        """Close with the selected options, unless there are too many."""
        picked = set(self.query_one(SelectionList).selected)
        if len(picked) > self._at_most:
            message = f"{len(picked)} are picked: too many to tell apart. Pick {self._at_most}."
            self.query_one(MessageLine).show(message, wrong=True)
        else:
            self.dismiss([name for name in self._names if name in picked])
