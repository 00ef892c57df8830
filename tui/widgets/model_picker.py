"""The choice of a run and of one of its checkpoints."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.getters import app
from textual.message import Message
from textual.widgets import Label, Select

from core.catalogue.listing import run_directories
from core.runs.directory import RunDirectory
from core.text import printable
from tui.hosting.host import Host

REFRESH_SECONDS = 2.0
"""The least time between two checks of the checkpoint."""


class ModelPicker(Horizontal):
    """Two lists: runs with a checkpoint, and the checkpoints of the chosen run."""

    DEFAULT_CSS = """
    ModelPicker {
        height: 1;
        Label { padding: 0 1; color: $text-muted; }
        #run { width: 1fr; max-width: 44; }
        #checkpoint { width: 24; }
    }
    """

    host = app(Host)

    @dataclass
    class Picked(Message):
        """A checkpoint was chosen, or its file was replaced."""

        directory: RunDirectory
        checkpoint: str
        replaced: bool
        """True for a checkpoint that was reported before, with another file."""

    def __init__(self, label: str = "Model", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label = label
        self._runs: dict[str, RunDirectory] = {}
        self._reported: tuple[RunDirectory, str] | None = None
        self._saved = 0
        """The modification time of the file of the reported checkpoint."""

    def compose(self) -> ComposeResult:
        """Yield the two lists with their labels."""
        yield Label(self._label)
        yield Select[str]([], prompt="no run with a checkpoint yet", id="run", compact=True)
        yield Label("checkpoint", id="said")
        yield Select[str]([], prompt="none", id="checkpoint", compact=True)

    def on_mount(self) -> None:
        """Check the checkpoint regularly: a training replaces it, or writes the first one."""
        self.set_interval(max(REFRESH_SECONDS, self.host.refresh_seconds), self._check)

    def _check(self) -> None:
        if not (self.screen.is_current and self.display):
            return
        if self.picked is None:
            self.offer(self.host.runs_dir, self.host.viewed)
        else:
            self._report()

    def offer(self, runs: Path, preferred: RunDirectory | None) -> None:
        """List the runs there are now, and keep the choice where it is still there.

        preferred: the run to choose when none is chosen yet.
        """
        there = [run for run in run_directories(runs) if run.checkpoint_names()]
        if preferred and preferred.path not in [run.path for run in there]:
            there += [preferred] if preferred.checkpoint_names() else []
        there.sort(key=lambda run: -run.checkpoints.stat().st_mtime)
        self._runs = {str(run.path): run for run in there}
        names = {path: run.name for path, run in self._runs.items()}
        chosen = self._fill("run", names, str(preferred.path) if preferred else "")
        if chosen is None:
            self._reported = None
        else:
            self._offer_checkpoints(self._runs[chosen])

    def _fill(self, id: str, names: Mapping[str, str], preferred: str = "") -> str | None:
        """Offer values by their names in a list, and return the value chosen in it."""
        select = self.query_one(f"#{id}", Select)
        wanted = (str(select.value), preferred, *names)
        chosen = next((value for value in wanted if value in names), None)
        with self.prevent(Select.Changed):
            select.set_options([(Content(printable(names[value])), value) for value in names])
            if chosen is not None:
                select.value = chosen
        return chosen

    @property
    def picked(self) -> tuple[RunDirectory, str] | None:
        """The chosen run and checkpoint."""
        run, checkpoint = (self.query_one(f"#{id}", Select).value for id in ("run", "checkpoint"))
        if isinstance(run, str) and isinstance(checkpoint, str) and run in self._runs:
            return self._runs[run], checkpoint
        return None

    def on_select_changed(self, event: Select.Changed) -> None:
        """Offer the checkpoints of the chosen run, or report the chosen checkpoint."""
        event.stop()
        if event.select.id == "run" and isinstance(event.value, str):
            self._offer_checkpoints(self._runs[event.value])
        elif event.select.id == "checkpoint":
            self._report()

    def _offer_checkpoints(self, directory: RunDirectory) -> None:
        self._fill("checkpoint", {name: name for name in directory.checkpoint_names()})
        self._report()

    def _report(self) -> None:
        """Report the picked checkpoint, unless it is the reported one with the same file."""
        if self.picked is None:
            return
        directory, checkpoint = self.picked
        saved = 0
        with contextlib.suppress(OSError):
            saved = directory.checkpoint(checkpoint).stat().st_mtime_ns
        replaced = self.picked == self._reported
        if not replaced or saved not in (0, self._saved):
            self._reported, self._saved = self.picked, saved
            note = f"replaced {time.strftime('%X')}, checkpoint" if replaced else "checkpoint"
            self.query_one("#said", Label).update(note)
            self.post_message(self.Picked(directory, checkpoint, replaced))
