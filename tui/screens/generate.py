"""The generate screen: paradigms drawn from N(0, I), and the Gaussian score."""

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.validation import Integer
from textual.widgets import Button, DataTable, Input, Label, Static
from textual.worker import get_current_worker

from core.errors import CvaeError
from core.events import Gaussian
from core.runs.directory import RunDirectory
from tui.harmless import harmless
from tui.widgets.model_picker import ModelPicker
from tui.widgets.room import Room

MOST_DRAWS = 100_000
SHOWN = 1_000


class GenerateScreen(Room):
    """Choose a model, how many draws and a seed; see paradigms, hits marked."""

    ROOM = "generate"
    CSS_PATH = "generate.tcss"
    HELP = """\
Each row is one latent drawn from N(0, I), decoded under every tense. A draw is a hit when all its
forms together are a paradigm of the training corpus. The score is hits / draws; read it with its
interval and the number of distinct paradigms, since a model that always says one verb scores high.
"""
    BINDINGS = [
        Binding("enter,d", "draw", "Draw"),
        Binding("r", "reseed", "Draw with another seed"),
    ]

    def compose_room(self) -> ComposeResult:
        """Model, number and seed, score, draws."""
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
            yield Button("Draw", id="draw", variant="primary", compact=True)
        yield Static(id="message", markup=False)
        yield DataTable[Text](id="table", cursor_type="row", zebra_stripes=True)

    def on_screen_resume(self) -> None:
        """Offer what there is by now."""
        self.query_one(ModelPicker).offer(self.host.runs_dir, self.host.viewed)
        if not self.query_one(ModelPicker).picked:
            self._say("Train a model first: no run has a checkpoint yet.")
        self.query_one("#draw").focus()

    @on(ModelPicker.Picked)
    @on(Input.Submitted)
    @on(Button.Pressed, "#draw")
    def action_draw(self) -> None:
        """Draw with the number and the seed as they are typed."""
        picked = self.query_one(ModelPicker).picked
        draws, seed = self.query_one("#draws", Input), self.query_one("#seed", Input)
        if not picked:
            self._say("Train a model first: no run has a checkpoint yet.")
        elif not (draws.is_valid and draws.value):
            self._say(f"Draws takes a whole number from 1 to {MOST_DRAWS:,}.", wrong=True)
        elif not (seed.is_valid and seed.value):
            self._say(f"Seed takes a whole number from 0 to {2**31 - 1:,}.", wrong=True)
        else:
            self._say("Drawing ...")
            self._compute(*picked, int(draws.value), int(seed.value))

    def action_reseed(self) -> None:
        """Draw others."""
        seed = self.query_one("#seed", Input)
        seed.value = str(int(seed.value) + 1 if seed.is_valid and seed.value else 0)
        self.action_draw()

    @work(thread=True, exclusive=True, group="generate")
    def _compute(self, directory: RunDirectory, checkpoint: str, draws: int, seed: int) -> None:
        worker = get_current_worker()
        try:
            from core.scores.gaussian import gaussian_score

            model = self.host.models.load(directory, checkpoint)
            rows = [paradigm.forms for paradigm in directory.corpus().split("train")]
            samples = model.sample(draws, seed)
        except CvaeError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._say, str(error), wrong=True)
            return
        known = set(rows)
        shown = [(forms, forms in known) for forms in samples[:SHOWN]]
        if not worker.is_cancelled:
            self.app.call_from_thread(
                self._show, model.vocabulary.conditions, shown, gaussian_score(samples, rows)
            )

    def _show(
        self,
        conditions: tuple[str, ...],
        draws: list[tuple[tuple[str, ...], bool]],
        gaussian: Gaussian,
    ) -> None:
        low, high = gaussian.ci95
        more = f"; the first {SHOWN:,} are listed" if gaussian.draws > SHOWN else ""
        self._say(
            f"Gaussian score {gaussian.score:.3f}, 95 % interval {low:.3f} to {high:.3f}, "
            f"{gaussian.draws:,} draws, {gaussian.distinct:,} distinct paradigms hit{more}"
        )
        table = self.query_one(DataTable)
        table.clear(columns=True)
        table.add_columns("", *(harmless(condition) for condition in conditions))
        for forms, hit in draws:
            style = "green" if hit else ""
            cells = [Text(harmless(form), style) for form in forms]
            table.add_row(Text("✓" if hit else "", style), *cells)

    def _say(self, message: str, wrong: bool = False) -> None:
        line = self.query_one("#message", Static)
        line.set_class(wrong, "wrong")
        line.update(Content(harmless(message)))
