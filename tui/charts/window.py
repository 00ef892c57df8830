"""The part of a run that is in sight, and the moment that is pointed at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.runs.history import Series

Axis = Literal["epoch", "step", "time"]
AXES: tuple[Axis, ...] = ("epoch", "step", "time")
SMALLEST = 1e-6
"""Smallest part of a run that can be looked at."""


def positions(series: Series, axis: Axis) -> Sequence[float]:
    """Where the values of a series lie on an axis. Time is in seconds of training."""
    match axis:
        case "epoch":
            return series.epochs
        case "step":
            return series.steps
        case "time":
            return series.times


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a run has come, on each axis."""

    epoch: float = 0.0
    step: int = 0
    time: float = 0.0

    def on(self, axis: Axis) -> float:
        """On one of them."""
        return float(getattr(self, axis))


@dataclass(frozen=True, slots=True)
class Window:
    """What is in sight of the x axis, which begins at 0; the same for all charts of a board."""

    axis: Axis = "epoch"
    span: float | None = None
    """Width of what is in sight; None for all there is."""
    end: float | None = None
    """Where it ends when it is held still; None follows the newest point."""
    cursor: int | None = None
    """The step that is pointed at."""

    @property
    def held(self) -> bool:
        """Whether it stays where it is while the run goes on."""
        return self.end is not None

    def limits(self, last: float) -> tuple[float, float]:
        """First and last position in sight of a run that has come to `last`.

        While it follows, it moves in small jumps, so that most of a picture stays as it was.
        """
        if self.end is not None:
            return max(0.0, self.end - (self.span or self.end)), self.end
        if self.span is None or self.span >= last:
            return 0.0, _round_up(last, _grain(last))
        end = _round_up(last, self.span / 16)
        return end - self.span, end

    def zoomed(self, factor: float, last: float, at: float | None = None) -> "Window":
        """With a span so many times as wide.

        at: the position that stays where it is; None keeps the end.
        """
        start, end = self.limits(last)
        span = max((end - start) * factor, last * SMALLEST, 1e-9)
        if span >= last:
            return replace(self, span=None, end=None)
        if at is None:
            return self._placed(end, span, last) if self.held else replace(self, span=span)
        return self._placed(at + (end - at) * factor, span, last)

    def panned(self, share: float, last: float) -> "Window":
        """Moved by a share of its span; to the newest point and it follows again."""
        start, end = self.limits(last)
        span = end - start
        if self.span is None:
            return self
        return self._placed(end + span * share, span, last)

    def pointed(self, step: int | None) -> "Window":
        """Pointing at a step; None points nowhere."""
        return replace(self, cursor=step)

    def showing(self, position: float, last: float) -> "Window":
        """Moved, if it must be, so that a position is in sight."""
        start, end = self.limits(last)
        if start <= position <= end:
            return self
        return self._placed(position + (0 if position > end else end - start), end - start, last)

    def following(self) -> "Window":
        """At the newest point, and staying there."""
        return replace(self, end=None, cursor=None)

    def _placed(self, end: float, span: float, last: float) -> "Window":
        if end >= last:
            return replace(self, span=span, end=None)
        return replace(self, span=span, end=max(end, span))


WHOLE = Window()
"""All of a run, following it."""


def _grain(last: float) -> float:
    """Between a tenth and a quarter of a length."""
    if last <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(last))
    return power / (5 if last < 2 * power else 2 if last < 5 * power else 1)


def _round_up(value: float, grain: float) -> float:
    return max(math.ceil(value / grain - 1e-9), 1) * grain
