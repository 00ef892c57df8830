"""The actions on one run of the list, and on the trash."""

import contextlib
from collections.abc import Callable, Iterator

import msgspec
from textual import on, work
from textual.widgets import DataTable

from core.catalogue.labels import parse_note, parse_tags, read_labels, write_labels
from core.catalogue.listing import rename_run
from core.catalogue.trash import Discarded, discard, discarded, empty_trash, restore
from core.runs.directory import RunDirectory
from core.text import printable
from tui.screens.base import AppScreen
from tui.screens.runs.prompt_dialog import PromptDialog
from tui.screens.runs.trash_list import EMPTY, TrashList
from tui.state.selection import MOST
from tui.widgets.choice_dialog import ChooseOne
from tui.widgets.confirm_dialog import ConfirmDialog
from tui.widgets.keyed_table import KeyedTable

OF_A_RUN = frozenset(("open", "resume", "fork", "mark", "delete", "rename", "tags", "note"))
"""The actions on the run under the cursor."""


class RunActions(AppScreen):
    """A screen with a list of runs, without the list itself."""

    @property
    def run(self) -> RunDirectory | None:
        """The run under the cursor."""
        raise NotImplementedError

    def refresh_list(self) -> None:
        """Read the list anew."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow the actions on a run while the cursor is on one."""
        if action in OF_A_RUN:
            return self.run is not None or None
        return super().check_action(action, parameters)

    @on(DataTable.RowSelected)
    def action_open(self) -> None:
        """Show the curves of the run, and prefer its model on the other screens."""
        if run := self.run:
            self.host.view(run)
            self.host.action_go("train")

    def action_resume(self) -> None:
        """Resume the training of the run."""
        if run := self.run:
            self.host.resume_training(run)

    def action_mark(self) -> None:
        """Mark the run for Compare, or unmark it; go to the next row."""
        if run := self.run:
            if self.host.chosen.toggle(run):
                self.query_one(KeyedTable).action_cursor_down()
                self.refresh_list()
            else:
                self.notify(f"At most {MOST} runs can be compared.", severity="warning")

    def action_compare(self) -> None:
        """Compare the marked runs."""
        self.host.action_go("compare")

    def action_fork(self) -> None:
        """Set up a run with the settings of this one, and its weights if they are wanted."""
        if not (run := self.run):
            return

        def fork(checkpoint: str | None) -> None:
            if checkpoint is None:
                return
            with self.errors_notified():
                config = run.config()
                start_from = str(run.checkpoint(checkpoint).resolve()) if checkpoint else ""
                training = msgspec.structs.replace(config.training, start_from=start_from)
                self.host.proposed = msgspec.structs.replace(config, training=training)
                self.host.action_go("setup")

        options = [(name, f"those of checkpoint {name}") for name in run.checkpoint_names()]
        options.append(("", "random, as in every new model"))
        question = f"Set up a new run with the settings of {run.name}. Its initial weights are"
        self.app.push_screen(ChooseOne(question, options), fork)

    def action_rename(self) -> None:
        """Rename the run."""
        if not (run := self.run):
            return

        def rename(name: str) -> None:
            renamed = rename_run(run, name.strip())
            self.host.chosen.replace(run, renamed)
            if self.host.viewed == run:
                self.host.view(renamed)

        self._ask(f"New name of {run.name}", run.name, rename)

    def action_tags(self) -> None:
        """Edit the tags of the run."""
        if run := self.run:
            tags = " ".join(read_labels(run).tags)
            question = f"Tags of {run.name}, separated by spaces"
            self._ask_label(run, question, tags, lambda text: {"tags": parse_tags(text)})

    def action_note(self) -> None:
        """Edit the note of the run."""
        if run := self.run:
            note, question = read_labels(run).note, f"Note on {run.name}"
            self._ask_label(run, question, note, lambda text: {"note": parse_note(text)})

    def _ask_label(
        self, run: RunDirectory, question: str, text: str, parse: Callable[[str], dict[str, object]]
    ) -> None:
        def write(typed: str) -> None:
            write_labels(run, msgspec.structs.replace(read_labels(run), **parse(typed)))

        self._ask(question, text, write)

    def action_delete(self) -> None:
        """Move the run to the trash, after a question."""
        if not (run := self.run):
            return
        name = printable(run.name)

        def delete(sure: bool | None) -> None:
            if sure:
                with self._changing():
                    discard(run)
                    self.host.forget(run)
                    self.host.chosen.replace(run, None)
                    self.notify(f"{name} is in the trash; u restores it.", markup=False)

        question = f"Delete the run {name} with its checkpoints and its journal? "
        question += "It goes to the trash; u restores it."
        self.app.push_screen(ConfirmDialog(question, yes="Delete"), delete)

    def action_put_back(self) -> None:
        """Restore the run that was deleted last."""
        if trash := discarded(self.host.runs_dir):
            self._put_back(trash[0])
        else:
            self.notify("The trash is empty.")

    def _put_back(self, run: Discarded) -> None:
        with self._changing():
            restore(run)
            self.notify(f"{printable(run.name)} is restored.", markup=False)

    def action_trash(self) -> None:
        """List the deleted runs, to restore one or to delete all for good."""
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
        self.notify("Emptying the trash ...")
        with self.errors_notified():
            empty_trash(self.host.runs_dir)
            self.notify("The trash is empty.")
        self.app.call_from_thread(self.refresh_list)

    def _ask(self, question: str, text: str, act: Callable[[str], object]) -> None:
        self.app.push_screen(PromptDialog(question, text, act), lambda _: self.refresh_list())

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Notify of an error in the block; read the list anew after it."""
        with self.errors_notified():
            yield
        self.refresh_list()
