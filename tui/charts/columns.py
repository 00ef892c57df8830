"""Many points to few columns, without losing a spike."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """The values that fall into one column of dots: the first, the last, the extremes."""

    first: float
    last: float
    low: float
    high: float


def columns(
    xs: Sequence[float], ys: Sequence[float], start: float, end: float, width: int
) -> list[Column | None]:
    """The points with start <= x <= end in `width` columns; None where a column has none.

    xs ascend. Values that are not finite are left out.
    """
    first, last = bisect_left(xs, start), bisect_right(xs, end)
    span = (end - start) or 1.0
    found: list[Column | None] = []
    low = first
    for column in range(width):
        edge = start + span * (column + 1) / width
        high = last if column == width - 1 else bisect_left(xs, edge, low, last)
        found.append(_column(ys[low:high]))
        low = high
    return found


def _column(values: Sequence[float]) -> Column | None:
    finite = values if math.isfinite(sum(values)) else [v for v in values if math.isfinite(v)]
    if not finite:
        return None
    return Column(finite[0], finite[-1], min(finite), max(finite))
