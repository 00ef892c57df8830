"""The runs screen: what was trained, what it came to, and what to do with it."""

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import DataTable, Static

from core.errors import CvaeError
from core.runs.catalogue import RunSummary, list_runs
from core.runs.directory import RunDirectory
from core.runs.trash import discard
from tui.harmless import harmless
from tui.run_table import COLUMNS, row
from tui.widgets.confirm import Confirm
from tui.widgets.room import Room

REFRESH_SECONDS = 2.0


class RunsScreen(Room):
    """The runs of the runs directory, the newest first."""

    ROOM = "runs"
    CSS_PATH = "runs.tcss"
    HELP = """\
The runs of the runs directory, the newest first, with the scores of their best checkpoints.
"""
    BINDINGS = [
        Binding("o", "open", "Open"),
        Binding("r", "resume", "Resume"),
        Binding("delete,d", "delete", "Delete"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[RunSummary] = []

    def compose_room(self) -> ComposeResult:
        """The directory, then its runs."""
        yield Static(id="where", markup=False)
        yield DataTable[Text](id="runs", cursor_type="row", zebra_stripes=True)

    def on_mount(self) -> None:
        """List the runs, again and again."""
        self.query_one(DataTable).add_columns(*COLUMNS)
        self.set_interval(REFRESH_SECONDS, self._list)

    def on_screen_resume(self) -> None:
        """List what there is by now."""
        self._list()
        self.query_one(DataTable).focus()

    def _list(self) -> None:
        if self.is_current:
            self._read()

    @work(thread=True, exclusive=True, group="runs")
    def _read(self) -> None:
        runs = list_runs(self.host.runs_dir)
        self.app.call_from_thread(self._show, runs)

    def _show(self, runs: list[RunSummary]) -> None:
        table = self.query_one(DataTable)
        chosen = self._chosen_name()
        self._runs = runs
        table.clear()
        for run in runs:
            table.add_row(*(Text(harmless(cell)) for cell in row(run)))
        names = [run.name for run in runs]
        if chosen in names:
            table.move_cursor(row=names.index(chosen), animate=False)
        count = f"{len(runs)} run{'s' * (len(runs) != 1)}" if runs else "No run yet"
        self.query_one("#where", Static).update(
            Content(harmless(f"{count} in {self.host.runs_dir}"))
        )

    def _chosen_name(self) -> str | None:
        row = self.query_one(DataTable).cursor_row
        return self._runs[row].name if 0 <= row < len(self._runs) else None

    def _chosen(self) -> RunDirectory | None:
        name = self._chosen_name()
        return RunDirectory(self.host.runs_dir / name) if name else None

    @on(DataTable.RowSelected)
    def action_open(self) -> None:
        """Show the run's curves, and prefer its model on the other screens."""
        if chosen := self._chosen():
            self.host.view(chosen)
            self.host.action_go("train")

    def action_resume(self) -> None:
        """Go on with a run where it stopped."""
        if chosen := self._chosen():
            self.host.resume_training(chosen)

    def action_delete(self) -> None:
        """Delete a run, after asking."""
        chosen = self._chosen()
        if chosen is None:
            return

        def delete(sure: bool | None) -> None:
            if not sure:
                return
            try:
                discard(chosen)
            except CvaeError as error:
                self.notify(str(error), severity="error", markup=False)
            else:
                self.host.forget(chosen)
                self.notify(f"{harmless(chosen.name)} is deleted.", markup=False)
            self._list()

        self.app.push_screen(
            Confirm(
                f"Delete the run {harmless(chosen.name)} with its checkpoints and its journal?",
                yes="Delete",
            ),
            delete,
        )
