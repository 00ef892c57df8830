"""The content of a chart: lines as columns of dots, the range of their values, and marks."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.runs.history import Series
from tui.charts.bins import GAP, Bin
from tui.charts.braille import SOLID
from tui.charts.scale import round_range
from tui.charts.series_cache import Band, Curve
from tui.charts.window import WHOLE, Axis, Extent, Window, positions


@dataclass(frozen=True, slots=True)
class Mark:
    """One letter at the head of a chart for something that happened."""

    step: int
    letter: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A curve or band as columns of dots, on the scale of the view."""

    bins: Sequence[Bin | None]
    style: str
    pattern: str = SOLID


@dataclass(frozen=True, slots=True)
class View:
    """Layers from back to front, between two values."""

    layers: Sequence[Layer]
    low: float
    high: float
    log: bool
    """True when low, high and the layers are decimal logarithms."""
    start: float
    end: float
    """First and last visible position."""

    def column(self, position: float, width: int) -> int | None:
        """Return the column of a position among `width`; None when it is not visible."""
        span = (self.end - self.start) or 1.0
        column = int((position - self.start) / span * width)
        return min(column, width - 1) if self.start <= position <= self.end else None


def view(
    curves: Sequence[Curve | Band],
    width: int,
    *,
    window: Window = WHOLE,
    extent: Extent | None = None,
    bounds: tuple[float, float] | None = None,
    log: bool = False,
) -> View | None:
    """Return curves in `width` columns; None when there is no visible value.

    extent: latest position of the runs; None takes it from the curves.
    bounds: lowest and highest value of the axis; None takes those of the values.
    log: a logarithmic axis, on which only positive values can be drawn.
    """
    start, end = window.limits(last_position([one.series for one in curves], extent, window.axis))
    layers = []
    for curve in curves:
        bins = curve.bins(window.axis, start, end, width, 0.0 if log else -math.inf)
        bins = [*map(_logarithm, bins)] if log else bins
        layers.append(Layer(bins, curve.style, curve.pattern))
    if log and bounds:
        bounds = (math.log10(bounds[0]), math.log10(bounds[1])) if bounds[0] > 0 else None
    filled = [one for layer in layers for one in layer.bins if one is not None and one is not GAP]
    if not filled:
        return None
    low, high = bounds or round_range(
        min(one.low for one in filled), max(one.high for one in filled)
    )
    return View(layers, low, high, log, start, end)


def last_position(series: Iterable[Series], extent: Extent | None, axis: Axis) -> float:
    """Return the latest position of some series and of the runs on an axis."""
    ends = [positions(one, axis)[-1] for one in series if len(one)]
    return max([*ends, extent.on(axis) if extent else 0.0])


def position_of(series: Series, step: int, axis: Axis) -> float:
    """Return the position of a step on an axis, from the points of a series, at least one."""
    if axis == "step":
        return step
    if axis == "epoch" and series.steps[-1]:
        return step * series.epochs[-1] / series.steps[-1]
    return positions(series, axis)[index_of(series, step)]


def index_of(series: Series, step: int) -> int:
    """Return the last point of a series at or before a step; the first where there is none."""
    return max(0, bisect_right(series.steps, step) - 1)


def _logarithm(one: Bin | None) -> Bin | None:
    if one is None or one is GAP:
        return one
    return Bin(*(math.log10(value) for value in (one.first, one.last, one.low, one.high)))
