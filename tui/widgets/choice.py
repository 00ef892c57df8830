"""Asks for one of several things, or for some of them."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, SelectionList
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from tui.harmless import harmless

STYLE = """
    align: center middle;
    & > OptionList, & > SelectionList {
        width: 60;
        max-width: 90%;
        height: auto;
        max-height: 80%;
        border: round $primary;
        background: $surface;
    }
"""


class ChooseOne(ModalScreen[str]):
    """A list of which one is chosen; empty when none was."""

    BINDINGS = [Binding("escape", "dismiss('')", "Cancel")]
    DEFAULT_CSS = "ChooseOne {" + STYLE + "}"

    def __init__(self, title: str, options: Sequence[tuple[str, str]], chosen: str = "") -> None:
        super().__init__()
        self._title, self._options, self._chosen = title, options, chosen

    def compose(self) -> ComposeResult:
        """The list."""
        options = [Option(Content(harmless(text)), id=name) for name, text in self._options]
        names = [name for name, _ in self._options]
        choice = OptionList(*options)
        choice.border_title = self._title
        choice.highlighted = names.index(self._chosen) if self._chosen in names else 0
        yield choice

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id or "")


class ChooseSome(ModalScreen[list[str] | None]):
    """A list of which some are chosen with space; Enter takes them, Escape changes nothing."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("enter", "take", "Take these", priority=True),
    ]
    DEFAULT_CSS = "ChooseSome {" + STYLE + "}"

    def __init__(
        self, title: str, options: Sequence[tuple[str, str]], chosen: Sequence[str], at_most: int
    ) -> None:
        super().__init__()
        self._title, self._options, self._chosen = title, options, chosen
        self._at_most = at_most

    def compose(self) -> ComposeResult:
        """The list."""
        choice = SelectionList[str](
            *(
                Selection(Content(harmless(text)), name, name in self._chosen)
                for name, text in self._options
            )
        )
        choice.border_title = self._title
        choice.border_subtitle = f"space marks, at most {self._at_most}; Enter shows them"
        yield choice

    def action_take(self) -> None:
        """Answer with what is marked."""
        marked = list(self.query_one(SelectionList).selected)
        if len(marked) > self._at_most:
            self.notify(f"{len(marked)} are marked; at most {self._at_most} can be told apart.")
        else:
            self.dismiss(marked)
