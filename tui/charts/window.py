"""The visible part of a run, and the step under the cursor."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.runs.history import History, Series

Axis = Literal["epoch", "step", "time"]
AXES: tuple[Axis, ...] = ("epoch", "step", "time")
SMALLEST = 1e-6
"""Smallest part of a run that can be shown."""


def positions(series: Series, axis: Axis) -> Sequence[float]:
    """Return the positions of a series on an axis. Time is in seconds of training."""
    found: dict[Axis, Sequence[float]]
    found = {"epoch": series.epochs, "step": series.steps, "time": series.times}
    return found[axis]


@dataclass(frozen=True, slots=True)
class Extent:
    """Latest position of runs on each axis."""

    epoch: float = 0.0
    step: int = 0
    time: float = 0.0

    @classmethod
    def of(cls, histories: Iterable[History]) -> "Extent":
        """Return the latest position of any run."""
        ends = [one.last for one in histories if one.last]
        return cls(
            max((event.epoch for event in ends), default=0.0),
            max((event.step for event in ends), default=0),
            max((event.elapsed for event in ends), default=0.0),
        )

    def on(self, axis: Axis) -> float:
        """Return the position on one axis."""
        return float(getattr(self, axis))


@dataclass(frozen=True, slots=True)
class Window:
    """Visible part of the x axis, which begins at 0; the same for all charts of a board."""

    axis: Axis = "epoch"
    span: float | None = None
    """Width of the visible part; None for all there is."""
    end: float | None = None
    """End of the visible part when it is held; None follows the newest point."""
    cursor: int | None = None
    """The step under the cursor."""

    @property
    def held(self) -> bool:
        """True when it stays in place while the run goes on."""
        return self.end is not None

    def limits(self, last: float) -> tuple[float, float]:
        """Return the first and last visible position of a run that has come to `last`.

        While it follows, it moves in small jumps, so that most of a picture stays unchanged.
        """
        if self.end is not None:
            return max(0.0, self.end - (self.span or self.end)), self.end
        if self.span is None or self.span >= last:
            return 0.0, _round_up(last, _grain(last))
        end = _round_up(last, self.span / 16)
        return end - self.span, end

    def zoomed(self, factor: float, last: float, at: float | None = None) -> "Window":
        """Return a window whose span is `factor` times as wide.

        at: the position that stays in place; None keeps the end.
        """
        start, end = self.limits(last)
        span = max((end - start) * factor, last * SMALLEST, 1e-9)
        if span >= last:
            return replace(self, span=None, end=None)
        if at is None:
            return self._placed(end, span, last) if self.held else replace(self, span=span)
        return self._placed(at + (end - at) * factor, span, last)

    def panned(self, share: float, last: float) -> "Window":
        """Return it moved by a share of its span; at the newest point it follows again."""
        start, end = self.limits(last)
        span = end - start
        if self.span is None:
            return self
        return self._placed(end + span * share, span, last)

    def pointed(self, step: int | None) -> "Window":
        """Return it with the cursor at a step; None removes the cursor."""
        return replace(self, cursor=step)

    def showing(self, position: float, last: float) -> "Window":
        """Return it moved, if need be, so that a position is visible."""
        start, end = self.limits(last)
        if start <= position <= end:
            return self
        return self._placed(position + (0 if position > end else end - start), end - start, last)

    def following(self) -> "Window":
        """Return it at the newest point, following."""
        return replace(self, end=None, cursor=None)

    def _placed(self, end: float, span: float, last: float) -> "Window":
        if end >= last:
            return replace(self, span=span, end=None)
        return replace(self, span=span, end=max(end, span))


WHOLE = Window()
"""All of a run, followed."""


def _grain(last: float) -> float:
    """Return a round number between a tenth and a quarter of a length."""
    if last <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(last))
    return power / (5 if last < 2 * power else 2 if last < 5 * power else 1)


def _round_up(value: float, grain: float) -> float:
    return max(math.ceil(value / grain - 1e-9), 1) * grain
