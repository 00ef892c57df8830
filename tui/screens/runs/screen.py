"""The runs screen: what was trained, what it came to, and what to do with it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import DataTable, Input, Label, Static
from textual.worker import get_current_worker

from core.catalogue.labels import parse_note, parse_tags, read_labels, write_labels
from core.catalogue.listing import Catalogue, RunSummary, rename_run
from core.catalogue.query import Query, parse
from core.catalogue.sparkline_data import Curves, read_curves
from core.catalogue.trash import Discarded, discard, discarded, empty_trash, restore
from core.config.build import differences, value
from core.config.schema import Config
from core.errors import CvaeError
from core.exports.palette import COLOURS
from core.runs.directory import RunDirectory
from core.text import printable
from tui.screens.base import AppScreen
from tui.screens.runs.prompt_dialog import PromptDialog
from tui.screens.runs.trash_list import EMPTY, TrashList
from tui.state.selection import MARKERS, MOST
from tui.text.format import size
from tui.text.run_table import COLUMNS, SYMBOLS, sorted_runs, widths
from tui.widgets.choice_dialog import ChooseOne
from tui.widgets.confirm_dialog import ConfirmDialog
from tui.widgets.keyed_table import KeyedTable

REFRESH_SECONDS = 2.0
"""At least, between two looks at the runs."""
MARK = "mark"
BOLD_STATES = ("training", "failed", "crashed")
"""No colour: a red that is well seen in colours is not without them."""


class RunsScreen(AppScreen):
    """The runs of the runs directory: sorted, filtered, labelled, and what to do with one."""

    MODE = "runs"
    CSS_PATH = "screen.tcss"
    HELP = """\
The runs of the runs directory, with the scores of their best checkpoints.

The filter takes comparisons, joined by `and`, `or`, `not` and brackets. They are of name, state,
tag, note, epoch, step, ce, bleu4, gaussian, age and size, or of any setting:

    bleu4 > 0.9 and latent = 64
    state = finished or age < 2h
    name ~ lab and not tag = bad
    objective.beta_max <= 0.4

`!` after the state says that an alarm stands. A deleted run goes to the trash, from which it can
be put back.
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
        Binding("S", "turn", "Turn the order round", show=False),
        Binding("n", "rename", "Rename", show=False),
        Binding("t", "tags", "Tags", show=False),
        Binding("w", "note", "Write a note", show=False),
        Binding("x", "trash", "See the trash", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._catalogue = Catalogue(Path())
        self._runs: dict[str, RunSummary] = {}
        self._curves: dict[str, tuple[float | None, Curves]] = {}
        self._query: Query = parse("")
        self._sorted_by, self._turned = "age", False
        self._widths: dict[str, int] = {}
        self._wrong = ""
        self._count = "Reading the runs ..."

    def compose_body(self) -> ComposeResult:
        """The filter, the directory, its runs, and more on the one under the cursor."""
        with Horizontal(id="ask"):
            yield Label("Filter")
            yield Input(
                placeholder="bleu4 > 0.9 and latent = 64, state = finished, name ~ lab, tag = good",
                compact=True,
                id="filter",
            )
        yield Static(id="where", markup=False)
        yield KeyedTable(id="runs")
        yield Static(id="about", markup=False)

    def on_mount(self) -> None:
        """List the runs, again and again."""
        self._catalogue = Catalogue(self.host.runs_dir, keep=not self.host.read_only)
        self._say()
        self.set_interval(max(REFRESH_SECONDS, self.host.refresh_seconds), self._list)

    def on_screen_resume(self) -> None:
        """List what there is by now."""
        self._list()
        self.query_one(KeyedTable).focus()

    # The list

    def _list(self) -> None:
        if self.is_current and self._widths:
            table = self.query_one(KeyedTable)
            first = max(0, round(table.scroll_y) - table.size.height)
            curves = "BLEU-4 course" in self._widths
            seen = slice(first, first + 3 * table.size.height if curves else first)
            self._read(self._query, self._sorted_by, self._turned, seen)

    @work(thread=True, exclusive=True, group="runs")
    def _read(self, query: Query, sorted_by: str, turned: bool, seen: slice) -> None:
        """List the runs that pass, with the curves of those in sight."""
        worker, catalogue = get_current_worker(), self._catalogue
        there = catalogue.summaries()
        passing = []
        for run in there:
            if worker.is_cancelled:
                return
            if query(run, lambda: catalogue.config(run.name)):  # noqa: B023
                passing.append(run)
        runs = sorted_runs(passing, sorted_by, turned)
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
        self.query_one(KeyedTable).fill({run.name: self._cells(run) for run in runs})
        of = f"{len(runs)} of {there}" if len(runs) != there else str(there or "No")
        # The path is last, so that it alone is cut off where it is long.
        parts = [f"{chosen} marked"] if (chosen := len(self.host.chosen)) else []
        if trashed:
            parts.append(f"{trashed} in the trash (x)")
        parts.append(f"{of} run{'s' * (there > 1)}{' yet' * (not there)} in {self.host.runs_dir}")
        self._count = " · ".join(parts)
        self._say()
        self._describe_chosen()
        self.refresh_bindings()

    def _cells(self, run: RunSummary) -> list[Text]:
        """The cells of a run under the columns there are, the mark first."""
        place = self.host.chosen.place(self._directory(run.name))
        mark = Text() if place is None else Text(MARKERS[place], COLOURS[place])
        curves = self._curves.get(run.name, (None, Curves()))[1]
        cells = [mark]
        for title in self._widths:
            text = printable(COLUMNS[title].cell(run, curves))
            style = ""
            if title == "state":
                text, style = f"{SYMBOLS[run.state]} {text}", "bold" * (run.state in BOLD_STATES)
            cells.append(Text(text, style, no_wrap=True, overflow="ellipsis"))
        return cells

    @on(Resize)
    def _lay_out(self) -> None:
        """The columns that there is room for, the one that is sorted by marked."""
        table = self.query_one(KeyedTable)
        # The mark at the left and the scroll bar at the right.
        room = self.size.width - (1 + 2 * table.cell_padding) - 2
        self._widths = widths(room, 2 * table.cell_padding)
        falling = COLUMNS[self._sorted_by].falling is not self._turned
        arrow = {self._sorted_by: "▼" if falling else "▲"}
        titles = {title: (title + arrow.get(title, ""), w) for title, w in self._widths.items()}
        table.lay_out({MARK: ("", 1)} | titles)
        self._list()

    def _say(self) -> None:
        """What is wrong with the filter, or else what is listed."""
        line = self.query_one("#where", Static)
        line.set_class(bool(self._wrong), "wrong")
        line.update(Content(printable(self._wrong or self._count)))

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        """List what passes; while the expression is not whole, what passed before."""
        try:
            self._query, self._wrong = parse(event.value), ""
        except CvaeError as error:
            self._wrong = str(error)
        self._say()
        if not self._wrong:
            self._list()

    @on(Input.Submitted, "#filter")
    def action_leave_field(self) -> None:
        """Back to the list."""
        self.query_one(KeyedTable).focus()

    def action_filter(self) -> None:
        """Type an expression."""
        self.query_one("#filter").focus()

    @on(DataTable.HeaderSelected)
    def _sort_by_header(self, event: DataTable.HeaderSelected) -> None:
        if event.column_key.value in self._sortable:
            self._sort(event.column_key.value)

    def action_sort(self) -> None:
        """Sort by the next column."""
        titles = self._sortable
        here = titles.index(self._sorted_by) if self._sorted_by in titles else -1
        self._sort(titles[(here + 1) % len(titles)])

    @property
    def _sortable(self) -> list[str]:
        return [title for title in self._widths if COLUMNS[title].order]

    def action_turn(self) -> None:
        """Turn the order round."""
        self._sort(self._sorted_by)

    def _sort(self, title: str) -> None:
        """Sort by a column; by the same one again, the other way round."""
        self._turned = not self._turned if title == self._sorted_by else False
        self._sorted_by = title
        self._lay_out()

    # The run under the cursor

    def _directory(self, name: str) -> RunDirectory:
        return RunDirectory(self.host.runs_dir / name)

    @property
    def _chosen(self) -> RunDirectory | None:
        name = self.query_one(KeyedTable).chosen
        return self._directory(name) if name in self._runs and name is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for one run are there while there is one."""
        if action in ("open", "resume", "fork", "mark", "delete", "rename", "tags", "note"):
            return self._chosen is not None or None
        return super().check_action(action, parameters)

    @on(DataTable.RowHighlighted)
    def _describe_chosen(self) -> None:
        chosen = self._chosen
        if chosen is None:
            self.query_one("#about", Static).update("")
        else:
            self._describe(chosen, self._runs[chosen.name])

    @work(thread=True, exclusive=True, group="about")
    def _describe(self, directory: RunDirectory, run: RunSummary) -> None:
        """More on a run than its row has room for."""
        config = self._catalogue.config(run.name)
        names = directory.checkpoint_names()
        about = [
            f"{run.name} · {size(run.size)} · checkpoints: {', '.join(names) or 'none'}",
            f"{_alarms(run)}tags: {' '.join(run.tags) or 'none (t)'} · {run.note or 'no note (w)'}",
            "its config.toml cannot be read" if config is None else _changes(config),
        ]
        if not get_current_worker().is_cancelled:
            content = Content("\n").join(Content(printable(line)) for line in about)
            self.app.call_from_thread(self.query_one("#about", Static).update, content)

    @on(DataTable.RowSelected)
    def action_open(self) -> None:
        """Show the run's curves, and prefer its model on the other screens."""
        if chosen := self._chosen:
            self.host.view(chosen)
            self.host.action_go("train")

    def action_resume(self) -> None:
        """Go on with a run where it stopped."""
        if chosen := self._chosen:
            self.host.resume_training(chosen)

    def action_mark(self) -> None:
        """Choose the run to be compared, or let go of it; go to the next row."""
        if chosen := self._chosen:
            if self.host.chosen.toggle(chosen):
                self.query_one(KeyedTable).action_cursor_down()
                self._list()
            else:
                self.notify(f"Up to {MOST} runs are compared.", severity="warning")

    def action_compare(self) -> None:
        """See the marked runs beside one another."""
        self.host.action_go("compare")

    def action_fork(self) -> None:
        """Set up another run like this one, from its beginning or from one of its checkpoints."""
        if not (chosen := self._chosen):
            return
        names = chosen.checkpoint_names()

        def fork(checkpoint: str | None) -> None:
            if checkpoint is not None:
                self._propose(chosen, checkpoint)

        question = f"A new run with the settings of {chosen.name}, to be changed in Setup. Its "
        options = [(name, f"checkpoint {name}") for name in names]
        options.append(("", "nothing, as those of a new model do"))
        self.app.push_screen(ChooseOne(f"{question}weights start from", options), fork)

    def _propose(self, directory: RunDirectory, checkpoint: str) -> None:
        def propose() -> None:
            config = directory.config()
            start_from = str(directory.checkpoint(checkpoint).resolve()) if checkpoint else ""
            training = msgspec.structs.replace(config.training, start_from=start_from)
            self.host.proposed = msgspec.structs.replace(config, training=training)
            self.host.action_go("setup")

        self._try(propose)

    def action_rename(self) -> None:
        """Give the run another name."""
        if not (chosen := self._chosen):
            return

        def rename(name: str) -> None:
            renamed = rename_run(chosen, name.strip())
            self.host.chosen.replace(chosen, renamed)
            if self.host.viewed == chosen:
                self.host.view(renamed)

        self._ask(f"A new name for {chosen.name}", chosen.name, rename)

    def action_tags(self) -> None:
        """Write the tags of the run."""
        if not (chosen := self._chosen):
            return

        def write(text: str) -> None:
            write_labels(
                chosen, msgspec.structs.replace(read_labels(chosen), tags=parse_tags(text))
            )

        tags = " ".join(read_labels(chosen).tags)
        self._ask(f"Tags of {chosen.name}, parted by spaces", tags, write)

    def action_note(self) -> None:
        """Write the note of the run."""
        if not (chosen := self._chosen):
            return

        def write(text: str) -> None:
            write_labels(
                chosen, msgspec.structs.replace(read_labels(chosen), note=parse_note(text))
            )

        self._ask(f"A note on {chosen.name}", read_labels(chosen).note, write)

    def action_delete(self) -> None:
        """Move a run to the trash, after asking."""
        if not (chosen := self._chosen):
            return

        def delete(sure: bool | None) -> None:
            if sure and self._try(lambda: discard(chosen)):
                self.host.forget(chosen)
                self.host.chosen.replace(chosen, None)
                self.notify(f"{printable(chosen.name)} is in the trash; u undoes it.", markup=False)

        self.app.push_screen(
            ConfirmDialog(
                f"Delete the run {printable(chosen.name)} with its checkpoints and its journal? "
                "It goes to the trash, and u undoes it.",
                yes="Delete",
            ),
            delete,
        )

    def action_put_back(self) -> None:
        """Put the run that was deleted last back."""
        trash = discarded(self.host.runs_dir)
        if trash:
            self._put_back(trash[0])
        else:
            self.notify("The trash is empty.")

    def _put_back(self, run: Discarded) -> None:
        if self._try(lambda: restore(run)):
            self.notify(f"{printable(run.name)} is back.", markup=False)

    def action_trash(self) -> None:
        """See the deleted runs: put one back, or do away with all."""
        trash = discarded(self.host.runs_dir)

        def answered(answer: str | None) -> None:
            if answer == EMPTY:
                self._empty()
            elif answer is not None:
                self._put_back(trash[int(answer)])

        if trash:
            self.app.push_screen(TrashList(trash), answered)
        else:
            self.notify("The trash is empty.")

    @work(thread=True, group="trash")
    def _empty(self) -> None:
        """Deleting may take a while, so that it is done beside the screen."""
        self.notify("Emptying the trash ...")
        try:
            empty_trash(self.host.runs_dir)
        except CvaeError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
        else:
            self.notify("The trash is empty.")
        self.app.call_from_thread(self._list)

    def _ask(self, question: str, text: str, act: Callable[[str], object]) -> None:
        self.app.push_screen(PromptDialog(question, text, act), lambda _: self._list())

    def _try(self, act: Callable[[], object]) -> bool:
        """Whether something worked; if not, the sentence that says why is shown."""
        try:
            act()
        except CvaeError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return False
        finally:
            self._list()
        return True


def _alarms(run: RunSummary) -> str:
    return f"! {', '.join(run.alarms)} (Enter, then w, tells more) · " if run.alarms else ""


def _changes(config: Config) -> str:
    """What a configuration changes of the defaults."""
    changed = [f"{known.key} {value(config, known)}" for known in differences(config, Config())]
    return "differs from the defaults in " + (", ".join(changed) if changed else "nothing")
