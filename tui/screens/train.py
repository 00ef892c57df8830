"""The training screen: the charts of a run, live or finished, and the keys that steer it."""

import math

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import ProgressBar, Static

from core.config import Config, preset
from core.errors import CvaeError, InputError
from core.runs.catalogue import run_state
from core.runs.directory import RunDirectory
from core.runs.history import ACTIVE, History, State
from core.runs.journal import JournalFollower
from core.runs.ownership import living_owner
from tui.charts.chart import Chart
from tui.harmless import harmless
from tui.widgets.examples import conversions, draws
from tui.widgets.room import Room
from tui.wording import count, duration

UNIT = (0.0, 1.0)
CHARTS = {
    "ce": ("CE nats/word", None),
    "kl": ("KL nats", None),
    "beta": ("Beta", None),
    "bleu4": ("BLEU-4", UNIT),
    "gaussian": ("Gaussian", UNIT),
    "teacher_forcing_ratio": ("Teacher forcing", UNIT),
}
REFRESH_SECONDS = 0.5
WELCOME = """\
Nothing is trained yet.

 t   train now: the preset default on the corpus verbs
 2   choose the corpus and every setting first
 5   open an earlier run

 ?   all keys of the place you are in
"""


class TrainScreen(Room):
    """Charts, progress and examples of the run in view."""

    ROOM = "train"
    CSS_PATH = "train.tcss"
    HELP = """\
The curves of one run: the one that trains now, or one opened from Runs.

CE and KL are in nats per word. A KL below about ln N (N training verbs) cannot tell the verbs
apart; far above it, draws from N(0, I) miss. BLEU-4 and the Gaussian score come with every
evaluation.
"""
    BINDINGS = [
        Binding("t", "train", "Train"),
        Binding("space", "pause", "Pause"),
        Binding("s", "stop", "Stop"),
        Binding("c", "checkpoint", "Checkpoint"),
        Binding("e", "evaluate", "Evaluate"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._directory: RunDirectory | None = None
        self._config: Config | None = None
        self._history = History()
        self._follower: JournalFollower | None = None
        self._problem = ""

    def compose_room(self) -> ComposeResult:
        """Status, progress, charts, and examples where there is room."""
        yield Static(id="status")
        with Horizontal(id="progress"):
            yield ProgressBar(show_eta=False, show_percentage=False, id="bar")
            yield Static(id="pace")
        yield Static(WELCOME, id="welcome", markup=False)
        with Horizontal(id="board"):
            with Container(id="charts"):
                for name, (title, bounds) in CHARTS.items():
                    yield Chart(title, bounds=bounds, id=name)
            with Vertical(id="examples"):
                yield Static(id="conversions")
                yield Static(id="draws")

    def on_mount(self) -> None:
        """Follow what is in view, from now on."""
        self.query_one("#conversions").border_title = "Last conversions"
        self.query_one("#draws").border_title = "Last draws from N(0, I)"
        self.set_interval(REFRESH_SECONDS, self._read)
        if self.host.viewed:
            self.follow(self.host.viewed)
        else:
            self._show()

    def follow(self, directory: RunDirectory | None) -> None:
        """Show a run, from its first event to whatever comes; None for no run."""
        self._directory, self._config, self._problem = directory, None, ""
        self._history = History()
        self._follower = JournalFollower(directory.journal_file) if directory else None
        if directory:
            try:
                self._config = directory.config()
            except CvaeError as error:
                self._problem = str(error)
        self._read()
        self._show()

    def training_changed(self) -> None:
        """Show that a training has begun or ended."""
        self._read()
        self._show()

    def on_screen_resume(self) -> None:
        """Catch up on coming back."""
        self._read()
        self._show()

    def _read(self) -> None:
        """Take in what is new in the journal; draw it if the screen is in sight."""
        if not self._follower or not self.is_current:
            return
        new = self._follower.read_new()
        if new:
            self._history.add(new)
        if new or self._training_starts:
            self._show()

    @property
    def _training_starts(self) -> bool:
        return bool(self.host.training) and not self._history.progress

    @property
    def _state(self) -> State | str:
        training = self.host.training
        if training and (training.directory is None or self._history.started is None):
            return "starting"
        if self._directory is None:
            return "new"
        steered = self.host.steered
        if steered and self._directory == steered.directory and steered.control.stopping:
            return "stopping"
        return run_state(self._directory, self._history)

    def _show(self) -> None:
        """Draw the run as it stands."""
        empty = self._directory is None and not self.host.training
        self.query_one("#welcome").display = empty
        self.query_one("#board").display = not empty
        self.query_one("#progress").display = not empty
        self.query_one("#status", Static).update(self._status())
        if empty:
            return
        history = self._history
        for name in CHARTS:
            series = history.series.get(name)
            if name == "bleu4" and series is None:
                series = history.series.get("selection_bleu4")
            self.query_one(f"#{name}", Chart).show(series)
        started = history.started
        bar = self.query_one("#bar", ProgressBar)
        if started:
            step = max(started.step, history.last.step if history.last else 0)
            bar.update(total=started.steps, progress=step)
        self.query_one("#pace", Static).update(self._pace())
        if history.evaluated:
            scores = history.evaluated.scores
            self.query_one("#conversions", Static).update(conversions(scores.conversions))
            self.query_one("#draws", Static).update(draws(scores.samples))
        self.refresh_bindings()

    def _status(self) -> Content:
        """In words: which run, what it is doing, where beta and KL stand."""
        if self._problem:
            return Content.styled(harmless(self._problem), "$text-error")
        state = self._state
        if state == "starting":
            return Content("Starting: loading PyTorch, measuring threads and precision ...")
        if self._directory is None or self._config is None:
            return Content("No run in view.")
        owner = living_owner(self._directory)
        if owner and owner.elsewhere:
            state = f"{state} on {harmless(owner.host)}, read-only here"
        parts = [Content.styled(harmless(self._directory.name), "bold"), Content(state)]
        progress, started = self._history.progress, self._history.started
        if progress and started and progress.kl is not None:
            limit = math.log(started.paradigms)
            parts.append(Content(f"KL {progress.kl:.1f} of ln N = {limit:.1f}"))
        if self._history.best:
            best = self._history.best
            gaussian = best.scores.gaussian
            parts.append(
                Content(
                    f"best at epoch {best.epoch:.0f}: Gaussian {gaussian.score:.2f} "
                    f"({gaussian.distinct} distinct)"
                )
            )
        return Content(" · ").join(parts)

    def _pace(self) -> str:
        progress, started = self._history.progress, self._history.started
        if not (progress and started):
            return ""
        pace = f"epoch {progress.epoch:.1f}/{started.steps // started.steps_per_epoch}"
        if self._state in ACTIVE or self._state == "stopping":
            return (
                f"{pace}  {count(progress.words_per_second)} words/s  {duration(progress.eta)} left"
            )
        return f"{pace}  {duration(progress.elapsed)} of training"

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that steer are there while the run in view trains on this machine."""
        if action in ("pause", "stop", "checkpoint", "evaluate"):
            return bool(self.host.steered) or None
        if action == "train":
            return not self.host.training or None
        return super().check_action(action, parameters)

    def action_train(self) -> None:
        """Train with the settings of the Setup screen, or the default ones."""
        try:
            setup = self.host.setup_settings() or (preset("default"), "", "default")
        except InputError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.host.start_training(*setup)

    def action_pause(self) -> None:
        """Pause the training, or go on with it."""
        if training := self.host.steered:
            if training.control.pausing:
                training.control.resume()
            else:
                training.control.pause()

    def action_stop(self) -> None:
        """Stop the training with a checkpoint."""
        if training := self.host.steered:
            training.control.stop()
            self._show()

    def action_checkpoint(self) -> None:
        """Save a checkpoint now."""
        if training := self.host.steered:
            training.control.checkpoint()
            self.notify("A checkpoint is written after this step.")

    def action_evaluate(self) -> None:
        """Take the scores now."""
        if training := self.host.steered:
            training.control.evaluate()
            self.notify("The scores are taken after this step.")
