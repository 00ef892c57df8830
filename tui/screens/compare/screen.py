"""The compare screen: runs on one another, their scores, and the settings in which they differ.

Trials of an experiment that differ in their seeds alone are drawn as one: median and range.
"""

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
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

from core.catalogue.listing import run_directories
from core.config.build import value
from core.config.fields import fields
from core.config.schema import Config
from core.errors import CvaeError
from core.experiments.bands import band, summary
from core.experiments.membership import by_variant
from core.exports.palette import COLOURS
from core.runs.directory import RunDirectory
from core.runs.followed import RunState, run_state
from core.runs.history import History, Series
from core.runs.journal import JournalFollower
from core.text import printable
from core.training import events
from core.training.metrics import metric
from tui.screens.base import SCREENS, AppScreen
from tui.screens.compare.overlay import Line, Overlay
from tui.state.selection import MARKERS, MOST
from tui.text.format import score
from tui.text.run_table import SYMBOLS
from tui.widgets.choice_dialog import ChooseOne, ChooseSome
from tui.widgets.keyed_table import KeyedTable

REFRESH_SECONDS = 2.0
CHARTS = {"ce": "", "kl": "", "bleu4": "", "gaussian": "", "joint": "wide", "beta": "wide"}
"""Metrics, and whether a chart is there on wide screens alone."""
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
RANGES = {
    "variant": 29,
    "finished": 8,
    "BLEU-4": 17,
    "Gaussian": 17,
    "joint": 17,
    "best at": 15,
    "distinct": 15,
    "BLEU-4 from 0 to 1": 24,
    "Gaussian from 0 to 1": 24,
}
"""The same of several runs as one, each median with the lowest and the highest; the first four fit
into 80 columns."""
SHORT, WHOLE = "{:.3f}".format, "{:.0f}".format
MARKED = "the marked runs"
"""What is compared when no experiment is; no experiment can have this name."""


@dataclass(slots=True)
class Followed:
    """What is known of one run; the worker alone changes it."""

    directory: RunDirectory
    follower: JournalFollower
    config: Config | None
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class Group:
    """What is drawn as one: a run, or the seeds of a variant."""

    place: int
    name: str
    runs: Sequence[RunDirectory]


@dataclass(frozen=True, slots=True)
class Compared:
    """A group as it stood at one moment."""

    place: int
    name: str
    states: Sequence[RunState]
    config: Config | None
    best: Sequence[events.Evaluated]
    """Of each run that was evaluated."""
    lines: Mapping[tuple[str, str], Line]
    """By series and by what lies along x."""

    @property
    def finished(self) -> str:
        """How many of the runs have finished."""
        return f"{self.states.count('finished')} of {len(self.states)}"


class CompareScreen(AppScreen):
    """Two to eight runs beside one another."""

    MODE = "compare"
    CSS_PATH = "screen.tcss"
    HELP = """\
Each run has a colour and a marker of its own, which it keeps while it is chosen. Runs are marked on
the Runs screen, or picked here.

An experiment is compared as a whole: a line is the median over a variant's seeds, the hatched band
about it reaches from the lowest to the highest, and scores are a median and a range in the same
way. Marked runs that are trials of one experiment are drawn so too.

The scores are those of each run's best checkpoint, the Gaussian score with its 95 % Wilson
interval: where two intervals overlap, the difference may be chance. BLEU-4 is of the reported pairs
where a run has any, else of the selection pairs.
"""
    BINDINGS = [
        Binding("p", "pick", "Pick runs"),
        Binding("e", "experiment", "Experiment"),
        Binding("v", "next_view", "Next view"),
        Binding("x", "next_axis", "Other x"),
        Binding("z", "enlarge", "One chart"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._followed: dict[Path, Followed] = {}
        self._compared: Sequence[Compared] = ()
        self._experiment = ""
        """Whose trials are compared; empty for the marked runs."""
        self._axis = "epoch"
        self._reader: Worker[None] | None = None

    def compose_body(self) -> ComposeResult:
        """The legend, and below it charts, scores or settings."""
        yield Static(id="legend", markup=False)
        yield Static(id="empty", markup=False)
        with TabbedContent(initial="curves"):
            with TabPane("Curves", id="curves"), Container(id="charts"):
                for name, kind in CHARTS.items():
                    chart = Overlay(metric(name).heading, metric(name).bounds)
                    chart.set_class(kind == "wide", "wide")
                    yield chart
            with TabPane("Scores", id="scores"):
                yield KeyedTable(id="score-table")
            with TabPane("Settings that differ", id="settings"):
                yield KeyedTable(id="setting-table")

    def on_mount(self) -> None:
        """Follow the chosen runs."""
        self.query_one("#empty", Static).update(
            "Choose two to eight runs to see them on one another.\n\n"
            " p   pick them here\n"
            " e   choose an experiment, whose trials are compared as a whole\n"
            f" {list(SCREENS).index('runs') + 1}   or mark them on {SCREENS['runs']} "
            "with the space bar"
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
        if self._experiment or len(self.host.chosen):
            self.query_one("#legend").display = True
            if not self._compared:
                self.query_one("#legend", Static).update("Reading journals ...")
        self._reader = self._read(dict(self.host.chosen), self._experiment)

    def _read_on(self) -> None:
        """Read again, unless that is still under way."""
        if self.is_current and (self._reader is None or self._reader.is_finished):
            self._reader = self._read(dict(self.host.chosen), self._experiment)

    @work(thread=True, group="compare")
    def _read(self, chosen: Mapping[int, RunDirectory], experiment: str) -> None:
        """Take in what is new in the journals, and show how the runs stand."""
        worker, followed = get_current_worker(), {}
        groups = _of_experiment(self.host.runs_dir, experiment) if experiment else _groups(chosen)
        for directory in (run for group in groups for run in group.runs):
            # Taken away from those known while it changes, so that a run has one reader at a time.
            run = self._followed.pop(directory.path, None) or _follow(directory)
            while new := run.follower.read_new():
                run.history.add(new)
                if worker.is_cancelled:
                    return
            followed[directory.path] = run
        self._followed = followed
        compared = [
            _compared(group, [followed[run.path] for run in group.runs]) for group in groups
        ]
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show, compared)

    def _show(self, compared: Sequence[Compared]) -> None:
        self._compared = compared
        self.query_one("#empty").display = not compared
        self.query_one("#legend").display = bool(compared)
        self.query_one(TabbedContent).display = bool(compared)
        self.query_one("#legend", Static).update(_legend(compared))
        self._show_curves()
        self._show_scores()
        self._show_settings()
        self.refresh_bindings()

    def _show_curves(self) -> None:
        for name, chart in zip(CHARTS, self.query(Overlay), strict=True):
            key = (name, self._axis)
            chart.show([run.lines[key] for run in self._compared if key in run.lines], self._axis)

    def _show_scores(self) -> None:
        table = self.query_one("#score-table", KeyedTable)
        as_one = any(len(group.states) > 1 for group in self._compared)
        titles = RANGES if as_one else SCORES
        if [str(key.value) for key in table.columns] != list(titles):
            table.lay_out({title: (title, width) for title, width in titles.items()})
        cells = _ranges if as_one else _scores
        table.fill({group.name: cells(group) for group in self._compared})

    def _show_settings(self) -> None:
        table = self.query_one("#setting-table", KeyedTable)
        runs = [run for run in self._compared if run.config]
        titles = {"setting": ("setting", 34)} | {
            run.name: (f"{MARKERS[run.place]} {printable(run.name)}", 14) for run in runs
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
            self._experiment = ""
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
            self.notify(
                f"There are no runs in {printable(str(self.host.runs_dir))} yet.", markup=False
            )

    @work(exclusive=True, group="experiments")
    async def action_experiment(self) -> None:
        """Choose the experiment whose trials are compared."""
        runs = self.host.runs_dir
        there = await asyncio.to_thread(lambda: by_variant(run_directories(runs)))
        if not there:
            self.notify(
                f"There is no experiment in {printable(str(runs))} yet; "
                "`cvae-tui experiment` runs one.",
                markup=False,
            )
            return
        told = {
            name: f"{name}: {sum(map(len, variants.values()))} trials of {len(variants)} variants"
            for name, variants in there.items()
        }
        if len(self.host.chosen):
            told[MARKED] = f"{MARKED} ({len(self.host.chosen)})"
        title = "Compare the trials of an experiment"
        name = await self.app.push_screen_wait(
            ChooseOne(title, list(told.items()), self._experiment)
        )
        if name:
            self._experiment = "" if name == MARKED else name
            self._begin()
            if len(there.get(name, ())) > MOST:
                self.notify(f"{len(there[name])} variants; the first {MOST} are compared.")

    def action_next_view(self) -> None:
        """Curves, scores, settings."""
        tabs = self.query_one(TabbedContent)
        views = [pane.id or "" for pane in self.query(TabPane)]
        tabs.active = views[(views.index(tabs.active) + 1) % len(views)]

    @on(TabbedContent.TabActivated)
    def _focus_view(self, event: TabbedContent.TabActivated) -> None:
        """Let the arrow keys scroll what has come into view, unless they choose the view."""
        if not isinstance(self.focused, Tabs):
            event.pane.query("KeyedTable, Overlay").first().focus()

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


def _of_experiment(runs: Path, name: str) -> list[Group]:
    """The variants of an experiment, as many as can be told apart."""
    variants = by_variant(run_directories(runs)).get(name, {})
    return [
        Group(place, variant, seeds)
        for place, (variant, seeds) in zip(range(MOST), variants.items(), strict=False)
    ]


def _groups(chosen: Mapping[int, RunDirectory]) -> list[Group]:
    """The marked runs: trials of one experiment by their variants, else each by itself."""
    places = {run.path: place for place, run in chosen.items()}
    experiments = by_variant(chosen.values())
    variants = next(iter(experiments.values())) if len(experiments) == 1 else {}
    if len(variants) < len(chosen) == sum(map(len, variants.values())):
        grouped = [
            Group(min(places[run.path] for run in seeds), variant, seeds)
            for variant, seeds in variants.items()
        ]
        return sorted(grouped, key=lambda group: group.place)
    return [Group(place, run.name, [run]) for place, run in chosen.items()]


def _compared(group: Group, runs: Sequence[Followed]) -> Compared:
    """A copy of what is known, which no longer changes."""
    lines = {}
    for name in CHARTS:
        found = [series for run in runs if (series := run.history.find(name)) is not None]
        for axis, column in AXES.items() if found else ():
            lines[name, axis] = _line(group.place, found, column)
    return Compared(
        group.place,
        group.name,
        [run_state(run.directory, run.history.state) for run in runs],
        runs[0].config,
        [run.history.best for run in runs if run.history.best],
        lines,
    )


def _line(place: int, series: Sequence[Series], column: str) -> Line:
    """One run's points, or the median and the range of several at the steps they share."""
    if len(series) == 1:
        (one,) = series
        return Line(place, array("d", getattr(one, column)), array("d", one.values))
    found = band([(one.steps, one.values) for one in series])
    xs = band([(one.steps, getattr(one, column)) for one in series]).median
    return Line(place, xs, found.median, found.low, found.high)


def _legend(compared: Sequence[Compared]) -> Content:
    """Marker, name and state of each, which stay on one line."""
    entries = [
        Content.assemble(
            (MARKERS[group.place], COLOURS[group.place]),
            f"\N{NO-BREAK SPACE}{printable(group.name)}\N{NO-BREAK SPACE}",
            (_states(group).replace(" ", "\N{NO-BREAK SPACE}"), "$text-muted"),
        )
        for group in compared
    ]
    return Content("   ").join(entries)


def _states(group: Compared) -> str:
    if len(group.states) == 1:
        return SYMBOLS[group.states[0]]
    return f"{SYMBOLS['finished']} {group.finished}"


def _title(group: Compared) -> Text:
    name = Text.assemble((MARKERS[group.place], COLOURS[group.place]), f" {printable(group.name)}")
    name.no_wrap, name.overflow = True, "ellipsis"
    return name


def _scores(run: Compared) -> list[Text]:
    """The cells of a run under `SCORES`."""
    name = _title(run)
    if not run.best:
        return [name, *(Text("") for _ in range(len(SCORES) - 1))]
    (best,) = run.best
    gaussian = best.scores.gaussian
    low, high = gaussian.ci95
    texts = (
        f"{best.epoch:.1f}",
        score(best.scores.headline_bleu4),
        score(gaussian.score),
        f"{low:.4f} - {high:.4f}",
        f"{gaussian.distinct:,}",
        f"{gaussian.draws:,}",
        score(gaussian.course_score),
        score(best.joint),
        f"{SYMBOLS[run.states[0]]} {run.states[0]}",
        _interval(low, gaussian.score, high, SCORES["interval from 0 to 1"]),
    )
    return [name, *(Text(text) for text in texts)]


def _ranges(group: Compared) -> list[Text]:
    """The cells of a group under `RANGES`."""
    cells = [_title(group), Text(group.finished)]
    if not group.best:
        return [*cells, *(Text("") for _ in range(len(RANGES) - len(cells)))]
    bleu4 = summary([best.scores.headline_bleu4 for best in group.best])
    gaussian = summary([best.scores.gaussian.score for best in group.best])
    texts = (
        _range(bleu4, SHORT),
        _range(gaussian, SHORT),
        _range(summary([best.joint for best in group.best]), SHORT),
        _range(summary([best.epoch for best in group.best]), WHOLE),
        _range(summary([best.scores.gaussian.distinct for best in group.best]), WHOLE),
        _interval(bleu4[1], bleu4[0], bleu4[2], RANGES["BLEU-4 from 0 to 1"]),
        _interval(gaussian[1], gaussian[0], gaussian[2], RANGES["Gaussian from 0 to 1"]),
    )
    return [*cells, *(Text(text) for text in texts)]


def _range(found: tuple[float, float, float], spelt: Callable[[float], str]) -> str:
    median, low, high = map(spelt, found)
    return f"{median} {low}-{high}"


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
            texts = [Text(known.key), *(Text(printable(str(found))) for found in values)]
            for text in texts:
                text.no_wrap, text.overflow = True, "ellipsis"
            rows[known.key] = texts
    return rows
