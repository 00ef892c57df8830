"""Saving a table as TSV."""

from collections.abc import Sequence
from pathlib import Path

from textual import events, on, work
from textual.app import ComposeResult
from textual.widgets import Input, Label

from core.errors import InputError
from core.files import path_of, replacing
from tui.widgets.dialog import Dialog
from tui.widgets.message_line import MessageLine

Rows = Sequence[Sequence[str]]


class SaveDialog(Dialog[Path]):
    """A path to save a table at. The result is the path of the saved file.

    An existing file is replaced only after a second Enter.
    """

    DEFAULT_CSS = "SaveDialog Input { margin: 1 0; }"

    def __init__(self, name: str, columns: Sequence[str], rows: Rows) -> None:
        super().__init__()
        self._suggested, self._columns, self._rows = name, columns, rows
        self._replaced: Path | None = None

    def compose_box(self) -> ComposeResult:
        """Yield the question, the path and the message."""
        count = len(self._rows)
        yield Label(f"Save {count:,} row{'s' * (count != 1)} as TSV to", markup=False)
        yield Input(self._suggested, compact=True, id="path")
        yield MessageLine(id="saving")

    @on(events.Mount)
    @on(Input.Changed, "#path")
    def _forget(self) -> None:
        self._replaced = None
        self._say(f"Enter saves, Escape does not. Relative to {Path.cwd()}.")

    @on(Input.Submitted, "#path")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip():
            self._say("The path is empty. Type the path of a file.", wrong=True)
            return
        path = path_of(event.value.strip())
        try:
            there = path.exists() and not path.is_dir()
        except (OSError, ValueError):
            there = False
        if there and path != self._replaced:
            self._replaced = path
            self._say(f"{path} exists. Enter again replaces it.", wrong=True)
        else:
            self._write(path)

    @work(thread=True, exclusive=True)
    def _write(self, path: Path) -> None:
        try:
            write_table(path, self._columns, self._rows)
        except InputError as error:
            self.app.call_from_thread(self._say, str(error), wrong=True)
        else:
            self.app.call_from_thread(self._saved, path)

    def _saved(self, path: Path) -> None:
        self.app.notify(f"Saved to {path}", markup=False)
        self.dismiss(path)

    def _say(self, message: str, wrong: bool = False) -> None:
        # The dialog may be closed by the time that the disk answers.
        if self.is_attached:
            self.query_one(MessageLine).show(message, wrong)


def write_table(path: Path, columns: Sequence[str], rows: Rows) -> None:
    """Write rows of text as TSV with a header, in UTF-8.

    Raises InputError when the file cannot be written.
    """
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder. Give the path of a file")
    try:
        with replacing(path) as file:
            lines = ("\t".join(cells) + "\n" for cells in (columns, *rows))
            file.write_text("".join(lines), encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise InputError(f"cannot write {path}: {reason}") from None
