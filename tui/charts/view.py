"""What a chart shows: lines as columns of dots, the range of their values, and marks."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from core.runs.history import Series
from tui.charts.columns import GAP, Column, columns
from tui.charts.minmax import Extremes
from tui.charts.scale import round_range
from tui.charts.window import WHOLE, Axis, Extent, Window, positions


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, as one letter at the head of a chart."""

    step: int
    letter: str


@dataclass(frozen=True, slots=True)
class Curve:
    """Values to draw over the moments of a series."""

    series: Series
    values: Sequence[float]
    """The series' own, or made smooth."""
    extremes: Extremes
    """Of the values."""
    style: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A curve as columns of dots, on the scale of the view."""

    columns: Sequence[Column | None]
    style: str


@dataclass(frozen=True, slots=True)
class View:
    """Layers from the hindmost to the foremost between two values."""

    layers: Sequence[Layer]
    low: float
    high: float
    log: bool
    """Whether low, high and the layers are decadic logarithms."""
    start: float
    end: float
    """First and last position in sight."""

    def column(self, position: float, width: int) -> int | None:
        """The column of a position among so many; None when it is out of sight."""
        span = (self.end - self.start) or 1.0
        column = int((position - self.start) / span * width)
        return min(column, width - 1) if self.start <= position <= self.end else None


def view(
    curves: Sequence[Curve],
    width: int,
    *,
    window: Window = WHOLE,
    extent: Extent | None = None,
    bounds: tuple[float, float] | None = None,
    log: bool = False,
) -> View | None:
    """Curves in `width` columns; None when there is no value to draw in sight or elsewhere.

    extent: how far the run has come; None takes it from the curves.
    bounds: lowest and highest value of the axis; None takes those of the values.
    log: a logarithmic axis, on which what is not positive cannot be drawn.
    """
    last = max(
        [positions(curve.series, window.axis)[-1] for curve in curves if len(curve.series)],
        default=0.0,
    )
    if extent:
        last = max(last, extent.on(window.axis))
    start, end = window.limits(last)
    layers = [
        Layer(
            columns(
                positions(curve.series, window.axis),
                curve.values,
                start,
                end,
                width,
                above=0.0 if log else -math.inf,
                extremes=curve.extremes,
            ),
            curve.style,
        )
        for curve in curves
    ]
    if log:
        layers = [Layer([_logarithm(c) for c in layer.columns], layer.style) for layer in layers]
        bounds = (
            (math.log10(bounds[0]), math.log10(bounds[1])) if bounds and bounds[0] > 0 else None
        )
    filled = [c for layer in layers for c in layer.columns if c is not None and c is not GAP]
    if not filled:
        return None
    low, high = bounds or round_range(min(c.low for c in filled), max(c.high for c in filled))
    return View(layers, low, high, log, start, end)


def position_of(series: Series, step: int, axis: Axis) -> float | None:
    """Where a step lies on an axis, as the points of a series tell; None without any."""
    if axis == "step":
        return step
    if not len(series):
        return None
    index = index_of(series, step)
    if axis == "epoch" and series.steps[-1]:
        return step * series.epochs[-1] / series.steps[-1]
    return positions(series, axis)[index]


def index_of(series: Series, step: int) -> int:
    """The last point of a series at or before a step; the first where there is none."""
    return max(0, bisect_right(series.steps, step) - 1)


def _logarithm(column: Column | None) -> Column | None:
    if column is None or column is GAP:
        return column
    return Column(*(math.log10(v) for v in (column.first, column.last, column.low, column.high)))
