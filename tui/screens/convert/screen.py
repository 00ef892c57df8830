"""The convert screen: a word in, all its tenses out, as one types."""

from collections.abc import Sequence

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import DataTable, Input, Label, Select, Static
from textual.worker import get_current_worker

from core.corpus.formats import TENSE_ABBREVIATIONS
from core.corpus.vocabulary import Vocabulary
from core.errors import Cancelled, CvaeError, InputError
from core.runs.directory import RunDirectory
from core.text import printable
from tui.screens.base import AppScreen
from tui.screens.convert.converted import (
    LEGEND,
    Converted,
    expectations,
    least_sure,
    spelt,
    verdict,
    verdict_of_all,
)
from tui.screens.convert.words_input import WordsInput
from tui.widgets.model_picker import ModelPicker
from tui.widgets.save_dialog import SaveDialog

AUTO = -1
"""The tense in which the model finds each word likeliest."""
SHOWN = 500
NO_MODEL = "Train a model first: no run has a checkpoint yet."
Picked = tuple[RunDirectory, str]


class ConvertScreen(AppScreen):
    """Choose a model, type words, see every tense of each."""

    MODE = "convert"
    CSS_PATH = "screen.tcss"
    HELP = """\
Type one word or several, or paste a list, and say which tense they are in; with *auto* the model
reads each word in the tense in which it finds it likeliest.

Characters that the model was less than 90 % sure of are underlined, less than half are reversed; a
dot after a form stands for its end. The column *sure* names the least sure character.

Forms that the run's corpus knows are checked against it: ✓ right, ✗ with what would have been
right, and the split where the word was not trained on; a word that it does not know is unseen.

A second model stands beside the first; ≠ marks where its form is another.
"""
    BINDINGS = [
        Binding("ctrl+o", "compare", "Second model"),
        Binding("ctrl+s", "save", "Save as TSV"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._conditions: tuple[str, ...] = ()
        self._rows: list[Converted] = []
        self._models: list[str] = []
        self._waiting: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Model, a second one when it is asked for, words and tense, forms."""
        yield ModelPicker(id="model")
        yield ModelPicker("Second", id="second")
        with Horizontal(id="ask"):
            yield Label("Word")
            yield WordsInput(placeholder="type a word, for example access", compact=True, id="word")
            yield Label("is")
            yield Select[int]([], prompt="tense", compact=True, id="tense")
        yield Static(id="message", markup=False)
        yield DataTable[Text](id="forms", cursor_type="row", zebra_stripes=True)
        yield Static(LEGEND, id="legend", markup=False)

    def on_mount(self) -> None:
        """One model, until a second one is asked for."""
        self.query_one("#second").display = False
        self.query_one("#legend").display = False

    def on_screen_resume(self) -> None:
        """Offer what there is by now."""
        for picker in self.query(ModelPicker):
            picker.offer(self.host.runs_dir, self.host.viewed)
        if not self.query_one("#model", ModelPicker).picked:
            self._say(NO_MODEL)
        self.query_one("#word").focus()

    def action_compare(self) -> None:
        """Show a second model beside the first, or no longer."""
        second = self.query_one("#second", ModelPicker)
        second.display = not second.display
        if second.display:
            second.query_one("#run").focus()
        self._convert()

    def action_save(self) -> None:
        """Save what is shown as TSV."""
        if not self._rows:
            self._say("There is nothing to save yet; type a word.")
            return
        columns = ("model", "word", "source_tense", *self._conditions, "least_sure", "corpus")
        rows = [
            (
                model,
                one.word,
                self._conditions[one.source],
                *(form.word for form in forms),
                f"{min(form.least_sure[1] for form in forms):.4f}",
                "unseen" if one.expected is None else f"{one.right(forms)}/{len(forms)}",
            )
            for one in self._rows
            for model, forms in zip(self._models, one.both, strict=True)
        ]
        self.app.push_screen(SaveDialog("converted.tsv", columns, rows))

    @on(ModelPicker.Picked)
    def _offer_tenses(self) -> None:
        picked = self.query_one("#model", ModelPicker).picked
        if picked is None:
            return
        try:
            conditions = picked[0].vocabulary().conditions
        except CvaeError as error:
            self._say(str(error), wrong=True)
            return
        tense = self.query_one("#tense", Select)
        options = [(Content(printable(name)), index) for index, name in enumerate(conditions)]
        chosen = tense.value if isinstance(tense.value, int) else 0
        with self.prevent(Select.Changed):
            tense.set_options([*options, (Content("auto"), AUTO)])
            tense.value = chosen if chosen < len(conditions) else 0
        self._convert()

    @on(Input.Changed, "#word")
    @on(Select.Changed, "#tense")
    def _convert(self) -> None:
        words = self.query_one("#word", Input).value.split()
        tense = self.query_one("#tense", Select).value
        picked = self.query_one("#model", ModelPicker).picked
        second = self.query_one("#second", ModelPicker)
        if not words or not picked or not isinstance(tense, int):
            self.workers.cancel_group(self, "convert")
            self._show((), [], [], "" if picked else NO_MODEL, wrong=False)
            return
        self._stop_waiting()
        self._waiting = self.set_timer(0.2, lambda: self._say("Converting ..."))
        models = [picked, *([second.picked] if second.display and second.picked else [])]
        self._compute(models, words, tense)

    @work(thread=True, exclusive=True, group="convert")
    def _compute(self, models: list[Picked], words: list[str], tense: int) -> None:
        worker = get_current_worker()
        try:
            loaded = [
                self.host.models.load(*model).watched(cancelled=lambda: worker.is_cancelled)
                for model in models
            ]
            first = loaded[0]
            conditions = first.vocabulary.conditions
            for (directory, _), model in zip(models, loaded, strict=True):
                if model.vocabulary.conditions != conditions:
                    raise InputError(
                        f"{directory.name} has other tenses than {models[0][0].name} "
                        f"({', '.join(model.vocabulary.conditions)}), so they cannot be compared"
                    )
            spellable, problem = _spellable(words, [model.vocabulary for model in loaded])
            sources = (
                first.likeliest_conditions(spellable) if tense == AUTO else [tense] * len(spellable)
            )
            forms = [model.inflect(spellable, sources) for model in loaded]
            corpus = self.host.models.corpus(models[0][0])
        except Cancelled:
            return
        except CvaeError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._fail, str(error))
            return
        expected = expectations(corpus.paradigms, spellable, sources)
        others = forms[1] if len(forms) > 1 else [None] * len(spellable)
        rows = [
            Converted(*row)
            for row in zip(spellable, sources, forms[0], others, expected, strict=True)
        ]
        summary = _summary(rows)
        if tense == AUTO and len(rows) == 1:
            summary = f"Read as {conditions[rows[0].source]}."
        names = [f"{directory.name}/{checkpoint}" for directory, checkpoint in models]
        if not worker.is_cancelled:
            self.app.call_from_thread(
                self._show, conditions, rows, names, problem + summary, bool(problem)
            )

    def _fail(self, message: str) -> None:
        self._show((), [], [], message, wrong=True)

    def _show(
        self,
        conditions: tuple[str, ...],
        rows: list[Converted],
        models: list[str],
        message: str,
        wrong: bool,
    ) -> None:
        """One word: a row for each tense. Several: a row for each word and model."""
        self._stop_waiting()
        self._conditions, self._rows, self._models = conditions, rows, models
        self._say(message, wrong)
        table = self.query_one(DataTable)
        table.clear(columns=True)
        self.query_one("#legend").display = bool(rows)
        if len(rows) == 1:
            self._show_one(table, rows[0])
        elif rows:
            self._show_many(table, rows[:SHOWN])

    def _show_one(self, table: DataTable[Text], one: Converted) -> None:
        second = one.others is not None
        table.header_height = 1
        table.add_columns("tense", "form", "sure", *(["second", "sure"] * second), "corpus")
        for index, condition in enumerate(self._conditions):
            form = one.forms[index]
            cells = [Text(printable(condition)), spelt(one.word, form), least_sure(form)]
            if one.others is not None:
                differs = one.others[index].word != form.word
                cells.append(Text("≠ " if differs else "  ") + spelt(one.word, one.others[index]))
                cells.append(least_sure(one.others[index]))
            table.add_row(*cells, verdict(one, index))

    def _show_many(self, table: DataTable[Text], rows: Sequence[Converted]) -> None:
        # Two lines, so that long names of tenses do not widen the columns.
        table.header_height = 2
        headings = [Text(printable(name).replace("-", "-\n", 1)) for name in self._conditions]
        table.add_columns("word", "sure", "corpus", *headings)
        for one in rows:
            for number, forms in enumerate(one.both):
                head = Text("↳ second", "dim")
                if not number:
                    read = printable(_short(self._conditions[one.source]))
                    head = Text.assemble(printable(one.word), (f" {read}", "dim"))
                cells = []
                for index, form in enumerate(forms):
                    mark = "✗" * (one.is_right(index, form.word) is False)
                    mark += "≠" * (number == 1 and form.word != one.forms[index].word)
                    cells.append(Text(f"{mark} " if mark else "") + spelt(one.word, form))
                least = min(forms, key=lambda form: form.least_sure[1])
                table.add_row(head, least_sure(least), verdict_of_all(one, forms), *cells)

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting.stop()

    def _say(self, message: str, wrong: bool = False) -> None:
        line = self.query_one("#message", Static)
        line.set_class(wrong, "wrong")
        line.update(Content(printable(message)))


def _spellable(words: list[str], vocabularies: list[Vocabulary]) -> tuple[list[str], str]:
    """The words that every vocabulary can spell, and what is wrong with the first other one."""
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
    """Of several words: how many the corpus knows, how many forms are right, how many differ."""
    if len(rows) < 2:
        return ""
    known = [one for one in rows if one.expected is not None]
    parts = [f"{len(rows):,} words, {len(rows) - len(known):,} unseen"]
    for number, name in enumerate(("", "second model ") if rows[0].others is not None else ("",)):
        forms = [(one, one.both[number]) for one in known]
        right = sum(one.right(some) for one, some in forms)
        parts.append(f"{name}{right:,} of {sum(len(some) for _, some in forms):,} forms right")
    if rows[0].others is not None:
        parts.append(f"{sum(one.differs for one in rows):,} words differ")
    if len(rows) > SHOWN:
        parts.append(f"the first {SHOWN} are listed")
    return " · ".join(parts)


def _short(condition: str) -> str:
    shorter = {name: short for short, name in TENSE_ABBREVIATIONS.items()}
    return shorter.get(condition, condition)
