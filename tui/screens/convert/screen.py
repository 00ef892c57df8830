"""The Convert screen: every tense of a word, as it is typed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import DataTable, Input, Label, Select, Static

from core.corpus.formats import TENSE_ABBREVIATIONS
from core.corpus.vocabulary import Vocabulary
from core.errors import CvaeError, InputError
from core.runs.directory import RunDirectory
from core.text import printable
from tui.screens.base import AUTO, NO_MODEL, ModelScreen, headings
from tui.screens.convert.converted import (
    LEGEND,
    Converted,
    expectations,
    least_sure,
    spelt,
    verdict,
    verdict_of_all,
)
from tui.widgets.message_line import MessageLine
from tui.widgets.model_picker import ModelPicker
from tui.widgets.save_dialog import SaveDialog

SHOWN = 500
Picked = tuple[RunDirectory, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Converted words, with the names of their tenses and models."""

    conditions: tuple[str, ...] = ()
    rows: Sequence[Converted] = ()
    models: Sequence[str] = ()


NOTHING = Table()


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


class ConvertScreen(ModelScreen):
    """A model, words, and every tense of each."""

    MODE = "convert"
    CSS_PATH = "screen.tcss"
    HELP = """\
Type one word or several, or paste a list, and choose their tense. With *auto*, each word is read in
the tense in which the model finds it likeliest.

Underlined characters had a probability under 0.9, reversed characters under 0.5. A dot after a form
stands for its end. The column *sure* shows the least likely character of the form.

Forms are checked against the corpus of the run: ✓ is right; ✗ is followed by the right form, and by
the split where the word was not trained on. A word that is not in the corpus is *unseen*.

A second model is shown beside the first; ≠ marks forms that differ.
"""
    BINDINGS = [
        Binding("ctrl+o", "compare", "Second model"),
        Binding("ctrl+s", "save", "Save as TSV"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found = NOTHING
        self._waiting: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the model, a second model, words and tense, and the table of forms."""
        yield ModelPicker(id="model")
        yield ModelPicker("Second", id="second")
        with Horizontal(id="words", classes="fields"):
            yield Label("Word")
            yield WordsInput(placeholder="type a word, for example access", compact=True, id="word")
            yield Label("is")
            yield Select[int]([], prompt="tense", compact=True, id="tense")
        yield MessageLine(id="message")
        yield DataTable[Text](id="forms", cursor_type="row", zebra_stripes=True)
        yield Static(LEGEND, id="legend", classes="line quiet", markup=False)

    def on_screen_resume(self) -> None:
        """Put the focus on the words."""
        self.query_one("#word").focus()

    def action_compare(self) -> None:
        """Show or hide a second model."""
        second = self.query_one("#second", ModelPicker)
        second.display = not second.display
        if second.display:
            second.query_one("#run").focus()
        self._convert()

    def action_save(self) -> None:
        """Save the forms as TSV."""
        if not self._found.rows:
            self.message.show("There is nothing to save yet. Type a word.")
            return
        columns = ("model", "word", "source_tense", *self._found.conditions, "least_sure", "corpus")
        rows = [
            (
                model,
                one.word,
                self._found.conditions[one.source],
                *(form.word for form in forms),
                f"{min(form.least_sure[1] for form in forms):.4f}",
                "unseen" if one.expected is None else f"{one.right(forms)}/{len(forms)}",
            )
            for one in self._found.rows
            for model, forms in zip(self._found.models, one.forms, strict=True)
        ]
        self.app.push_screen(SaveDialog("converted.tsv", columns, rows))

    @on(ModelPicker.Picked)
    def _offer_tenses(self) -> None:
        if self.picker.picked:
            try:
                conditions = self.picker.picked[0].vocabulary().conditions
            except CvaeError as error:
                self.fail(str(error))
                return
            self.offer_tenses(self.query_one("#tense", Select), conditions, default=0)
            self._convert()

    @on(Input.Changed, "#word")
    @on(Select.Changed, "#tense")
    def _convert(self) -> None:
        words = self.query_one("#word", Input).value.split()
        tense = self.query_one("#tense", Select).value
        picked = self.picker.picked
        second = self.query_one("#second", ModelPicker)
        if not words or not picked or not isinstance(tense, int):
            self.workers.cancel_group(self, "convert")
            self._show(NOTHING, "" if picked else NO_MODEL)
            return
        self._stop_waiting()
        self._waiting = self.set_timer(0.2, lambda: self.message.show("Converting ..."))
        models = [picked, *([second.picked] if second.display and second.picked else [])]
        self.compute(
            "convert",
            lambda cancelled: self._inflected(models, words, tense, cancelled),
            lambda found: self._show(*found),
        )

    def _inflected(
        self, models: list[Picked], words: list[str], tense: int, cancelled: Callable[[], bool]
    ) -> tuple[Table, str, bool]:
        """Return the forms of the words, a message, and True where the message is an error."""
        loaded = [self.host.models.load(*model).watched(cancelled=cancelled) for model in models]
        first = loaded[0]
        conditions = first.vocabulary.conditions
        for (directory, _), model in zip(models, loaded, strict=True):
            if model.vocabulary.conditions != conditions:
                raise InputError(
                    f"cannot compare {directory.name} with {models[0][0].name}: its tenses are "
                    f"{', '.join(model.vocabulary.conditions)}"
                )
        spellable, problem = _spellable(words, [model.vocabulary for model in loaded])
        sources = (
            first.likeliest_conditions(spellable) if tense == AUTO else [tense] * len(spellable)
        )
        forms = zip(*(model.inflect(spellable, sources) for model in loaded), strict=True)
        expected = expectations(self.host.models.corpus(models[0][0]).paradigms, spellable, sources)
        rows = [*map(Converted, spellable, sources, forms, expected)]
        summary = _summary(rows)
        if tense == AUTO and len(rows) == 1:
            summary = f"Read as {conditions[rows[0].source]}."
        names = [f"{directory.name}/{checkpoint}" for directory, checkpoint in models]
        return Table(conditions, rows, names), problem + summary, bool(problem)

    def fail(self, message: str) -> None:
        """Show why words were not converted."""
        self._show(NOTHING, message, wrong=True)

    def _show(self, found: Table, message: str, wrong: bool = False) -> None:
        """Show one word with a row for each tense, or several with a row for each word."""
        self._stop_waiting()
        self._found = found
        self.message.show(message, wrong)
        table = self.query_one(DataTable)
        table.clear(columns=True)
        self.query_one("#legend").display = bool(found.rows)
        if len(found.rows) == 1:
            self._show_one(table, found.rows[0])
        elif found.rows:
            self._show_many(table, found.rows[:SHOWN])

    def _show_one(self, table: DataTable[Text], one: Converted) -> None:
        table.header_height = 1
        titles = ("tense", "form", "sure", "second", "sure")[: 1 + 2 * len(one.forms)]
        table.add_columns(*titles, "corpus")
        for index, condition in enumerate(self._found.conditions):
            cells = [Text(printable(condition))]
            for number, forms in enumerate(one.forms):
                mark = "" if number == 0 else "≠ " if one.differs(index) else "  "
                cells.append(Text(mark) + spelt(one.word, forms[index]))
                cells.append(least_sure(forms[index]))
            table.add_row(*cells, verdict(one, index))

    def _show_many(self, table: DataTable[Text], rows: Sequence[Converted]) -> None:
        table.header_height = 2
        table.add_columns("word", "sure", "corpus", *headings(self._found.conditions))
        shorter = {name: short for short, name in TENSE_ABBREVIATIONS.items()}
        for one in rows:
            condition = self._found.conditions[one.source]
            read = printable(shorter.get(condition, condition))
            head = Text.assemble(printable(one.word), (f" {read}", "dim"))
            for number, forms in enumerate(one.forms):
                cells = []
                for index, form in enumerate(forms):
                    mark = "✗" * (one.is_right(index, form) is False)
                    mark += "≠" * (number == 1 and one.differs(index))
                    cells.append(Text(f"{mark} " if mark else "") + spelt(one.word, form))
                least = min(forms, key=lambda form: form.least_sure[1])
                table.add_row(head, least_sure(least), verdict_of_all(one, forms), *cells)
                head = Text("↳ second", "dim")

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting.stop()


def _spellable(words: list[str], vocabularies: list[Vocabulary]) -> tuple[list[str], str]:
    """Return the words that every vocabulary can spell, and the problem with the others."""
    spellable, problems = [], []
    for word in words:
        try:
            for vocabulary in vocabularies:
                vocabulary.encode(word)
        except InputError as error:
            problems.append(str(error))
        else:
            spellable.append(word)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return spellable, f"{problems[0]}{more}. " if problems else ""


def _summary(rows: Sequence[Converted]) -> str:
    """Summarize several words: unseen words, right forms, and forms that differ."""
    if len(rows) < 2:
        return ""
    known = [one for one in rows if one.expected is not None]
    parts = [f"{len(rows):,} words, {len(rows) - len(known):,} unseen"]
    models, conditions = len(rows[0].forms), range(len(rows[0].forms[0]))
    for number, name in enumerate(("", "second model ")[:models]):
        right = sum(one.right(one.forms[number]) for one in known)
        parts.append(f"{name}{right:,} of {len(known) * len(conditions):,} forms right")
    if models > 1:
        parts.append(f"{sum(any(map(one.differs, conditions)) for one in rows):,} words differ")
    if len(rows) > SHOWN:
        parts.append(f"the first {SHOWN} are listed")
    return " · ".join(parts)
