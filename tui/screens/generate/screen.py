"""The Generate screen: samples from N(0, I) and the Gaussian score."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.validation import Integer, Number
from textual.widgets import Button, DataTable, Input, Label, Select, Static

from core.runs.directory import RunDirectory
from core.scores.plausibility import DrawKind, Plausibility
from core.scores.results import Gaussian
from core.text import printable
from tui.screens.base import NO_MODEL, ModelScreen, number_input
from tui.text.format import count
from tui.widgets.message_line import MessageLine
from tui.widgets.model_picker import ModelPicker
from tui.widgets.save_dialog import SaveDialog
from tui.widgets.themes import RIGHT, WRONG

DRAWS = Integer(1, 100_000, "Samples takes a whole number from 1 to 100,000.")
SEED = Integer(0, 2**31 - 1, f"Seed takes a whole number from 0 to {2**31 - 1:,}.")
TEMPERATURE = Number(0, 5, "Temperature takes a number from 0 (the likeliest character) to 5.")
SHOWN = 1_000
KINDS: dict[DrawKind, tuple[str, str, str]] = {
    "hit": ("✓", "hits", RIGHT),
    "real": ("+", "real", ""),
    "plausible": ("~", "plausible", ""),
    "broken": ("✗", "broken", WRONG),
}
"""Mark, name and style of each kind of sample."""
FILTERS: dict[str, tuple[str, tuple[DrawKind, ...]]] = {
    "all": ("all", ("hit", "real", "plausible", "broken")),
    "hits": ("✓ hits", ("hit",)),
    "new": ("+ ~ new", ("real", "plausible")),
    "broken": ("✗ broken", ("broken",)),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for samples from a model."""

    directory: RunDirectory
    checkpoint: str
    draws: int
    seed: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """Samples, each with its kind, and their score."""

    asked: Asked
    conditions: tuple[str, ...]
    draws: list[tuple[tuple[str, ...], DrawKind]]
    gaussian: Gaussian


class GenerateScreen(ModelScreen):
    """A model, the number of samples, a seed, and the samples by kind."""

    MODE = "generate"
    CSS_PATH = "screen.tcss"
    HELP = """\
Each row is one latent sampled from N(0, I) and decoded in every tense.

- ✓ hit: its forms together are a paradigm of the training corpus
- \\+ real: a known paradigm that is not a training paradigm (another split, or in verbs-all)
- ~ plausible: its forms fit one another; a training verb has the same endings after the same letter
- ✗ broken: its forms do not fit one another

The Gaussian score is hits / samples. Read it with its interval and the number of distinct
paradigms: a model that repeats one verb scores high. A temperature above 0 samples characters
instead of taking the likeliest; the score of such samples is not the Gaussian score.
"""
    BINDINGS = [
        Binding("enter,d", "draw", "Sample"),
        Binding("r", "reseed", "Another seed"),
        Binding("f", "filter", "Filter"),
        Binding("s", "save", "Save as TSV"),
        Binding("c", "cancel", "Cancel"),
    ]

    drawing: var[bool] = var(False, bindings=True)
    """True while samples are decoded."""
    drawn: var[Drawn | None] = var(None, bindings=True, always_update=True)
    """The last samples."""

    @dataclass
    class Decoded(Message):
        """More of the samples are decoded."""

        asked: Asked
        share: float
        """The share that was added, from 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Asked | None = None
        self._done = 0.0

    def compose_body(self) -> ComposeResult:
        """Yield the model, the request, the score, the filter and the samples."""
        yield ModelPicker()
        with Horizontal(id="request", classes="fields"):
            yield Label("Samples")
            yield number_input("draws", "100", DRAWS)
            yield Label("seed")
            yield number_input("seed", "0", SEED)
            yield Label("temperature")
            yield number_input("temperature", "0", TEMPERATURE)
            yield Button("Sample", id="draw", variant="primary", compact=True)
        yield MessageLine(id="message")
        with Horizontal(id="filter", classes="fields"):
            yield Label("Show")
            options = [(title, name) for name, (title, _) in FILTERS.items()]
            yield Select(options, value="all", allow_blank=False, compact=True, id="show")
            yield Static(id="counts", classes="line quiet", markup=False)
        yield DataTable[Text](id="table", cursor_type="row", zebra_stripes=True)

    def on_screen_resume(self) -> None:
        """Put the focus on the button."""
        self.query_one("#draw").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow cancelling while sampling, and saving and filtering once there are samples."""
        if action == "cancel":
            return self.drawing
        if action in ("save", "filter"):
            return self.drawn is not None
        return super().check_action(action, parameters)

    @on(ModelPicker.Picked)
    def _another_model(self, event: ModelPicker.Picked) -> None:
        if not event.replaced:
            self.action_draw()
        elif not self.drawing:
            self.message.show(f"Checkpoint {event.checkpoint} was replaced; d samples again.")

    @on(Input.Submitted)
    @on(Button.Pressed, "#draw")
    def action_draw(self) -> None:
        """Sample with the number, seed and temperature that are typed in."""
        draws, seed, temperature = request = [*self.query("#request Input").results(Input)]
        if not (picked := self.picker.picked):
            self.message.show(NO_MODEL)
        elif self.valid(*request):
            asked = Asked(*picked, int(draws.value), int(seed.value), float(temperature.value))
            self._asked, self.drawing, self._done = asked, True, 0.0
            self.message.show("Sampling ...")
            self.compute("generate", lambda cancelled: self._sample(asked, cancelled), self._show)

    def action_reseed(self) -> None:
        """Sample with the next seed."""
        seed = self.query_one("#seed", Input)
        seed.value = str(int(seed.value) + 1 if seed.is_valid and seed.value else 0)
        self.action_draw()

    def action_cancel(self) -> None:
        """Stop sampling."""
        self.workers.cancel_group(self, "generate")
        self.drawing = False
        self.message.show("Cancelled. The samples below are from before.")

    def action_filter(self) -> None:
        """Show the next kind of samples."""
        show = self.query_one("#show", Select)
        names = [*FILTERS]
        show.value = names[(names.index(str(show.value)) + 1) % len(names)]

    def action_save(self) -> None:
        """Save the samples that pass the filter, with those beyond the listed ones."""
        if self.drawn:
            rows = [(*forms, kind) for forms, kind in self._filtered(self.drawn)]
            columns = (*self.drawn.conditions, "kind")
            self.app.push_screen(SaveDialog("samples.tsv", columns, rows))

    def _sample(self, asked: Asked, cancelled: Callable[[], bool]) -> Drawn:
        from core.model.decoding import Decoding
        from core.scores.gaussian import gaussian_score

        model = self.host.models.load(asked.directory, asked.checkpoint)
        all_rows = asked.draws * len(model.vocabulary.conditions)

        def decoded(rows: int) -> None:
            self.post_message(self.Decoded(asked, rows / all_rows))

        model = model.watched(cancelled=cancelled, decoded=decoded)
        corpus = self.host.models.corpus(asked.directory)
        how = Decoding(temperature=asked.temperature, seed=asked.seed)
        draws = model.sample(asked.draws, asked.seed, how)
        judge = Plausibility.of(corpus)
        return Drawn(
            asked,
            model.vocabulary.conditions,
            [(forms, judge.kind(forms)) for forms in draws],
            gaussian_score(draws, [paradigm.forms for paradigm in corpus.split("train")]),
        )

    def on_generate_screen_decoded(self, message: Decoded) -> None:
        """Show the progress of sampling."""
        if self.drawing and message.asked is self._asked:
            self._done += message.share
            samples = count(message.asked.draws)
            self.message.show(f"Sampling {samples}: {self._done:.0%} (c cancels)")

    def fail(self, message: str) -> None:
        """Show why nothing was sampled."""
        self.drawing = False
        super().fail(message)

    def _show(self, drawn: Drawn) -> None:
        self.drawing, self.drawn = False, drawn

    @on(Select.Changed, "#show")
    def watch_drawn(self) -> None:
        """Show the score, and the samples that pass the filter."""
        drawn = self.drawn
        if drawn is None:
            return
        found, counts = self._filtered(drawn), Counter(kind for _, kind in drawn.draws)
        gaussian, temperature = drawn.gaussian, drawn.asked.temperature
        low, high = gaussian.ci95
        title = f"Hits at temperature {temperature:g}" if temperature else "Gaussian score"
        more = f"; the first {count(SHOWN)} are listed" if len(found) > SHOWN else ""
        if not self.drawing:
            self.message.show(
                f"{title} {gaussian.score:.3f}, 95 % interval {low:.3f} to {high:.3f}, "
                f"{count(gaussian.draws)} samples, {count(gaussian.distinct)} distinct paradigms "
                f"hit{more}"
            )
        parts = (f"{sign} {count(counts[kind])} {name}" for kind, (sign, name, _) in KINDS.items())
        self.query_one("#counts", Static).update(Content("  ".join(parts)))
        table = self.query_one(DataTable)
        table.clear(columns=True)
        # Without a width, a column without a title can become too narrow for its marks.
        table.add_column("", width=1)
        table.add_columns(*(printable(condition) for condition in drawn.conditions))
        for forms, kind in found[:SHOWN]:
            mark, _, style = KINDS[kind]
            table.add_row(Text(mark, style), *(Text(printable(form), style) for form in forms))

    def _filtered(self, drawn: Drawn) -> list[tuple[tuple[str, ...], DrawKind]]:
        _, kinds = FILTERS[str(self.query_one("#show", Select).value)]
        return [draw for draw in drawn.draws if draw[1] in kinds]
