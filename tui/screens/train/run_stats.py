"""Pace, schedules and machine of a run, beside its curves."""

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Static

from core.config.schema import Chosen
from core.files import read_json
from core.runs.history import History
from tui.text.format import count, duration, figure

if TYPE_CHECKING:
    from core.compute.system_metrics import Readings


class Computer(msgspec.Struct, frozen=True):
    """The visible part of a run's environment.json, which is read without torch."""

    hardware: Chosen


def read_computer(file: Path) -> Computer | None:
    """Read the hardware of a run; None before it is known."""
    return read_json(file, Computer)


class RunStats(Static):
    """A few lines of names and values."""

    BORDER_TITLE = "Pace and machine"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawn: list[str] = []
        self._lines: list[str] = []
        self._computer: list[str] = []

    def show(self, history: History, *, live: bool) -> None:
        """Show pace and schedules of a run."""
        progress = history.progress
        if progress is None:
            self._lines = ["no report yet"]
        else:
            hand, norm = history.overrides, progress.gradient_norm
            left, spent = duration(progress.eta), duration(progress.elapsed)
            rate = _set(progress.learning_rate, hand.learning_rate)
            beta = _set(progress.beta, hand.beta)
            forcing = _set(progress.teacher_forcing_ratio, hand.teacher_forcing_ratio)
            self._lines = [
                _pair(
                    f"{count(progress.words_per_second)} words/s",
                    f"{left} left" if live else f"took {spent}",
                ),
                _pair(f"rate {rate}", f"gradient {'?' if norm is None else figure(norm)}"),
                _pair(f"beta {beta}", f"forcing {forcing}"),
            ]
        self._draw()

    def show_computer(self, computer: Computer | None, readings: "Readings | None") -> None:
        """Show the hardware of a run, and the use of it by this process."""
        self._computer = []
        if computer:
            used = computer.hardware
            threads = f"{used.threads} thread{'s' * (used.threads != 1)}"
            self._computer += [
                _pair(f"{used.device}, {threads}", used.precision),
                f"batches of {used.batch_size} words",
            ]
        if readings:
            memory = f"memory {readings.memory / 2**20:,.0f} MiB"
            gpu = ""
            if readings.gpu_share is not None:
                gpu = f"GPU {readings.gpu_share:.0%}, {readings.gpu_memory / 2**30:.1f} GiB"
            self._computer.append(_pair(memory, gpu))
        self._draw()

    def render(self) -> Content:
        """Return the lines."""
        return Content("\n".join(self._drawn))

    def _draw(self) -> None:
        """Draw the lines that have changed."""
        before, self._drawn = self._drawn, self._lines + self._computer
        pairs = enumerate(zip_longest(self._drawn, before))
        changed = [Region(0, y, self.size.width, 1) for y, (line, old) in pairs if line != old]
        if changed:
            self.refresh(*changed)


def _pair(left: str, right: str) -> str:
    return f"{left:<21} {right}"


def _set(value: float, by_hand: float | None) -> str:
    return figure(value) if by_hand is None else f"{figure(by_hand)} set"
