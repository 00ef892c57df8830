"""The training screen: the charts of a run, live or finished."""

import contextlib
import math
import time
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.widgets import ProgressBar, Static
from textual.worker import Worker, get_current_worker

from core.catalogue.listing import run_directories
from core.runs.directory import RunDirectory
from core.runs.followed import FollowedRun
from core.runs.history import ACTIVE, History
from core.text import printable
from core.training.events import Event
from tui.charts.board import Board
from tui.charts.series_cache import Line
from tui.charts.window import Extent
from tui.hosting.host import Training
from tui.screens.train.alarm_list import AlarmList
from tui.screens.train.examples import conversions, draws
from tui.screens.train.kl_strip import KlStrip
from tui.screens.train.log_tail import LogTail, tail
from tui.screens.train.marks import marks
from tui.screens.train.run_stats import Computer, RunStats, read_computer
from tui.screens.train.steering import SteeringScreen
from tui.state.followed_runs import PORTION, FollowedRuns
from tui.state.selection import MOST
from tui.text.legend import legend
from tui.text.notices import notice
from tui.text.status import pace, short_name, status
from tui.widgets.choice_dialog import ChooseSome
from tui.widgets.metric_board import MetricBoard

if TYPE_CHECKING:
    from core.compute.system_metrics import Readings

CHARTS = ("ce", "kl", "beta", "bleu4", "gaussian", "teacher_forcing_ratio")
READINGS_SECONDS = 2.0
DRAWN_SECONDS = 1.0
"""From one drawing of a journal that is being read to the next; a drawing delays the reading."""
WELCOME = """\
Nothing is trained yet.

 t   train now: the preset default on the corpus verbs
 2   choose the corpus and every setting first
 6   open an earlier run

 ?   all keys of the place you are in
"""


class TrainScreen(SteeringScreen):
    """Charts, progress and examples of the run in view."""

    MODE = "train"
    CSS_PATH = "screen.tcss"
    HELP = """\
The curves of one run: the one that trains now, or one opened from Runs. `o` adds other runs. They
are then marked on Runs and Compare too, with the same colours and markers.

CE and KL are in nats per word. A KL below about ln N (N training paradigms) cannot tell the
paradigms apart; far above it, samples from N(0, I) miss. BLEU-4, the Gaussian score and the KL of
each latent dimension come with every evaluation.

A line that begins with ! is an active alarm. `w` lists all alarms with advice.

A value that is set by hand holds until it is given back to its schedule, also after a resume.
"""
    BINDINGS = [
        Binding("t", "train", "Train"),
        Binding("space", "pause", "Pause"),
        Binding("s", "stop", "Stop"),
        Binding("c", "checkpoint", "Checkpoint"),
        Binding("e", "evaluate", "Evaluate"),
        Binding("a", "adjust", "Adjust"),
        Binding("o", "overlay", "Other runs on the charts", show=False),
        Binding("w", "alarms", "Alarms", show=False),
        Binding("g", "log", "Log of the libraries", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs = FollowedRuns()
        """The run in view and the chosen ones."""
        self._reader: Worker[None] | None = None
        self._loading = False
        """True while a long journal is read for the first time."""
        self._drawn_at = 0.0
        self._grown = False
        """True when events came since the last drawing."""
        self._since = 0.0
        """Unix time from which on events are news."""
        self._steered: Training | None = None
        self._shown_state = "new"

    def compose_body(self) -> ComposeResult:
        """Yield status, progress, charts, and more where there is space."""
        yield Static(id="status")
        with Horizontal(id="progress"):
            yield ProgressBar(show_eta=False, show_percentage=False, id="bar")
            yield Static(id="pace")
        yield Static(WELCOME, id="welcome", markup=False)
        with Horizontal(id="board"):
            yield MetricBoard(CHARTS, "train_charts", id="charts")
            with Vertical(id="examples"):
                yield RunStats(id="stats")
                yield Static(id="conversions")
                yield Static(id="draws")
        yield Static(id="legend", classes="line")
        yield KlStrip(id="strip", classes="line")
        yield LogTail(id="log")

    def on_mount(self) -> None:
        """Follow the run in view."""
        self.query_one("#conversions").border_title = "Last conversions"
        self.query_one("#draws").border_title = "Last samples from N(0, I)"
        self.set_interval(self.host.refresh_seconds, self._read)
        self.set_interval(READINGS_SECONDS, self._read_machine)
        self.host.show_view, self.host.show_end = self.follow, self._show_end
        if self.host.viewed:
            self.follow(self.host.viewed)
        else:
            self._show()

    def follow(self, directory: RunDirectory | None) -> None:
        """Show a run from its first event on; None for no run."""
        self.workers.cancel_group(self, "journal")
        self._reader = None
        self._since = time.time()
        self.run = FollowedRun(directory) if directory else None
        self._loading = False
        if self.run:
            self.run.update(PORTION)
            self._loading = self.run.behind > 0
        for selector in ("#conversions", "#draws"):
            self._put(selector, Content())
        self.query_one("#strip", KlStrip).show(())
        self._follow_chosen()
        self._read()
        self._show()
        self._read_machine()

    def _show_end(self) -> None:
        """Show that a training has ended; the app notifies of the reason."""
        self._since = time.time()
        self._catch_up()

    def on_screen_resume(self) -> None:
        """Catch up, on the chosen runs too."""
        self._follow_chosen()
        self._catch_up()
        self._read_machine()

    def _catch_up(self) -> None:
        if self.run and not self._loading:
            self._read()
        self._show()

    @property
    def _history(self) -> History:
        return self.run.history if self.run else History()

    @property
    def _drawn(self) -> list[tuple[int | None, FollowedRun]]:
        """The run in view and the chosen ones, with their places."""
        # A run that is chosen on another screen is followed once this screen is back.
        chosen = ((at, self._runs[run]) for at, run in self.host.chosen if run in self._runs)
        others = [(place, run) for place, run in chosen if run is not self.run]
        run = self.run
        return [(self.host.chosen.place(run.directory), run), *others] if run else [*others]

    def _follow_chosen(self) -> None:
        """Follow the run in view and the chosen runs."""
        chosen = [run for _, run in self.host.chosen]
        self._runs.follow([self.run, *chosen] if self.run else chosen)
        self._show_legend()

    def _read(self) -> None:
        """Read what is new in the journals, unless that is under way."""
        if self.run and self.is_current and (self._reader is None or self._reader.is_finished):
            self._reader = self._read_journals()

    @work(thread=True, group="journal")
    def _read_journals(self) -> None:
        worker, call = get_current_worker(), self.app.call_from_thread
        self._runs.read(lambda *read: call(self._take, *read), lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            call(self._read_done)

    def _take(self, run: FollowedRun, new: list[Event]) -> None:
        """Take in new events of a run; draw a long journal now and then."""
        run.take(new)
        self._grown = self._grown or bool(new)
        if run is self.run:
            self._notify(new)
        if time.monotonic() - self._drawn_at > DRAWN_SECONDS:
            self._show_read()

    def _read_done(self) -> None:
        loaded, self._loading = self._loading, False
        # A process that died writes no event.
        changed = self._state != self._shown_state or self.host.steered is not self._steered
        starts = self.host.training and not self._history.progress
        if self._grown or loaded or changed or starts:
            self._show_read()

    def _show_read(self) -> None:
        # While the app closes, widgets go one by one and a reader may still come back.
        with contextlib.suppress(NoMatches):
            self._show()

    def _notify(self, new: list[Event]) -> None:
        """Notify of a training in another process; the app does so for its own."""
        if self.run and not self.host.training:
            own, since = self.host.ended, self._since
            if own and own.last and own.directory == self.run.directory:
                # This screen may read the last events of a training after its end.
                since = max(since, math.nextafter(own.last.time, math.inf))
            for event in new:
                if event.time >= since and (found := notice(event, self.run.name)):
                    self.host.say(found)

    def _read_machine(self) -> None:
        """Read the machine and the log, if they are visible."""
        if self.is_current and self.run:
            log = bool(self.query_one(LogTail).display)
            self._take_readings(self.run.directory, bool(self.host.training), log)

    @work(thread=True, exclusive=True, group="readings")
    def _take_readings(self, directory: RunDirectory, own: bool, log: bool) -> None:
        from core.compute.system_metrics import take_readings

        readings = take_readings() if own else None
        computer, lines = (
            read_computer(directory.environment_file),
            tail(directory) if log else None,
        )
        self.app.call_from_thread(self._show_machine, computer, readings, lines)

    def _show_machine(
        self, computer: Computer | None, readings: "Readings | None", lines: list[str] | None
    ) -> None:
        # While the app closes, the widgets may be gone.
        with contextlib.suppress(NoMatches):
            self.query_one(RunStats).show_computer(computer, readings)
            if lines is not None:
                self.query_one(LogTail).show(lines)

    @property
    def _state(self) -> str:
        training = self.host.training
        if training and (training.directory is None or self._history.started is None):
            return "starting"
        if self.run is None:
            return "new"
        steered = self.host.steered
        stopping = steered and steered.control.stopping
        return "stopping" if self.run.state in ACTIVE and stopping else self.run.state

    def _show(self) -> None:
        """Draw the run as it stands."""
        self._shown_state, self._grown, self._drawn_at = self._state, False, time.monotonic()
        empty = self.run is None and not self.host.training
        self.query_one("#welcome").display = empty
        for part in ("#board", "#progress", "#strip"):
            self.query_one(part).display = not empty
        self._put("#status", self._status())
        if self._steered is not self.host.steered:
            self._steered = self.host.steered
            self.refresh_bindings()
        if empty:
            return
        history = self._history
        self._show_charts()
        self.query_one(RunStats).show(history, live=self._state in ACTIVE)
        if started := history.started:
            step = max(started.step, history.last.step if history.last else 0)
            self.query_one("#bar", ProgressBar).update(total=started.steps, progress=step)
        self._put("#pace", Content(pace(history, self._state)))
        if history.evaluated:
            scores = history.evaluated.scores
            self.query_one("#strip", KlStrip).show(scores.kl_per_dimension)
            self._put("#conversions", conversions(scores.conversions))
            self._put("#draws", draws(scores.samples))

    def _put(self, selector: str, content: Content) -> None:
        """Update a text, unless it is the same."""
        static = self.query_one(selector, Static)
        if static.content != content:
            static.update(content, layout=False)

    def _show_charts(self) -> None:
        board, history = self.query_one(MetricBoard), self._history
        board.offered = {name for run in self._runs for name in run.history.series}
        extent = Extent.of(run.history for run in self._runs)
        board.show(self._lines, marks(history, self.run.config if self.run else None), extent)

    def _lines(self, name: str) -> list[Line]:
        """Return a metric of the run in view and of the chosen ones."""
        return [
            Line(series, place, main=run is self.run)
            for place, run in self._drawn
            if (series := run.history.find(name)) is not None
        ]

    def _show_legend(self) -> None:
        """Name the runs beside the markers of their lines."""
        runs = self._drawn if self.run else []
        self.query_one("#legend").display = len(runs) > 1
        self._put("#legend", legend((place, short_name(run.name), "") for place, run in runs))

    def _status(self) -> Content:
        run = self.run
        if run and run.problem:
            return Content.styled(printable(run.problem), "$text-error")
        if self._state == "starting":
            return Content("Starting: loading PyTorch, measuring threads and precision ...")
        if run is None or run.config is None:
            return Content("No run in view.")
        return status(run.directory, run.config, run.history, self._state, loading=self._loading)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the key of the alarms while there are any."""
        if action == "alarms":
            return bool(self._history.alarms) or None
        return super().check_action(action, parameters)

    def action_stop(self) -> None:
        """Stop the training with a checkpoint."""
        super().action_stop()
        self._show()

    def action_alarms(self) -> None:
        """Read the alarms, and what to try."""
        self.app.push_screen(AlarmList(self._history.alarms))

    def action_log(self) -> None:
        """Show or hide the log of the libraries."""
        log = self.query_one(LogTail)
        log.display = not log.display
        self._read_machine()

    def on_board_enlarged(self, message: Board.Enlarged) -> None:
        """Give the whole width to an enlarged chart."""
        self.query_one("#board").set_class(message.chart is not None, "-one")

    def action_overlay(self) -> None:
        """Choose the runs to see together with the one in view."""
        run, there = self.run, run_directories(self.host.runs_dir)
        others = {other.name: other for other in there if not run or other != run.directory}
        if not others or run is None:
            self.notify("There is no other run to draw on these charts.")
            return

        def choose(names: list[str] | None) -> None:
            if names is not None:
                chosen = [others[name] for name in names]
                self.host.chosen.choose([run.directory, *chosen] if chosen else ())
                self._follow_chosen()
                self._read()
                self._show_charts()

        before = [other.name for _, other in self._drawn if other is not run]
        options = [(name, name) for name in others]
        title = "Other runs on the charts"
        self.app.push_screen(ChooseSome(title, options, before, MOST - 1), choose)
