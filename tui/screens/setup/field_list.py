"""List of settings by section: a line each, with value and accepted values."""

import contextlib
from dataclasses import dataclass

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option, OptionDoesNotExist

from core.config.fields import Field, field, fields, sections
from core.text import printable
from tui.screens.setup.draft import Draft, label

NAME_WIDTH, VALUE_WIDTH = 24, 22
ROOM_FOR_NOTES = 70
"""The least number of columns for the accepted values."""


@dataclass
class Changed(Message):
    """The text of a setting was changed in the draft."""

    field: Field


class FieldList(OptionList):
    """The settings of a draft."""

    BINDINGS = [
        Binding("enter", "select", "Edit", show=False),
        Binding("left", "turn(-1)", "Previous choice", show=False),
        Binding("right,space", "turn(1)", "Next choice", show=False),
    ]
    DEFAULT_CSS = """
    FieldList {
        border: none;
        padding: 0 1;
        height: 1fr;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        background: $background;
        &:focus { border: none; background: $background; background-tint: transparent; }
        & > .option-list--option-disabled { color: $text-accent; text-style: bold; }
    }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(markup=False)
        self._draft = draft

    @property
    def field(self) -> Field | None:
        """The highlighted setting."""
        option = self.highlighted_option
        return field(option.id) if option and option.id else None

    def show(self, found: list[Field]) -> None:
        """List these settings; keep the highlighted one where it is among them."""
        field, options = self.field, list[Option]()
        for section, about in sections().items():
            here = [one for one in found if one.section == section]
            if here:
                title = f"{section.replace('_', ' ').capitalize()}: {about}"
                options.append(Option(Content(title), disabled=True))
            options += [Option(self._line(one), id=one.key) for one in here]
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            self.add_options(options)
            at = [option.id for option in options].index(field.key) if field in found else 1
            self.highlighted = at if found else None
        if self.highlighted is not None:
            option = self.options[self.highlighted]
            self.post_message(self.OptionHighlighted(self, option, self.highlighted))

    def draw_again(self, field: Field | None = None) -> None:
        """Draw a setting anew, or all."""
        for one in [field] if field else fields():
            with contextlib.suppress(OptionDoesNotExist):
                self.replace_option_prompt(one.key, self._line(one))

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.draw_again()

    def action_turn(self, by: int) -> None:
        """Take the next or the previous choice of the highlighted setting."""
        field = self.field
        if field and (there := choices(field)):
            at = there.index(self._draft.text(field)) + by
            self._draft.type(field, there[at % len(there)])
            self.post_message(Changed(field))

    def _line(self, field: Field) -> Content:
        """Compose mark, name, value, and accepted values."""
        wrong, differs = self._draft.problem(field), self._draft.differs(field)
        mark, style = ("✗", "$text-error") if wrong else ("*", "bold") if differs else ("·", "")
        value = printable(self._draft.text(field))
        if len(value) > VALUE_WIDTH:
            value = "…" + value[1 - VALUE_WIDTH :]
        note = f"  {field.accepts}" if self.size.width >= ROOM_FOR_NOTES else ""
        return Content.assemble(
            (f"{mark} ", style or "dim"),
            (f"{label(field):<{NAME_WIDTH}}{value:<{VALUE_WIDTH}}", style),
            (note, "dim"),
        )


def choices(field: Field) -> tuple[str, ...]:
    """Return the values of a setting with few; nothing for other settings."""
    return ("true", "false") if field.type is bool else field.choices
