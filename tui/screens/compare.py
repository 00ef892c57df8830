"""The compare screen: runs on one another, their scores, and the settings in which they differ."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static, TabbedContent, TabPane, Tabs
from textual.worker import Worker, get_current_worker

from core import events
from core.config import Config, fields, value
from core.errors import CvaeError
from core.runs.catalogue import RunState, run_directories, run_state
from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import JournalFollower
from tui.chosen import COLOURS, MARKERS, MOST
from tui.harmless import harmless
from tui.run_table import SYMBOLS
from tui.widgets.choice import ChooseSome
from tui.widgets.overlay import Line, Overlay
from tui.widgets.room import ROOMS, Room
from tui.widgets.steady_table import SteadyTable
from tui.wording import score

REFRESH_SECONDS = 2.0
UNIT = (0.0, 1.0)
CHARTS = {
    "ce": ("CE nats/word", None, ""),
    "kl": ("KL nats", None, ""),
    "bleu4": ("BLEU-4", UNIT, ""),
    "gaussian": ("Gaussian", UNIT, ""),
    "joint": ("Joint score", UNIT, "wide"),
    "beta": ("Beta", None, "wide"),
}
"""Title, bounds, and whether a chart is there on wide screens alone."""
AXES = {"epoch": "epochs", "step": "steps", "seconds of training": "times"}
"""What lies along x, and the column of a series that has it."""
SCORES = {
    "run": 20,
    "best at": 7,
    "BLEU-4": 7,
    "Gaussian": 8,
    "95 % interval": 15,
    "distinct": 8,
    "draws": 7,
    "course": 7,
    "joint": 7,
    "state": 11,
    "interval from 0 to 1": 30,
}
"""The columns of the scores, and how wide each is; the first six fit into 80 columns."""


@dataclass(slots=True)
class Followed:
    """What is known of one run; the worker alone changes it."""

    directory: RunDirectory
    follower: JournalFollower
    config: Config | None
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class Compared:
    """One run as it stood at one moment."""

    place: int
    name: str
    state: RunState
    config: Config | None
    best: events.Evaluated | None
    lines: Mapping[tuple[str, str], Line]
    """By series and by what lies along x."""


class CompareScreen(Room):
    """Two to eight runs beside one another."""

    ROOM = "compare"
    CSS_PATH = "compare.tcss"
    HELP = """\
Each run has a colour and a marker of its own, which it keeps while it is chosen. Runs are marked on
the Runs screen, or picked here.

The scores are those of each run's best checkpoint, the Gaussian score with its 95 % Wilson
interval: where two intervals overlap, the difference may be chance. BLEU-4 is of the reported pairs
where a run has any, else of the selection pairs.
"""
    BINDINGS = [
        Binding("p", "pick", "Pick runs"),
        Binding("v", "next_view", "Next view"),
        Binding("x", "next_axis", "Other x"),
        Binding("z", "enlarge", "One chart"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._followed: dict[Path, Followed] = {}
        self._compared: Sequence[Compared] = ()
        self._axis = "epoch"
        self._reader: Worker[None] | None = None

    def compose_room(self) -> ComposeResult:
        """The legend, and below it charts, scores or settings."""
        yield Static(id="legend", markup=False)
        yield Static(id="empty", markup=False)
        with TabbedContent(initial="curves"):
            with TabPane("Curves", id="curves"), Container(id="charts"):
                for title, bounds, kind in CHARTS.values():
                    chart = Overlay(title, bounds)
                    chart.set_class(kind == "wide", "wide")
                    yield chart
            with TabPane("Scores", id="scores"):
                yield SteadyTable(id="score-table")
            with TabPane("Settings that differ", id="settings"):
                yield SteadyTable(id="setting-table")

    def on_mount(self) -> None:
        """Follow the chosen runs."""
        self.query_one("#score-table", SteadyTable).lay_out(
            {title: (title, width) for title, width in SCORES.items()}
        )
        self.query_one("#empty", Static).update(
            "Choose two to eight runs to see them on one another.\n\n"
            " p   pick them here\n"
            f" {list(ROOMS).index('runs') + 1}   or mark them on {ROOMS['runs']} with the space bar"
        )
        self.set_interval(REFRESH_SECONDS, self._read_on)
        self._show(())

    def on_screen_resume(self) -> None:
        """Follow what is chosen by now."""
        self._begin()

    def _begin(self) -> None:
        """Read at once, whatever is being read."""
        if self._reader:
            self._reader.cancel()
        if chosen := len(self.host.chosen):
            self.query_one("#legend").display = True
            if not self._compared:
                self.query_one("#legend", Static).update(f"Reading {chosen} journals ...")
        self._reader = self._read(dict(self.host.chosen))

    def _read_on(self) -> None:
        """Read again, unless that is still under way."""
        if self.is_current and (self._reader is None or self._reader.is_finished):
            self._reader = self._read(dict(self.host.chosen))

    @work(thread=True, group="compare")
    def _read(self, chosen: Mapping[int, RunDirectory]) -> None:
        """Take in what is new in the journals, and show how the runs stand."""
        worker, followed = get_current_worker(), {}
        for directory in chosen.values():
            # Taken away from those known while it changes, so that a run has one reader at a time.
            run = self._followed.pop(directory.path, None) or _follow(directory)
            while new := run.follower.read_new():
                run.history.add(new)
                if worker.is_cancelled:
                    return
            followed[directory.path] = run
        self._followed = followed
        compared = [_compared(place, followed[run.path]) for place, run in chosen.items()]
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show, compared)

    def _show(self, compared: Sequence[Compared]) -> None:
        self._compared = compared
        self.query_one("#empty").display = not compared
        self.query_one("#legend").display = bool(compared)
        self.query_one(TabbedContent).display = bool(compared)
        self.query_one("#legend", Static).update(_legend(compared))
        self._show_curves()
        self.query_one("#score-table", SteadyTable).fill(
            {run.name: _scores(run) for run in compared}
        )
        self._show_settings()
        self.refresh_bindings()

    def _show_curves(self) -> None:
        for name, chart in zip(CHARTS, self.query(Overlay), strict=True):
            key = (name, self._axis)
            chart.show([run.lines[key] for run in self._compared if key in run.lines], self._axis)

    def _show_settings(self) -> None:
        table = self.query_one("#setting-table", SteadyTable)
        runs = [run for run in self._compared if run.config]
        titles = {"setting": ("setting", 34)} | {
            run.name: (f"{MARKERS[run.place]} {harmless(run.name)}", 14) for run in runs
        }
        if [str(key.value) for key in table.columns] != list(titles):
            table.lay_out(titles)
            table.fixed_columns = 1
        table.fill(_differing([(run.name, run.config) for run in runs if run.config]))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the views are there while there is something to see."""
        if action in ("next_view", "next_axis", "enlarge"):
            return bool(self._compared) or None
        return super().check_action(action, parameters)

    def action_pick(self) -> None:
        """Pick the runs to compare."""
        chosen = self.host.chosen
        there = [run for run in run_directories(self.host.runs_dir) if run.journal_file.exists()]

        def picked(names: list[str] | None) -> None:
            if names is None:
                return
            runs = [run for run in there if run.name in names]
            for _, run in list(chosen):
                if run not in runs:
                    chosen.toggle(run)
            for run in runs:
                if chosen.place(run) is None:
                    chosen.toggle(run)
            self._begin()

        if there:
            names = [run.name for run in there]
            before = [run.name for _, run in chosen]
            self.app.push_screen(
                ChooseSome("Runs to compare", [*zip(names, names, strict=True)], before, MOST),
                picked,
            )
        else:
            self.notify(f"There are no runs in {harmless(str(self.host.runs_dir))} yet.")

    def action_next_view(self) -> None:
        """Curves, scores, settings."""
        tabs = self.query_one(TabbedContent)
        views = [pane.id or "" for pane in self.query(TabPane)]
        tabs.active = views[(views.index(tabs.active) + 1) % len(views)]

    @on(TabbedContent.TabActivated)
    def _focus_view(self, event: TabbedContent.TabActivated) -> None:
        """Let the arrow keys scroll what has come into view, unless they choose the view."""
        if not isinstance(self.focused, Tabs):
            event.pane.query("SteadyTable, Overlay").first().focus()

    def action_next_axis(self) -> None:
        """Draw over epochs, steps, or seconds of training."""
        names = list(AXES)
        self._axis = names[(names.index(self._axis) + 1) % len(names)]
        self._show_curves()

    def action_enlarge(self) -> None:
        """One chart on the whole screen, or all of them again."""
        charts, board = self.query(Overlay), self.query_one("#charts")
        focused = self.focused if isinstance(self.focused, Overlay) else charts.first()
        board.toggle_class("-one")
        for chart in charts:
            chart.set_class(board.has_class("-one") and chart is not focused, "other")
        focused.focus()


def _follow(directory: RunDirectory) -> Followed:
    try:
        config = directory.config()
    except CvaeError:
        config = None
    return Followed(directory, JournalFollower(directory.journal_file), config)


def _compared(place: int, run: Followed) -> Compared:
    """A copy of what is known, which no longer changes."""
    lines = {}
    for name in CHARTS:
        series = run.history.series.get(name)
        if name == "bleu4" and series is None:
            series = run.history.series.get("selection_bleu4")
        if series is not None:
            ys = array("d", series.values)
            for axis, column in AXES.items():
                lines[name, axis] = Line(place, array("d", getattr(series, column)), ys)
    state = run_state(run.directory, run.history)
    return Compared(place, run.directory.name, state, run.config, run.history.best, lines)


def _legend(compared: Sequence[Compared]) -> Content:
    """Marker, name and state of each run, which stay on one line."""
    entries = [
        Content.assemble(
            (MARKERS[run.place], COLOURS[run.place]),
            f"\N{NO-BREAK SPACE}{harmless(run.name)}\N{NO-BREAK SPACE}",
            (SYMBOLS[run.state], "$text-muted"),
        )
        for run in compared
    ]
    return Content("   ").join(entries)


def _scores(run: Compared) -> list[Text]:
    """The cells of a run under `SCORES`."""
    name = Text.assemble((MARKERS[run.place], COLOURS[run.place]), f" {harmless(run.name)}")
    name.no_wrap, name.overflow = True, "ellipsis"
    if run.best is None:
        return [name, *(Text("") for _ in range(len(SCORES) - 1))]
    scores, gaussian = run.best.scores, run.best.scores.gaussian
    low, high = gaussian.ci95
    bleu4 = scores.selection_bleu4 if scores.bleu4 is None else scores.bleu4
    texts = (
        f"{run.best.epoch:.1f}",
        score(bleu4),
        score(gaussian.score),
        f"{low:.4f} - {high:.4f}",
        f"{gaussian.distinct:,}",
        f"{gaussian.draws:,}",
        score(gaussian.course_score),
        score(run.best.joint),
        f"{SYMBOLS[run.state]} {run.state}",
        _interval(low, gaussian.score, high, SCORES["interval from 0 to 1"]),
    )
    return [name, *(Text(text) for text in texts)]


def _interval(low: float, middle: float, high: float, width: int) -> str:
    """A score and its interval on a line from 0 to 1."""
    first, at, last = (round(number * (width - 1)) for number in (low, middle, high))
    marks = ["─" if first <= place <= last else "·" for place in range(width)]
    marks[first], marks[last] = "├", "┤"
    marks[at] = "●"
    return "".join(marks)


def _differing(configs: Sequence[tuple[str, Config]]) -> dict[str, list[Text]]:
    """A row for each setting that is not the same in all the runs."""
    rows = {}
    for known in fields():
        values = [value(config, known) for _, config in configs]
        if len(set(map(str, values))) > 1:
            texts = [Text(known.key), *(Text(harmless(str(found))) for found in values)]
            for text in texts:
                text.no_wrap, text.overflow = True, "ellipsis"
            rows[known.key] = texts
    return rows
