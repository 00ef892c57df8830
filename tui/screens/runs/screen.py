"""The Runs screen: the list of runs, its filter and its order."""

from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.getters import query_one
from textual.reactive import var
from textual.widgets import DataTable, Input, Label, Static
from textual.worker import get_current_worker

from core.catalogue.listing import Catalogue, RunSummary
from core.catalogue.query import Query, parse
from core.catalogue.sparkline_data import Curves, read_curves
from core.catalogue.trash import discarded
from core.config.fields import differences, value
from core.config.presets import preset
from core.config.schema import Config
from core.errors import CvaeError
from core.exports.palette import COLOURS
from core.runs.directory import RunDirectory
from core.text import printable
from tui.screens.runs.actions import RunActions
from tui.state.selection import MARKERS
from tui.text.format import size
from tui.text.run_table import COLUMNS, SYMBOLS, sorted_runs, widths
from tui.widgets.keyed_table import KeyedTable
from tui.widgets.message_line import MessageLine

REFRESH_SECONDS = 2.0
"""The least time between two readings of the list."""
MARK = "mark"
EXAMPLES = "bleu4 > 0.9 and latent = 64, state = finished, name ~ lab, tag = good"
BOLD_STATES = ("training", "failed", "crashed")
"""The states in bold. Red is hard to read where colours become shades of grey."""


class RunsScreen(RunActions):
    """The runs of the runs directory, filtered and sorted."""

    MODE = "runs"
    CSS_PATH = "screen.tcss"
    HELP = """\
The runs of the runs directory, with the scores of their best checkpoints.

The filter takes comparisons, joined by `and`, `or`, `not` and brackets. They compare name, state,
tag, note, epoch, step, ce, bleu4, gaussian, age, size, or any setting:

    bleu4 > 0.9 and latent = 64
    state = finished or age < 2h
    name ~ lab and not tag = bad
    beta_max <= 0.4

`!` after the state marks an active alarm. A deleted run goes to the trash, from which it can be
restored.
"""
    BINDINGS = [
        Binding("o", "open", "Open"),
        Binding("r", "resume", "Resume"),
        Binding("f", "fork", "Fork"),
        Binding("space", "mark", "Mark"),
        Binding("c", "compare", "Compare"),
        Binding("delete,d", "delete", "Delete", key_display="d"),
        Binding("u", "put_back", "Undo the last deletion", show=False),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("s", "sort", "Sort by the next column", show=False),
        Binding("S", "turn", "Reverse the order", show=False),
        Binding("n", "rename", "Rename", show=False),
        Binding("t", "tags", "Tags", show=False),
        Binding("w", "note", "Write a note", show=False),
        Binding("x", "trash", "See the trash", show=False),
    ]

    order: var[tuple[str, bool]] = var(("age", False), init=False)
    """The column to sort by, and True where its order is reversed."""
    table = query_one(KeyedTable)

    def __init__(self) -> None:
        super().__init__()
        self._catalogue = Catalogue(Path())
        self._runs: dict[str, RunSummary] = {}
        self._curves: dict[str, tuple[float | None, Curves]] = {}
        self._query: Query = parse("")
        self._widths: dict[str, int] = {}
        self._invalid = False
        """True while the filter is invalid."""

    def compose_body(self) -> ComposeResult:
        """Yield the filter, the directory, its runs, and details of the run under the cursor."""
        with Horizontal(classes="fields"):
            yield Label("Filter")
            yield Input(placeholder=EXAMPLES, compact=True, id="filter")
        yield MessageLine("Reading the runs ...", id="where")
        yield KeyedTable(id="runs")
        yield Static(id="about", markup=False)

    def on_mount(self) -> None:
        """List the runs regularly."""
        self._catalogue = Catalogue(self.host.runs_dir, keep=not self.host.read_only)
        self.set_interval(max(REFRESH_SECONDS, self.host.refresh_seconds), self.refresh_list)

    def on_screen_resume(self) -> None:
        """List the runs there are now."""
        self.refresh_list()
        self.table.focus()

    def refresh_list(self) -> None:
        """Read the list anew, while the screen is shown."""
        if self.is_current and self._widths:
            table = self.table
            first = max(0, round(table.scroll_y) - table.size.height)
            curves = "BLEU-4 course" in self._widths
            seen = slice(first, first + 3 * table.size.height if curves else first)
            self._read(self._query, *self.order, seen)

    @work(thread=True, exclusive=True, group="runs")
    def _read(self, query: Query, sorted_by: str, reverse: bool, seen: slice) -> None:
        """List the runs that pass the filter, with the curves of those in sight."""
        worker, catalogue = get_current_worker(), self._catalogue
        there = catalogue.summaries()
        passing = []
        for run in there:
            if worker.is_cancelled:
                return
            if query(run, lambda: catalogue.config(run.name)):  # noqa: B023
                passing.append(run)
        runs = sorted_runs(passing, sorted_by, reverse)
        for run in runs[seen]:
            if worker.is_cancelled:
                return
            if self._curves.get(run.name, (0.0,))[0] != run.age:
                journal = RunDirectory(catalogue.runs / run.name).journal_file
                self._curves[run.name] = (run.age, read_curves(journal))
        trashed = len(discarded(catalogue.runs))
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show, runs, len(there), trashed)

    def _show(self, runs: list[RunSummary], there: int, trashed: int) -> None:
        if not self._widths:
            return
        self._runs = {run.name: run for run in runs}
        self.table.fill({run.name: self._cells(run) for run in runs})
        of = f"{len(runs)} of {there}" if len(runs) != there else str(there or "No")
        parts = [f"{chosen} marked"] if (chosen := len(self.host.chosen)) else []
        if trashed:
            parts.append(f"{trashed} in the trash (x)")
        # The path is last because a long one is cut off.
        parts.append(f"{of} run{'s' * (there > 1)}{' yet' * (not there)} in {self.host.runs_dir}")
        if not self._invalid:
            self.query_one(MessageLine).show(" · ".join(parts))
        self._describe_run()
        self.refresh_bindings()

    def _cells(self, run: RunSummary) -> list[Text]:
        """Return the cells of a run, the mark first."""
        place = self.host.chosen.place(RunDirectory(self.host.runs_dir / run.name))
        mark = Text() if place is None else Text(MARKERS[place], COLOURS[place])
        curves = self._curves.get(run.name, (None, Curves()))[1]
        bold = "bold" * (run.state in BOLD_STATES)
        cells = [mark]
        for title in self._widths:
            text, style = printable(COLUMNS[title].cell(run, curves)), ""
            if title == "state":
                text, style = f"{SYMBOLS[run.state]} {text}", bold
            cells.append(Text(text, style, no_wrap=True, overflow="ellipsis"))
        return cells

    @on(Resize)
    def watch_order(self) -> None:
        """Lay out the columns that fit, with an arrow at the one that sorts."""
        table, (sorted_by, reverse) = self.table, self.order
        # The mark at the left and the scroll bar at the right.
        width = self.size.width - (1 + 2 * table.cell_padding) - 2
        self._widths = widths(width, 2 * table.cell_padding)
        arrow = {sorted_by: "▼" if COLUMNS[sorted_by].falling is not reverse else "▲"}
        titles = {title: (title + arrow.get(title, ""), w) for title, w in self._widths.items()}
        table.lay_out({MARK: ("", 1)} | titles)
        self.refresh_list()

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        """Apply the filter; while it is invalid, the last valid one holds."""
        try:
            self._query, self._invalid = parse(event.value), False
        except CvaeError as error:
            self._invalid = True
            self.query_one(MessageLine).show(str(error), wrong=True)
        else:
            self.refresh_list()

    @on(Input.Submitted, "#filter")
    def action_leave_field(self) -> None:
        """Return to the list."""
        self.table.focus()

    def action_filter(self) -> None:
        """Focus the filter."""
        self.query_one("#filter").focus()

    @on(DataTable.HeaderSelected)
    def _sort_by_header(self, event: DataTable.HeaderSelected) -> None:
        if event.column_key.value in self._sortable:
            self._sort(event.column_key.value)

    def action_sort(self) -> None:
        """Sort by the next column."""
        titles, sorted_by = self._sortable, self.order[0]
        here = titles.index(sorted_by) if sorted_by in titles else -1
        self._sort(titles[(here + 1) % len(titles)])

    @property
    def _sortable(self) -> list[str]:
        return [title for title in self._widths if COLUMNS[title].order]

    def action_turn(self) -> None:
        """Reverse the order."""
        self._sort(self.order[0])

    def _sort(self, title: str) -> None:
        """Sort by a column; reverse the order when the list is sorted by it already."""
        sorted_by, reverse = self.order
        self.order = (title, title == sorted_by and not reverse)

    @property
    def run(self) -> RunDirectory | None:
        """The run under the cursor."""
        name = self.table.chosen
        return RunDirectory(self.host.runs_dir / name) if name and name in self._runs else None

    @on(DataTable.RowHighlighted)
    def _describe_run(self) -> None:
        if run := self.run:
            self._describe(run, self._runs[run.name])
        else:
            self.query_one("#about", Static).update("")

    @work(thread=True, exclusive=True, group="about")
    def _describe(self, directory: RunDirectory, run: RunSummary) -> None:
        """Show details of a run that its row has no space for."""
        config = self._catalogue.config(run.name)
        names = directory.checkpoint_names()
        alarms = f"! {', '.join(run.alarms)} (Enter, then w, for details) · " * bool(run.alarms)
        about = [
            f"{run.name} · {size(run.size)} · checkpoints: {', '.join(names) or 'none'}",
            f"{alarms}tags: {' '.join(run.tags) or 'none (t)'} · {run.note or 'no note (w)'}",
            "its config.toml cannot be read" if config is None else _changes(config),
        ]
        if not get_current_worker().is_cancelled:
            content = Content("\n").join(Content(printable(line)) for line in about)
            self.app.call_from_thread(self.query_one("#about", Static).update, content)


def _changes(config: Config) -> str:
    """List the settings in which a configuration differs from the preset `default`."""
    base = preset("default")
    changed = [f"{one.key} {one.spell(value(config, one))}" for one in differences(config, base)]
    return "differs from the preset default in " + (", ".join(changed) if changed else "nothing")
