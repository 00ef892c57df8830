"""The generate screen: paradigms drawn from N(0, I), and the Gaussian score."""

from collections import Counter
from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.validation import Integer, Number
from textual.widgets import Button, DataTable, Input, Label, Select, Static
from textual.worker import get_current_worker

from core.errors import Cancelled, CvaeError
from core.runs.directory import RunDirectory
from core.scores.plausibility import DrawKind, Plausibility
from core.scores.results import Gaussian
from core.text import printable
from tui.screens.base import AppScreen
from tui.text.format import count
from tui.widgets.model_picker import ModelPicker
from tui.widgets.save_dialog import SaveDialog
from tui.widgets.themes import RIGHT, WRONG

MOST_DRAWS = 100_000
HIGHEST_TEMPERATURE = 5
SHOWN = 1_000
NO_MODEL = "Train a model first: no run has a checkpoint yet."
KINDS: dict[DrawKind, tuple[str, str, str]] = {
    "hit": ("✓", "hits", RIGHT),
    "real": ("+", "real", ""),
    "plausible": ("~", "plausible", ""),
    "broken": ("✗", "broken", WRONG),
}
"""Mark, name and style of each kind of draw."""
FILTERS: dict[str, tuple[str, tuple[DrawKind, ...]]] = {
    "all": ("all", ("hit", "real", "plausible", "broken")),
    "hits": ("✓ hits", ("hit",)),
    "new": ("+ ~ new", ("real", "plausible")),
    "broken": ("✗ broken", ("broken",)),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is drawn, and from which model."""

    directory: RunDirectory
    checkpoint: str
    draws: int
    seed: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws, what each of them is, and their score."""

    asked: Asked
    conditions: tuple[str, ...]
    draws: list[tuple[str, ...]]
    kinds: list[DrawKind]
    gaussian: Gaussian


class GenerateScreen(AppScreen):
    """Choose a model, how many draws and a seed; see paradigms, hits marked."""

    MODE = "generate"
    CSS_PATH = "screen.tcss"
    HELP = """\
Each row is one latent drawn from N(0, I), decoded under every tense.

- ✓ hit: all its forms together are a paradigm of the training corpus
- \\+ real: a known paradigm that was not trained on (another split, or the shipped verbs-all)
- ~ plausible: its forms fit one another; a training verb has the same endings after the same letter
- ✗ broken: its forms do not fit one another

The score is hits / draws; read it with its interval and the number of distinct paradigms, since a
model that always says one verb scores high. A temperature above 0 draws characters instead of
taking the likeliest, and what comes of it is not the Gaussian score.
"""
    BINDINGS = [
        Binding("enter,d", "draw", "Draw"),
        Binding("r", "reseed", "Another seed"),
        Binding("f", "filter", "Filter"),
        Binding("s", "save", "Save as TSV"),
        Binding("c", "cancel", "Cancel"),
    ]

    @dataclass
    class Decoded(Message):
        """A share, from 0 to 1, of what was asked was decoded more."""

        asked: Asked
        share: float

    def __init__(self) -> None:
        super().__init__()
        self._asked: Asked | None = None
        self._drawing = False
        self._done = 0.0
        self._drawn: Drawn | None = None
        self._saved = 0
        """When the checkpoint was written."""

    def compose_body(self) -> ComposeResult:
        """Model; number, seed and temperature; score; filter; draws."""
        yield ModelPicker()
        with Horizontal(id="ask"):
            yield Label("Draws")
            yield Input(
                "100", compact=True, id="draws", validators=[Integer(1, MOST_DRAWS)], type="integer"
            )
            yield Label("seed")
            yield Input(
                "0", compact=True, id="seed", validators=[Integer(0, 2**31 - 1)], type="integer"
            )
            yield Label("temperature")
            yield Input(
                "0",
                compact=True,
                id="temperature",
                validators=[Number(0, HIGHEST_TEMPERATURE)],
                type="number",
            )
            yield Button("Draw", id="draw", variant="primary", compact=True)
        yield Static(id="message", markup=False)
        with Horizontal(id="filter"):
            yield Label("Show")
            yield Select(
                [(title, name) for name, (title, _) in FILTERS.items()],
                value="all",
                allow_blank=False,
                compact=True,
                id="show",
            )
            yield Static(id="counts", markup=False)
        yield DataTable[Text](id="table", cursor_type="row", zebra_stripes=True)

    def on_screen_resume(self) -> None:
        """Offer what there is by now."""
        self.query_one(ModelPicker).offer(self.host.runs_dir, self.host.viewed)
        if not self.query_one(ModelPicker).picked:
            self._say(NO_MODEL)
        self.query_one("#draw").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to cancel while drawing, and something to save after it."""
        if action == "cancel":
            return self._drawing
        if action in ("save", "filter"):
            return self._drawn is not None
        return super().check_action(action, parameters)

    @on(ModelPicker.Picked)
    def _another_model(self, event: ModelPicker.Picked) -> None:
        # The screen is also met again with the model that it showed.
        picked = event.directory, event.checkpoint
        if self._asked is None or (self._asked.directory, self._asked.checkpoint) != picked:
            self.action_draw()
        elif self._saved != event.saved and not self._drawing:
            self._say(f"The checkpoint {event.checkpoint} was replaced; d draws from the new one.")
        self._saved = event.saved

    @on(Input.Submitted)
    @on(Button.Pressed, "#draw")
    def action_draw(self) -> None:
        """Draw with the number, the seed and the temperature as they are typed."""
        picked = self.query_one(ModelPicker).picked
        draws, seed = self.query_one("#draws", Input), self.query_one("#seed", Input)
        temperature = self.query_one("#temperature", Input)
        if not picked:
            self._say(NO_MODEL)
        elif not (draws.is_valid and draws.value):
            self._say(f"Draws takes a whole number from 1 to {MOST_DRAWS:,}.", wrong=True)
        elif not (seed.is_valid and seed.value):
            self._say(f"Seed takes a whole number from 0 to {2**31 - 1:,}.", wrong=True)
        elif not (temperature.is_valid and temperature.value):
            self._say(
                f"Temperature takes a number from 0 (the likeliest character) to "
                f"{HIGHEST_TEMPERATURE}.",
                wrong=True,
            )
        else:
            asked = Asked(*picked, int(draws.value), int(seed.value), float(temperature.value))
            self._asked, self._drawing, self._done = asked, True, 0.0
            self._say("Drawing ...")
            self.refresh_bindings()
            self._compute(asked)

    def action_reseed(self) -> None:
        """Draw others."""
        seed = self.query_one("#seed", Input)
        seed.value = str(int(seed.value) + 1 if seed.is_valid and seed.value else 0)
        self.action_draw()

    def action_cancel(self) -> None:
        """Give up the draws under way."""
        self.workers.cancel_group(self, "generate")
        self._fail("Cancelled; what was drawn before is below.", wrong=False)

    def action_filter(self) -> None:
        """Show another kind of draws."""
        show = self.query_one("#show", Select)
        names = [*FILTERS]
        show.value = names[(names.index(str(show.value)) + 1) % len(names)]

    def action_save(self) -> None:
        """Save the draws that the filter lets through, the unlisted ones too."""
        if self._drawn:
            rows = [(*forms, kind) for forms, kind in self._filtered(self._drawn)]
            columns = (*self._drawn.conditions, "kind")
            self.app.push_screen(SaveDialog("draws.tsv", columns, rows))

    @work(thread=True, exclusive=True, group="generate")
    def _compute(self, asked: Asked) -> None:
        worker = get_current_worker()
        try:
            from core.model.decoding import Decoding
            from core.scores.gaussian import gaussian_score

            model = self.host.models.load(asked.directory, asked.checkpoint)
            all_rows = asked.draws * len(model.vocabulary.conditions)

            def tell(rows: int) -> None:
                self.post_message(self.Decoded(asked, rows / all_rows))

            model = model.watched(cancelled=lambda: worker.is_cancelled, decoded=tell)
            corpus = self.host.models.corpus(asked.directory)
            how = Decoding(temperature=asked.temperature, seed=asked.seed)
            draws = model.sample(asked.draws, asked.seed, how)
            judge = Plausibility.of(corpus)
            drawn = Drawn(
                asked,
                model.vocabulary.conditions,
                draws,
                [judge.kind(forms) for forms in draws],
                gaussian_score(draws, [paradigm.forms for paradigm in corpus.split("train")]),
            )
        except Cancelled:
            return
        except CvaeError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._fail, str(error))
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show, drawn)

    def on_generate_screen_decoded(self, message: Decoded) -> None:
        """Show how far the drawing is."""
        if self._drawing and message.asked is self._asked:
            self._done += message.share
            self._say(f"Drawing {count(message.asked.draws)}: {self._done:.0%} (c cancels)")

    def _fail(self, message: str, wrong: bool = True) -> None:
        self._drawing = False
        self._say(message, wrong)
        self.refresh_bindings()

    def _show(self, drawn: Drawn) -> None:
        self._drawing, self._drawn = False, drawn
        self._list()
        self.refresh_bindings()

    @on(Select.Changed, "#show")
    def _list(self) -> None:
        """The score, and the draws that the filter lets through."""
        drawn = self._drawn
        if drawn is None:
            return
        found, counts = self._filtered(drawn), Counter(drawn.kinds)
        gaussian, temperature = drawn.gaussian, drawn.asked.temperature
        low, high = gaussian.ci95
        name = f"Hits at temperature {temperature:g}" if temperature else "Gaussian score"
        more = f"; the first {count(SHOWN)} are listed" if len(found) > SHOWN else ""
        if not self._drawing:
            self._say(
                f"{name} {gaussian.score:.3f}, 95 % interval {low:.3f} to {high:.3f}, "
                f"{count(gaussian.draws)} draws, {count(gaussian.distinct)} distinct paradigms "
                f"hit{more}"
            )
        parts = [
            f"{mark} {count(counts[kind])} {title}" for kind, (mark, title, _) in KINDS.items()
        ]
        self.query_one("#counts", Static).update(Content("  ".join(parts)))
        table = self.query_one(DataTable)
        table.clear(columns=True)
        # Left to itself, a column without a title is at times too narrow for its marks.
        table.add_column("", width=1)
        table.add_columns(*(printable(condition) for condition in drawn.conditions))
        for forms, kind in found[:SHOWN]:
            mark, _, style = KINDS[kind]
            table.add_row(Text(mark, style), *(Text(printable(form), style) for form in forms))

    def _filtered(self, drawn: Drawn) -> list[tuple[tuple[str, ...], DrawKind]]:
        _, kinds = FILTERS[str(self.query_one("#show", Select).value)]
        return [
            (forms, kind)
            for forms, kind in zip(drawn.draws, drawn.kinds, strict=True)
            if kind in kinds
        ]

    def _say(self, message: str, wrong: bool = False) -> None:
        line = self.query_one("#message", Static)
        line.set_class(wrong, "wrong")
        line.update(Content(printable(message)))
