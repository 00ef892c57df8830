"""The Compare screen: curves, scores and different settings of several runs."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.events import ScreenResume
from textual.widgets import Static, TabbedContent, TabPane, Tabs
from textual.worker import Worker, get_current_worker

from core.catalogue.listing import run_directories
from core.experiments.membership import by_variant
from core.runs.directory import RunDirectory
from core.text import printable
from tui.charts.series_cache import Line
from tui.charts.window import Extent
from tui.screens.base import SCREENS, AppScreen
from tui.screens.compare.groups import Group, Members, of_experiment, of_selection
from tui.screens.compare.tables import RANGES, SCORES, ranges, scores, settings
from tui.state.followed_runs import FollowedRuns
from tui.state.selection import MARKERS, MOST
from tui.text.legend import legend
from tui.text.run_table import SYMBOLS
from tui.widgets.choice_dialog import ChooseOne, ChooseSome
from tui.widgets.keyed_table import KeyedTable
from tui.widgets.metric_board import MetricBoard

REFRESH_SECONDS = 2.0
CHARTS = ("ce", "kl", "bleu4", "gaussian", "joint", "beta")
ALWAYS = 4
"""Charts that are shown on the narrowest screen."""
MARKED = "the marked runs"
"""The choice of the marked runs among experiments; no experiment can have this name."""


class CompareScreen(AppScreen):
    """Two to eight runs beside one another."""

    MODE = "compare"
    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    HELP = """\
Each run has a colour and a marker, the same on every screen, which it keeps while it is chosen.
Runs are marked on Runs, added to the charts of Train, or picked here. The charts have the keys of
those on Train: cursor, zoom, logarithmic values, smoothing, another metric, full screen.

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
        Binding("n", "next_view", "Next view"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs = FollowedRuns()
        self._compared: Sequence[Group] = ()
        self._experiment = ""
        """The experiment whose variants are compared; empty for the chosen runs."""
        self._reader: Worker[None] | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the legend, the charts, the scores and the settings."""
        yield Static(id="legend")
        yield Static(id="empty", markup=False)
        with TabbedContent():
            with TabPane("Curves", id="curves"):
                yield MetricBoard(CHARTS, "compare_charts", id="charts")
            with TabPane("Scores", id="scores"):
                yield KeyedTable(id="score-table")
            with TabPane("Settings that differ", id="settings"):
                yield KeyedTable(id="setting-table")

    def on_mount(self) -> None:
        """Follow the chosen runs."""
        for chart in self.query_one(MetricBoard).charts[ALWAYS:]:
            chart.add_class("wide")
        self.query_one("#setting-table", KeyedTable).fixed_columns = 1
        self.query_one("#empty", Static).update(
            "Choose two to eight runs to see them on the same charts.\n\n"
            " p   pick them here\n"
            " e   choose an experiment, whose trials are compared as a whole\n"
            f" {list(SCREENS).index('runs') + 1}   "
            f"or mark them on {SCREENS['runs']} with the space bar"
        )
        self.set_interval(max(REFRESH_SECONDS, self.host.refresh_seconds), self._read_on)
        self._show(())

    @on(ScreenResume)
    def _begin(self) -> None:
        """Read the runs that are chosen now; cancel the reading under way."""
        if self._reader:
            self._reader.cancel()
        if self._experiment or len(self.host.chosen):
            self.query_one("#legend").display = True
            if not self._compared:
                self.query_one("#legend", Static).update("Reading journals ...")
        self._reader = self._read(dict(self.host.chosen), self._experiment)

    def _read_on(self) -> None:
        """Read again, unless that is under way."""
        if self.is_current and (self._reader is None or self._reader.is_finished):
            self._reader = self._read(dict(self.host.chosen), self._experiment)

    @work(thread=True, group="compare")
    def _read(self, chosen: Mapping[int, RunDirectory], experiment: str) -> None:
        """Read what is new in the journals, and show the groups."""
        worker, call = get_current_worker(), self.app.call_from_thread
        runs = self.host.runs_dir
        members = of_experiment(runs, experiment) if experiment else of_selection(chosen)
        with self._runs.reading:
            if worker.is_cancelled:
                return
            self._runs.follow(run for group in members for run in group.runs)
            self._runs.read(lambda run, new: call(run.take, new), lambda: worker.is_cancelled)
            groups, metrics = [*map(self._group, members)], self.query_one(MetricBoard).metrics
            for group in groups:
                # Files and medians, which would delay the drawing.
                _ = group.config, [group.line(name) for name in metrics]
        if not worker.is_cancelled:
            # While the app closes, widgets go one by one and this may still come back.
            with contextlib.suppress(NoMatches):
                call(self._show, groups)

    def _group(self, members: Members) -> Group:
        """Return the group of these runs: the compared one, with its lines, if it is the same."""
        group = Group(members.place, members.name, [self._runs[run] for run in members.runs])
        return next((known for known in self._compared if known == group), group)

    def _show(self, compared: Sequence[Group]) -> None:
        self._compared = compared
        self.query_one("#empty").display = not compared
        self.query_one("#legend").display = bool(compared)
        self.query_one(TabbedContent).display = bool(compared)
        entries = ((group.place, group.name, _states(group)) for group in compared)
        self.query_one("#legend", Static).update(legend(entries))
        self._show_curves()
        self._show_scores()
        self._show_settings()
        if compared and self.focused is None:
            self._focus(self.query_one(TabbedContent).active_pane)
        self.refresh_bindings()

    def _show_curves(self) -> None:
        board = self.query_one(MetricBoard)
        histories = [run.history for group in self._compared for run in group.runs]
        board.offered = {name for history in histories for name in history.series}
        board.show(self._lines, extent=Extent.of(histories))

    def _lines(self, name: str) -> list[Line]:
        lines = (group.line(name) for group in self._compared)
        return [line for line in lines if line is not None]

    def _show_scores(self) -> None:
        table = self.query_one("#score-table", KeyedTable)
        as_one = any(len(group.runs) > 1 for group in self._compared)
        titles, cells = (RANGES, ranges) if as_one else (SCORES, scores)
        table.lay_out({title: (title, width) for title, width in titles.items()})
        table.fill({group.name: cells(group) for group in self._compared})

    def _show_settings(self) -> None:
        table = self.query_one("#setting-table", KeyedTable)
        groups = [group for group in self._compared if group.config]
        names = {one.name: f"{MARKERS[one.place]} {printable(one.name)}" for one in groups}
        table.lay_out({"": ("setting", 34)} | {name: (names[name], 14) for name in names})
        table.fill(settings([group.config for group in groups if group.config]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the key of the views while there is something to see."""
        if action == "next_view":
            return bool(self._compared) or None
        return super().check_action(action, parameters)

    def action_pick(self) -> None:
        """Pick the runs to compare."""
        chosen, runs = self.host.chosen, self.host.runs_dir
        there = {run.name: run for run in run_directories(runs) if run.journal_file.exists()}

        def picked(names: list[str] | None) -> None:
            if names is not None:
                self._experiment = ""
                chosen.choose([there[name] for name in names])
                self._begin()

        if there:
            options = [(name, name) for name in there]
            before = [run.name for _, run in chosen]
            self.app.push_screen(ChooseSome("Runs to compare", options, before, MOST), picked)
        else:
            self.notify(f"There are no runs in {printable(str(runs))} yet.", markup=False)

    @work(exclusive=True, group="experiments")
    async def action_experiment(self) -> None:
        """Choose the experiment whose trials to compare."""
        runs = self.host.runs_dir
        there = await asyncio.to_thread(lambda: by_variant(run_directories(runs)))
        if not there:
            self.notify(
                f"There is no experiment in {printable(str(runs))} yet; "
                "`cvae-tui experiment` runs one.",
                markup=False,
            )
            return
        options = [
            (name, f"{name}: {sum(map(len, variants.values()))} trials of {len(variants)} variants")
            for name, variants in there.items()
        ]
        if len(self.host.chosen):
            options.append((MARKED, f"{MARKED} ({len(self.host.chosen)})"))
        question = "Compare the trials of an experiment"
        name = await self.app.push_screen_wait(ChooseOne(question, options, self._experiment))
        if name:
            self._experiment = "" if name == MARKED else name
            self._begin()
            if len(there.get(name, ())) > MOST:
                self.notify(f"{len(there[name])} variants; the first {MOST} are compared.")

    def action_next_view(self) -> None:
        """Show curves, scores or settings."""
        tabs = self.query_one(TabbedContent)
        views = [pane.id or "" for pane in self.query(TabPane)]
        tabs.active = views[(views.index(tabs.active) + 1) % len(views)]

    @on(TabbedContent.TabActivated)
    def _focus_view(self, event: TabbedContent.TabActivated) -> None:
        """Focus the new view, unless the arrow keys choose the view."""
        if not isinstance(self.focused, Tabs):
            self._focus(event.pane)

    def _focus(self, pane: TabPane | None) -> None:
        if pane:
            pane.query("KeyedTable, Chart").first().focus()


def _states(group: Group) -> str:
    if len(group.runs) == 1:
        return SYMBOLS[group.states[0]]
    return f"{SYMBOLS['finished']} {group.finished}"
