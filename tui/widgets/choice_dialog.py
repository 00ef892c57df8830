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

    def __init__(self, question: str, keys: str) -> None:
        super().__init__()
        self._question, self._keys = question, keys

    def compose_box(self) -> ComposeResult:
        """Yield the question, the list and the keys."""
        yield Static(Content(printable(self._question)))
        yield self.options()
        yield MessageLine(self._keys, id="keys")

    def options(self) -> OptionList | SelectionList[str]:
        """Create the list."""
        raise NotImplementedError


class ChooseOne(ListDialog[str]):
    """A question with one answer. The result is the name of the option."""

    def __init__(
        self,
        question: str,
        options: Options,
        chosen: str | None = None,
        keys: str = "Enter picks, Esc cancels",
    ) -> None:
        super().__init__(question, keys)
        self._options, self._chosen = options, chosen

    def options(self) -> OptionList:
        """Create the list, with the cursor on the current answer."""
        names = [name for name, _ in self._options]
        answers = OptionList(
            *(Option(Content(printable(text)), id=name or None) for name, text in self._options)
        )
        answers.highlighted = names.index(self._chosen) if self._chosen in names else 0
        return answers

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with the selected option."""
        event.stop()
        self.dismiss(self._options[event.option_index][0])


class ChooseSome(ListDialog[list[str]]):
    """A question with several answers, up to a number. The result is the names of the options.

    The current answers come first.
    """

    BINDINGS = [Binding("enter", "take", "Take these", priority=True)]

    def __init__(
        self, question: str, options: Options, chosen: Sequence[str], at_most: int
    ) -> None:
        super().__init__(f"{question}, up to {at_most}", "Space picks, Enter accepts, Esc cancels")
        self._chosen, self._at_most = chosen, at_most
        self._options = sorted(options, key=lambda option: option[0] not in chosen)

    def options(self) -> SelectionList[str]:
        """Create the list, with the current answers selected."""
        return SelectionList[str](
            *(
                Selection(Content(printable(text)), name, name in self._chosen)
                for name, text in self._options
            )
        )

    def action_take(self) -> None:
        """Close with the selected options, unless there are too many."""
        picked = set(self.query_one(SelectionList).selected)
        if len(picked) > self._at_most:
            message = f"{len(picked)} are picked: too many to tell apart. Pick {self._at_most}."
            self.query_one(MessageLine).show(message, wrong=True)
        else:
            self.dismiss([name for name, _ in self._options if name in picked])
