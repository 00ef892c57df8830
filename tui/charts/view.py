"""What a chart shows: the part of a series that is in view and the range of its values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.runs.history import Series
from tui.charts.columns import Column, columns


@dataclass(frozen=True, slots=True)
class View:
    """A series as columns of dots between two values."""

    columns: Sequence[Column | None]
    low: float
    high: float
    start: float
    end: float
    """First and last epoch in view."""


def view(series: Series, width: int, bounds: tuple[float, float] | None) -> View | None:
    """The whole of a series in `width` columns; None when it has no finite value.

    bounds: lowest and highest value of the axis; None takes those of the values.
    """
    if not len(series):
        return None
    start, end = min(0.0, series.epochs[0]), series.epochs[-1]
    shown = columns(series.epochs, series.values, start, end, width)
    filled = [column for column in shown if column is not None]
    if not filled:
        return None
    low, high = bounds or _range(
        min(column.low for column in filled), max(column.high for column in filled)
    )
    return View(shown, low, high, start, end)


def _range(low: float, high: float) -> tuple[float, float]:
    """A range that holds both values and whose ends are round numbers."""
    if low == high:
        pad = abs(low) or 1.0
        low, high = (0.0, low + pad) if low >= 0 else (low - pad, 0.0)
    step = 10 ** math.floor(math.log10(high - low)) / 2
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return low, high
