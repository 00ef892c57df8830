"""The convert screen: a word in, all its tenses out, as one types."""

from os.path import commonprefix

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import DataTable, Input, Label, Select, Static
from textual.worker import get_current_worker

from core.errors import CvaeError
from core.runs.directory import RunDirectory
from tui.harmless import harmless
from tui.widgets.model_picker import ModelPicker
from tui.widgets.room import Room


class ConvertScreen(Room):
    """Choose a model, type words, see every tense of each."""

    ROOM = "convert"
    CSS_PATH = "convert.tcss"
    HELP = """\
Type one word or several, and say which tense they are in: each row is a word, each column a
tense. Forms that the training corpus knows are checked against it: ✓ right, ✗ with what would
have been right; a word that it does not know is unseen.
"""

    def compose_room(self) -> ComposeResult:
        """Model, word and tense, forms."""
        yield ModelPicker()
        with Horizontal(id="ask"):
            yield Label("Word")
            yield Input(placeholder="type a word, for example access", compact=True, id="word")
            yield Label("is")
            yield Select[int]([], prompt="tense", compact=True, id="tense")
        yield Static(id="message", markup=False)
        yield DataTable[Text](id="forms", cursor_type="row", zebra_stripes=True)

    def on_screen_resume(self) -> None:
        """Offer what there is by now."""
        self.query_one(ModelPicker).offer(self.host.runs_dir, self.host.viewed)
        if not self.query_one(ModelPicker).picked:
            self._say("Train a model first: no run has a checkpoint yet.")
        self.query_one("#word").focus()

    @on(ModelPicker.Picked)
    def _offer_tenses(self, event: ModelPicker.Picked) -> None:
        try:
            conditions = event.directory.vocabulary().conditions
        except CvaeError as error:
            self._say(str(error), wrong=True)
            return
        tense = self.query_one("#tense", Select)
        options = [(Content(harmless(name)), index) for index, name in enumerate(conditions)]
        chosen = tense.value if isinstance(tense.value, int) else 0
        with self.prevent(Select.Changed):
            tense.set_options(options)
            tense.value = chosen if chosen < len(conditions) else 0
        self._convert()

    @on(Input.Changed, "#word")
    @on(Select.Changed, "#tense")
    def _convert(self) -> None:
        words = self.query_one("#word", Input).value.split()
        tense = self.query_one("#tense", Select).value
        picked = self.query_one(ModelPicker).picked
        if not words or not picked or not isinstance(tense, int):
            self.query_one(DataTable).clear()
            self._say("" if picked else "Train a model first: no run has a checkpoint yet.")
            return
        self._compute(*picked, words, tense)

    @work(thread=True, exclusive=True, group="convert")
    def _compute(
        self, directory: RunDirectory, checkpoint: str, words: list[str], tense: int
    ) -> None:
        worker = get_current_worker()
        try:
            model = self.host.models.load(directory, checkpoint)
            conditions = model.vocabulary.conditions
            for word in words:
                model.vocabulary.encode(word)
            count = len(conditions)
            forms = model.convert(
                [word for word in words for _ in conditions],
                [tense] * (len(words) * count),
                list(range(count)) * len(words),
            )
            known = {
                paradigm.forms[tense]: paradigm.forms
                for paradigm in reversed(directory.corpus().paradigms)
            }
        except CvaeError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._say, str(error), wrong=True)
            return
        rows = [
            (word, forms[i * count : (i + 1) * count], known.get(word))
            for i, word in enumerate(words)
        ]
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show, conditions, rows)

    def _show(
        self,
        conditions: tuple[str, ...],
        rows: list[tuple[str, list[str], tuple[str, ...] | None]],
    ) -> None:
        """One word: a row for each tense. Several: a row for each word."""
        self._say("")
        table = self.query_one(DataTable)
        table.clear(columns=True)
        if len(rows) == 1:
            ((word, forms, expected),) = rows
            table.add_columns("tense", "form", "corpus")
            for index, (condition, form) in enumerate(zip(conditions, forms, strict=True)):
                table.add_row(
                    Text(harmless(condition)),
                    _changed(word, form),
                    _verdict(form, expected[index] if expected else None),
                )
            return
        table.add_columns("word", *(harmless(condition) for condition in conditions), "corpus")
        for word, forms, expected in rows:
            verdict = Text("unseen", "dim")
            if expected:
                right = sum(form == wanted for form, wanted in zip(forms, expected, strict=True))
                verdict = Text(f"{right} of {len(forms)} right")
            table.add_row(Text(harmless(word)), *(_changed(word, form) for form in forms), verdict)

    def _say(self, message: str, wrong: bool = False) -> None:
        line = self.query_one("#message", Static)
        line.set_class(wrong, "wrong")
        line.update(Content(harmless(message)))


def _changed(source: str, form: str) -> Text:
    shared = len(commonprefix([source, form]))  # noqa: RUF071
    return Text.assemble(harmless(form[:shared]), (harmless(form[shared:]), "bold"))


def _verdict(form: str, expected: str | None) -> Text:
    if expected is None:
        return Text("unseen", "dim")
    if form == expected:
        return Text("✓ right", "green")
    return Text(f"✗ {harmless(expected)}", "red")
