"""One setting in one line: its name, its value, what it accepts or what is wrong."""

from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import DescendantFocus
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Select, Static

from core.errors import InputError
from core.fields import Field
from data import corpora


class FieldEditor(Horizontal):
    """Edits one field of the configuration; checks as one types."""

    DEFAULT_CSS = """
    FieldEditor {
        height: 1;
        .name { width: 24; padding-left: 2; }
        Input, Select { width: 24; }
        Input { background: $surface; &:focus { background: $panel; } }
        .note { width: 1fr; padding-left: 2; color: $text-muted; text-wrap: nowrap;
                text-overflow: ellipsis; }
        .note.wrong { color: $text-error; }
    }
    """

    @dataclass
    class Changed(Message):
        """The text of the field was changed."""

    @dataclass
    class Focused(Message):
        """The field came into focus."""

    def __init__(self, known: Field) -> None:
        super().__init__()
        self.known = known

    def compose(self) -> ComposeResult:
        """Name, editor, note."""
        known = self.known
        choices = ("true", "false") if known.type is bool else known.choices
        yield Label(known.name.replace("_", " "), classes="name", markup=False)
        if choices:
            yield Select(
                [(choice, choice) for choice in choices],
                value=_text(known.default),
                allow_blank=False,
                compact=True,
            )
        else:
            suggester = SuggestFromList(corpora()) if known.key == "data.corpus" else None
            yield Input(_text(known.default), compact=True, suggester=suggester)
        yield Static(known.accepts, classes="note", markup=False)

    @property
    def text(self) -> str:
        """The value as typed."""
        editor = self.query_one("Input, Select")
        return str(editor.value) if isinstance(editor, Input | Select) else ""

    def value(self) -> bool | int | float | str:
        """The value that the text stands for.

        Raises InputError when the field does not accept it.
        """
        parsed = self.known.parse(self.text)
        if self.known.key == "data.corpus":
            _check_file("data.corpus", str(parsed), ", ".join(corpora()) + ", or a file")
        if self.known.key == "data.pairs" and parsed:
            _check_file("data.pairs", str(parsed), "a file, or nothing")
        return parsed

    def set_value(self, value: bool | int | float | str) -> None:
        """Show a value."""
        editor = self.query_one("Input, Select")
        if isinstance(editor, Input | Select):
            editor.value = _text(value)

    def mark(self, base: bool | int | float | str) -> None:
        """Show whether the value holds, and whether it differs from that of the preset."""
        note, label = self.query_one(".note", Static), self.query_one(".name", Label)
        name, wrong, differs = self.known.name.replace("_", " "), "", True
        try:
            differs = self.value() != base
        except InputError as error:
            wrong = str(error).partition(": ")[2]
        note.set_class(bool(wrong), "wrong")
        note.update(Content(wrong or self.known.accepts))
        label.update(Content.styled(f"{name} *", "bold") if differs else Content(name))

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Changed())

    @on(DescendantFocus)
    def _focused(self) -> None:
        self.post_message(self.Focused())


def _text(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_file(key: str, name: str, accepted: str) -> None:
    if name not in corpora() and not Path(name).expanduser().is_file():
        raise InputError(f"{key}: there is no {name!r}; accepted: {accepted}")
