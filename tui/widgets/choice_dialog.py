"""Questions that are answered by picking from a list."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from core.text import printable

STYLE = """
    align: center middle;
    & > Vertical {
        width: 66;
        max-width: 90%;
        height: auto;
        max-height: 90%;
        border: round $accent;
        background: $surface;
        padding: 0 1;
    }
    OptionList, SelectionList { height: auto; max-height: 14; margin: 1 0; border: none; }
    #keys { color: $text-muted; &.wrong { color: $text-error; } }
"""

Options = Sequence[tuple[str, str]]
"""The name and the text of each."""


class ChooseOne(ModalScreen[str | None]):
    """Asks for one of several answers; the result is its name, None when nothing was picked."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]
    DEFAULT_CSS = "ChooseOne {" + STYLE + "}"

    def __init__(
        self,
        question: str,
        options: Options,
        chosen: str | None = None,
        keys: str = "Enter picks, Esc cancels",
    ) -> None:
        super().__init__()
        self._question, self._options, self._chosen = question, options, chosen
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The question, its answers, and how to answer."""
        names = [name for name, _ in self._options]
        with Vertical():
            yield Static(Content(printable(self._question)))
            answers = OptionList(
                *(Option(Content(printable(text)), id=name or None) for name, text in self._options)
            )
            answers.highlighted = names.index(self._chosen) if self._chosen in names else 0
            yield answers
            yield Static(self._keys, id="keys", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        event.stop()
        self.dismiss(self._options[event.option_index][0])


class ChooseSome(ModalScreen[list[str] | None]):
    """Asks for some of several answers, up to a number; those picked before come first.

    The result is their names, None when nothing is to change.
    """

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("enter", "take", "Take these", priority=True),
    ]
    DEFAULT_CSS = "ChooseSome {" + STYLE + "}"

    def __init__(
        self, question: str, options: Options, chosen: Sequence[str], at_most: int
    ) -> None:
        super().__init__()
        self._question, self._chosen, self._at_most = question, chosen, at_most
        self._options = sorted(options, key=lambda option: option[0] not in chosen)

    def compose(self) -> ComposeResult:
        """The question, its answers, and how to answer."""
        with Vertical():
            yield Static(Content(printable(f"{self._question}, up to {self._at_most}")))
            yield SelectionList[str](
                *(
                    Selection(Content(printable(text)), name, name in self._chosen)
                    for name, text in self._options
                )
            )
            yield Static("Space picks, Enter accepts, Esc cancels", id="keys", markup=False)

    def action_take(self) -> None:
        """Answer, unless too many are picked."""
        picked = set(self.query_one(SelectionList).selected)
        if len(picked) > self._at_most:
            line = self.query_one("#keys", Static)
            line.update(f"{len(picked)} are picked; up to {self._at_most} can be told apart.")
            line.add_class("wrong")
        else:
            self.dismiss([name for name, _ in self._options if name in picked])
