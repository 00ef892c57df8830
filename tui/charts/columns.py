"""Many points to few columns, without losing a spike."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from tui.charts.minmax import BLOCK, Extremes


@dataclass(frozen=True, slots=True)
class Column:
    """The values that fall into one column of dots: the first, the last, the extremes."""

    first: float
    last: float
    low: float
    high: float


GAP = Column(math.nan, math.nan, math.nan, math.nan)
"""A column whose values cannot be drawn: a line breaks off there."""


def columns(
    xs: Sequence[float],
    ys: Sequence[float],
    start: float,
    end: float,
    width: int,
    above: float = -math.inf,
    extremes: Extremes | None = None,
) -> list[Column | None]:
    """The points with start <= x <= end in `width` columns; None where a column has none.

    xs ascend. Values that are not finite, or not above `above`, are left out; a column that has no
    others is `GAP`. extremes: those of ys, which spare a look at each of many values.
    """
    first, last = bisect_left(xs, start), bisect_right(xs, end)
    span = (end - start) or 1.0
    found: list[Column | None] = []
    low = first
    for column in range(width):
        edge = start + span * (column + 1) / width
        high = last if column == width - 1 else bisect_left(xs, edge, low, last)
        found.append(_column(ys, low, high, above, extremes) if high > low else None)
        low = high
    return found


def _column(
    ys: Sequence[float], start: int, end: int, above: float, extremes: Extremes | None
) -> Column:
    """The values from index `start` to before index `end` as a column."""
    head, tail = -(-start // BLOCK), end // BLOCK
    if extremes and head < tail <= len(extremes.lows):
        edges = [*ys[start : head * BLOCK], *ys[tail * BLOCK : end]]
        lows = [*edges, *extremes.lows[head:tail]]
        highs = [*edges, *extremes.highs[head:tail]]
        if math.isfinite(sum(lows)) and min(lows) > above:
            return Column(ys[start], ys[end - 1], min(lows), max(highs))
    values = ys[start:end]
    # A sum is several times faster than a look at each value, and finite only if all of them are.
    if not math.isfinite(sum(values)) or min(values) <= above:
        values = [value for value in values if math.isfinite(value) and value > above]
        if not values:
            return GAP
    return Column(values[0], values[-1], min(values), max(values))
