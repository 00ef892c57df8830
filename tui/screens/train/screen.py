"""The training screen: the charts of a run, live or finished, and the keys that steer it."""

import asyncio
import time

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Log, ProgressBar, Static
from textual.worker import get_current_worker

from core.catalogue.listing import run_directories
from core.config.presets import preset
from core.config.schema import Config
from core.errors import CvaeError, InputError
from core.runs.directory import RunDirectory
from core.runs.followed import run_state
from core.runs.history import ACTIVE, History, State
from core.runs.journal import JournalFollower
from core.text import printable
from core.training.events import Event
from core.training.metrics import metric
from core.training.schedules import EDITABLE, SCHEDULED, Schedules
from tui.charts.board import SMOOTHINGS, Board
from tui.charts.braille import PATTERNS, draw
from tui.charts.chart import OTHERS, Chart, Line
from tui.charts.columns import Column
from tui.charts.view import Mark
from tui.charts.window import Extent
from tui.screens.base import AppScreen
from tui.screens.train.adjust_dialog import AdjustDialog
from tui.screens.train.alarm_list import AlarmList
from tui.screens.train.examples import conversions, draws
from tui.screens.train.kl_strip import KlStrip
from tui.screens.train.run_stats import Vitals, read_computer
from tui.state.other_runs import OtherRuns
from tui.text.notices import notice
from tui.text.status import pace, short_name, status
from tui.widgets.choice_dialog import ChooseOne, ChooseSome

CHARTS = ("ce", "kl", "beta", "bleu4", "gaussian", "teacher_forcing_ratio")
READINGS_SECONDS = 2.0
PORTION = 2**18
"""Bytes of a journal that are read without looking at keys in between: about a millisecond."""
DRAWN_SECONDS = 1.0
"""From one drawing of a journal that is being read to the next; a drawing delays the reading."""
LOG_BYTES = 2**16
MOST_CYCLES = 12
"""More marks of cycles than this would fill a chart and say nothing."""
LEGEND = ("$accent", "$text-primary", "$text-success", "$text-error", "$foreground")
WELCOME = """\
Nothing is trained yet.

 t   train now: the preset default on the corpus verbs
 2   choose the corpus and every setting first
 6   open an earlier run

 ?   all keys of the place you are in
"""


class TrainScreen(AppScreen):
    """Charts, progress and examples of the run in view."""

    MODE = "train"
    CSS_PATH = "screen.tcss"
    HELP = """\
The curves of one run: the one that trains now, or one opened from Runs.

CE and KL are in nats per word. A KL below about ln N (N training paradigms) cannot tell the
paradigms apart; far above it, draws from N(0, I) miss. BLEU-4, the Gaussian score and the KL of
each latent dimension come with every evaluation.

A line that begins with ! says what is amiss with the training; `w` says all of it, what to try, and
which alarms are over.

What is set by hand holds until it is given back to its schedule, through a resume too.
"""
    BINDINGS = [
        Binding("t", "train", "Train"),
        Binding("space", "pause", "Pause"),
        Binding("s", "stop", "Stop"),
        Binding("c", "checkpoint", "Checkpoint"),
        Binding("e", "evaluate", "Evaluate"),
        Binding("a", "adjust", "Adjust"),
        Binding("o", "overlay", "Other runs on the charts", show=False),
        Binding("w", "alarms", "What is amiss", show=False),
        Binding("g", "log", "Log of the libraries", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._directory: RunDirectory | None = None
        self._config: Config | None = None
        self._history = History()
        self._follower: JournalFollower | None = None
        self._problem = ""
        self._loading = False
        """Whether a worker reads a long journal, portion by portion."""
        self._others = OtherRuns(OTHERS)
        self._since = 0.0
        """Unix time from which on what the journal tells is news."""
        self._reading_others = False
        self._steered: object = None
        self._status_shown: Content | None = None
        self._shown_state: State | str = "new"

    def compose_body(self) -> ComposeResult:
        """Status, progress, charts, and more where there is room."""
        yield Static(id="status")
        with Horizontal(id="progress"):
            yield ProgressBar(show_eta=False, show_percentage=False, id="bar")
            yield Static(id="pace")
        yield Static(WELCOME, id="welcome", markup=False)
        with Horizontal(id="board"):
            smoothing = self.host.view_state.get("smoothing", SMOOTHINGS[0])
            yield Board(CHARTS, smoothing, id="charts")
            with Vertical(id="examples"):
                yield Vitals(id="vitals")
                yield Static(id="conversions")
                yield Static(id="draws")
        yield Static(id="legend")
        yield KlStrip(id="strip")
        yield Log(id="log")

    def on_mount(self) -> None:
        """Follow what is in view, from now on."""
        self.query_one("#vitals").border_title = "Pace and machine"
        self.query_one("#conversions").border_title = "Last conversions"
        self.query_one("#draws").border_title = "Last draws from N(0, I)"
        self.query_one("#log").border_title = "What libraries print (log.txt); g closes"
        self.query_one("#log").display = False
        self.set_interval(self.host.refresh_seconds, self._read)
        self.set_interval(READINGS_SECONDS, self._look_around)
        if self.host.viewed:
            self.follow(self.host.viewed)
        else:
            self._show()

    def follow(self, directory: RunDirectory | None) -> None:
        """Show a run, from its first event to whatever comes; None for no run."""
        self.workers.cancel_group(self, "journal")
        self._directory, self._config, self._problem = directory, None, ""
        self._since = time.time()
        self._loading = False
        self._history = History()
        self._follower = JournalFollower(directory.journal_file) if directory else None
        if directory:
            self._others.drop(directory.name)
            try:
                self._config = directory.config()
            except CvaeError as error:
                self._problem = str(error)
        self.query_one("#conversions", Static).update("")
        self.query_one("#draws", Static).update("")
        self.query_one("#strip", KlStrip).show(())
        self._read()
        self._show()
        self._show_legend()
        self._look_around()

    def training_changed(self) -> None:
        """Show that a training has ended, of which the app has said what there was to say."""
        self._since = time.time()
        self._read()
        self._show()

    def on_screen_resume(self) -> None:
        """Catch up on coming back."""
        self._read()
        self._show()
        self._look_around()

    # Reading

    def _read(self) -> None:
        """Take in what is new in the journal; draw it if the screen is in sight."""
        if not self._follower or not self.is_current or self._loading:
            return
        self._read_others()
        if self._follower.behind > PORTION:
            self._loading = True
            self._load(self._follower, self._history)
            return
        new = self._follower.read_new()
        if new:
            self._history.add(new)
            self._notice(new)
        # A process that died says nothing more.
        if new or self._training_starts or self._state != self._shown_state:
            self._show()

    def _notice(self, new: list[Event]) -> None:
        """Say what a training in another process tells; the app does so for its own."""
        if self._directory and not self.host.training:
            for event in new:
                if event.time >= self._since and (found := notice(event, self._directory.name)):
                    self.host.say(found)

    @work(exclusive=True, group="journal")
    async def _load(self, follower: JournalFollower, history: History) -> None:
        """Read a long journal; draw what is read so far now and then, and keys are answered."""
        shown = time.monotonic()
        while new := follower.read_new(PORTION):
            history.add(new)
            await asyncio.sleep(0)
            if time.monotonic() - shown > DRAWN_SECONDS:
                self._show()
                shown = time.monotonic()
        self._loading = False
        self._show()

    def _look_around(self) -> None:
        """Read the machine and the log, if somebody sees them."""
        if self.is_current and self._directory:
            log = bool(self.query_one("#log").display)
            self._take_readings(self._directory, bool(self.host.training), log)

    @work(thread=True, exclusive=True, group="readings")
    def _take_readings(self, directory: RunDirectory, own: bool, log: bool) -> None:
        from core.compute.system_metrics import take_readings

        readings = take_readings() if own else None
        computer = read_computer(directory.environment_file)
        vitals = self.query_one("#vitals", Vitals)
        self.app.call_from_thread(vitals.show_computer, computer, readings)
        if log:
            self.app.call_from_thread(self._show_log, _tail(directory))

    def _show_log(self, lines: list[str]) -> None:
        log = self.query_one("#log", Log)
        if lines != list(log.lines)[: len(lines)] or len(log.lines) > len(lines) + 1:
            log.clear()
            log.write_lines(lines)

    # Showing

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
        state = run_state(self._directory, self._history.state)
        steered = self.host.steered
        return "stopping" if state in ACTIVE and steered and steered.control.stopping else state

    def _show(self) -> None:
        """Draw the run as it stands."""
        self._shown_state = self._state
        empty = self._directory is None and not self.host.training
        self.query_one("#welcome").display = empty
        for part in ("#board", "#progress", "#strip"):
            self.query_one(part).display = not empty
        status = self._status()
        if status != self._status_shown:
            self._status_shown = status
            self.query_one("#status", Static).update(status, layout=False)
        if self._steered is not (steered := self.host.steered):
            self._steered = steered
            self.refresh_bindings()
        if empty:
            return
        history = self._history
        self._show_charts()
        self.query_one("#vitals", Vitals).show(history, live=self._state in ACTIVE)
        started = history.started
        bar = self.query_one("#bar", ProgressBar)
        if started:
            step = max(started.step, history.last.step if history.last else 0)
            bar.update(total=started.steps, progress=step)
        self.query_one("#pace", Static).update(Content(pace(history, self._state)), layout=False)
        if history.evaluated:
            scores = history.evaluated.scores
            self.query_one("#strip", KlStrip).show(scores.kl_per_dimension)
            self._show_examples(conversions(scores.conversions), draws(scores.samples))

    def _show_examples(self, converted: Content, drawn: Content) -> None:
        for id, content in (("#conversions", converted), ("#draws", drawn)):
            static = self.query_one(id, Static)
            if static.content != content:
                static.update(content, layout=False)

    def _show_charts(self) -> None:
        history = self._history
        shown = (history, *(other.history for other in self._others))
        ends = [one.last for one in shown if one.last]
        extent = Extent(
            max((event.epoch for event in ends), default=0.0),
            max((event.step for event in ends), default=0),
            max((event.elapsed for event in ends), default=0.0),
        )
        marks = self._marks()
        for chart in self.query_one(Board).charts:
            name = chart.name_of_metric
            others = [
                Line(series, other.slot)
                for other in self._others
                if (series := other.history.find(name)) is not None
            ]
            chart.show(history.find(name), others, marks, extent)
        self.query_one(Board).read()

    def _marks(self) -> list[Mark]:
        """Where something happened, the most important last."""
        history, started = self._history, self._history.started
        marks = []
        if started and self._config and history.last:
            starts = Schedules(self._config, started.steps_per_epoch).cycle_starts
            if len(starts) <= MOST_CYCLES:
                marks = [Mark(step, "C") for step in starts if step <= history.last.step]
        marks += [Mark(edit.step, "E") for edit in history.edits]
        for name in ("last", "best"):
            if saved := history.saved.get(name):
                marks.append(Mark(saved.step, name[0].upper()))
        marks += [Mark(alarm.step, "!") for alarm in history.alarms if alarm.begins]
        return marks

    def _status(self) -> Content:
        if self._problem:
            return Content.styled(printable(self._problem), "$text-error")
        if self._state == "starting":
            return Content("Starting: loading PyTorch, measuring threads and precision ...")
        if self._directory is None or self._config is None:
            return Content("No run in view.")
        return status(
            self._directory, self._config, self._history, self._state, loading=self._loading
        )

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that steer are there while the run in view trains on this machine."""
        if action in ("pause", "stop", "checkpoint", "evaluate", "adjust"):
            return bool(self.host.steered) or None
        if action == "train":
            return not self.host.training or None
        if action == "alarms":
            return bool(self._history.alarms) or None
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

    def action_adjust(self) -> None:
        """Set beta, learning rate or teacher forcing by hand."""
        training, progress = self.host.steered, self._history.progress
        if not training:
            return
        in_view = self._directory == training.directory
        now = {name: getattr(progress, name) for name in EDITABLE} if in_view and progress else {}

        def edit(edits: dict[str, float | None] | None) -> None:
            for name, value in (edits or {}).items():
                training.control.edit(name, value)

        overrides = self._history.overrides if in_view else SCHEDULED
        self.app.push_screen(AdjustDialog(now, overrides), edit)

    def action_alarms(self) -> None:
        """Read the alarms, and what to try."""
        self.app.push_screen(AlarmList(self._history.alarms))

    def action_log(self) -> None:
        """Show or hide what libraries print."""
        log = self.query_one("#log", Log)
        log.display = not log.display
        self._look_around()

    def on_chart_choose(self, message: Chart.Choose) -> None:
        """Put another number of the journal on a chart."""
        chart = message.chart
        names = list(dict.fromkeys([*CHARTS, *sorted(self._history.series)]))

        def choose(name: str | None) -> None:
            if name:
                chart.choose(name)
                self._show_charts()

        options = [(name, metric(name).heading) for name in names]
        self.app.push_screen(ChooseOne("On this chart", options, chart.name_of_metric), choose)

    def on_board_smoothed(self, message: Board.Smoothed) -> None:
        """Smooth like this from now on."""
        self.host.view_state.set("smoothing", message.weight, everywhere=True)

    def on_board_enlarged(self, message: Board.Enlarged) -> None:
        """Leave the whole width to a chart that is alone."""
        self.query_one("#board").set_class(message.chart is not None, "-one")

    # Other runs

    def action_overlay(self) -> None:
        """Choose other runs to draw on the charts."""
        names = [
            run.name
            for run in run_directories(self.host.runs_dir)
            if not self._directory or run.path != self._directory.path
        ]
        if not names or not self._directory:
            self.notify("There is no other run to draw on these charts.")
            return

        def choose(chosen: list[str] | None) -> None:
            if chosen is not None:
                self._others.choose(self.host.runs_dir, chosen)
                self._read_others()
                self._show_legend()
                self._show_charts()

        title = "Other runs on the charts"
        self.app.push_screen(
            ChooseSome(title, [(name, name) for name in names], self._others.names, OTHERS), choose
        )

    def _read_others(self) -> None:
        """Take in what is new in the journals of the other runs, if nobody does so already."""
        if not self._reading_others and self._others.behind:
            self._reading_others = True
            self._load_others()

    @work(thread=True, group="others")
    def _load_others(self) -> None:
        worker = get_current_worker()
        for other, new in self._others.read_new(PORTION):
            if worker.is_cancelled:
                return
            self.app.call_from_thread(other.history.add, new)
        self.app.call_from_thread(self._others_loaded)

    def _others_loaded(self) -> None:
        self._reading_others = False
        self._show_charts()

    def _show_legend(self) -> None:
        """Name the runs by colour and pattern of their lines."""
        legend = self.query_one("#legend", Static)
        legend.display = bool(self._others)
        runs = [(0, self._directory.name if self._directory else "")]
        runs += [(other.slot, other.name) for other in self._others]
        legend.update(
            Content("   ").join(
                Content.assemble((_sample(slot), LEGEND[slot]), f" {short_name(name)}")
                for slot, name in runs
            ),
            layout=False,
        )


def _sample(slot: int) -> str:
    """A piece of the line of a slot."""
    return draw([Column(0, 0, 0, 0)] * 12, -1, 1, 1, PATTERNS[slot])[0]


def _tail(directory: RunDirectory) -> list[str]:
    """The last lines of the log of a run."""
    try:
        with directory.log_file.open("rb") as file:
            file.seek(max(0, directory.log_file.stat().st_size - LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        text = ""
    return [printable(line) for line in text.splitlines()] or ["(empty)"]
