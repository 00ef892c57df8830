"""Which run's model, and which of its checkpoints, a screen works with."""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Label, Select

from core.catalogue.listing import run_directories
from core.runs.directory import RunDirectory
from core.text import printable
from tui.hosting.host import Host

REFRESH_SECONDS = 2.0
"""At least, between two looks at the checkpoint."""


class ModelPicker(Horizontal):
    """Two lists: the runs that have a checkpoint, and the checkpoints of the chosen one."""

    DEFAULT_CSS = """
    ModelPicker {
        height: 1;
        Label { padding: 0 1; color: $text-muted; }
        #run { width: 1fr; max-width: 44; }
        #checkpoint { width: 24; }
    }
    """

    @dataclass
    class Picked(Message):
        """A model was chosen, or its file was replaced."""

        directory: RunDirectory
        checkpoint: str
        saved: int
        """When its file was written, in nanoseconds of Unix time."""

    def __init__(self, label: str = "Model", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label = label
        self._runs: dict[str, RunDirectory] = {}
        self._saved = 0
        """When the file of the picked checkpoint was written."""

    def compose(self) -> ComposeResult:
        """The two lists with their labels."""
        yield Label(self._label)
        yield Select[str]([], prompt="no run with a checkpoint yet", id="run", compact=True)
        yield Label("checkpoint", id="said")
        yield Select[str]([], prompt="none", id="checkpoint", compact=True)

    def on_mount(self) -> None:
        """Look at the checkpoint now and then: a training may replace it, or write the first."""
        host = cast(Host, self.app)
        self.set_interval(max(REFRESH_SECONDS, host.refresh_seconds), self._look)

    def _look(self) -> None:
        if not (self.screen.is_current and self.display):
            return
        if self.picked is None:
            host = cast(Host, self.app)
            self.offer(host.runs_dir, host.viewed)
        elif self._when() not in (0, self._saved):
            self._tell()
            self.query_one("#said", Label).update(f"replaced {time.strftime('%X')}, checkpoint")

    def _when(self) -> int:
        """When the file of the picked checkpoint was written; 0 where there is none."""
        if self.picked:
            directory, checkpoint = self.picked
            with contextlib.suppress(OSError):
                return directory.checkpoint(checkpoint).stat().st_mtime_ns
        return 0

    def offer(self, runs: Path, preferred: RunDirectory | None) -> None:
        """List what there is now, and keep the choice where it can be kept.

        preferred: the run to choose when nothing is chosen yet.
        """
        there = [run for run in run_directories(runs) if run.checkpoint_names()]
        if preferred and preferred.path not in [run.path for run in there]:
            there += [preferred] if preferred.checkpoint_names() else []
        there.sort(key=lambda run: -run.checkpoints.stat().st_mtime)
        self._runs = {str(run.path): run for run in there}
        select = self.query_one("#run", Select)
        chosen = select.value if isinstance(select.value, str) else None
        if chosen not in self._runs:
            chosen = str(preferred.path) if preferred else None
        if chosen not in self._runs:
            chosen = next(iter(self._runs), None)
        with self.prevent(Select.Changed):
            select.set_options(
                [(Content(printable(run.name)), path) for path, run in self._runs.items()]
            )
            if chosen is not None:
                select.value = chosen
        if chosen is not None:
            self._offer_checkpoints(self._runs[chosen])

    @property
    def picked(self) -> tuple[RunDirectory, str] | None:
        """The chosen run and checkpoint."""
        run, checkpoint = (self.query_one(f"#{id}", Select).value for id in ("run", "checkpoint"))
        if isinstance(run, str) and isinstance(checkpoint, str) and run in self._runs:
            return self._runs[run], checkpoint
        return None

    def on_select_changed(self, event: Select.Changed) -> None:
        """Follow a choice."""
        event.stop()
        if event.select.id == "run" and isinstance(event.value, str):
            self._offer_checkpoints(self._runs[event.value])
        elif event.select.id == "checkpoint":
            self._tell()

    def _offer_checkpoints(self, directory: RunDirectory) -> None:
        names = directory.checkpoint_names()
        select = self.query_one("#checkpoint", Select)
        chosen = select.value if select.value in names else next(iter(names), None)
        with self.prevent(Select.Changed):
            select.set_options([(Content(printable(name)), name) for name in names])
            if isinstance(chosen, str):
                select.value = chosen
        self._tell()

    def _tell(self) -> None:
        if self.picked:
            self._saved = self._when()
            self.query_one("#said", Label).update("checkpoint")
            self.post_message(self.Picked(*self.picked, self._saved))
