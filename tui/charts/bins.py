"""Reduction of many points to few bins that keeps every spike."""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

BLOCK = 128
"""Values that share one pair of extremes."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The values that share one column of dots: first, last, lowest, highest."""

    first: float
    last: float
    low: float
    high: float


GAP = Bin(math.nan, math.nan, math.nan, math.nan)
"""A bin whose values cannot be drawn. A line breaks off there."""


class MinMaxBlocks:
    """Lowest and highest value of each whole block of a series that grows.

    A block with a value that is not finite has nan for both.
    """

    def __init__(self) -> None:
        self.lows = array("d")
        self.highs = array("d")

    def follow(self, values: "array[float]") -> None:
        """Add the blocks that became whole since the last call."""
        for start in range(len(self.lows) * BLOCK, len(values) - BLOCK + 1, BLOCK):
            block = values[start : start + BLOCK]
            # A sum is several times faster than a test of each value. It is finite only if all
            # values are; where it overflows, they are tested one by one when they are drawn.
            finite = math.isfinite(sum(block))
            self.lows.append(min(block) if finite else math.nan)
            self.highs.append(max(block) if finite else math.nan)


def bins(
    xs: Sequence[float],
    ys: Sequence[float],
    start: float,
    end: float,
    width: int,
    above: float = -math.inf,
    blocks: MinMaxBlocks | None = None,
) -> list[Bin | None]:
    """Reduce the points with start <= x <= end to `width` bins; None where a bin has no point.

    xs ascend. Values that are not finite, or not above `above`, are left out; a bin that has no
    others is `GAP`. blocks: extremes of ys, which spare a look at each of many values.
    """
    first, last = bisect_left(xs, start), bisect_right(xs, end)
    span = (end - start) or 1.0
    found: list[Bin | None] = []
    low = first
    for column in range(width):
        edge = start + span * (column + 1) / width
        high = last if column == width - 1 else bisect_left(xs, edge, low, last)
        found.append(_bin(ys, low, high, above, blocks) if high > low else None)
        low = high
    return found


def _bin(
    ys: Sequence[float], start: int, end: int, above: float, blocks: MinMaxBlocks | None
) -> Bin:
    """Reduce the values from index `start` to before index `end`."""
    head, tail = -(-start // BLOCK), end // BLOCK
    if blocks and head < tail <= len(blocks.lows):
        edges = [*ys[start : head * BLOCK], *ys[tail * BLOCK : end]]
        lows = [*edges, *blocks.lows[head:tail]]
        highs = [*edges, *blocks.highs[head:tail]]
        if math.isfinite(sum(lows)) and min(lows) > above:
            return Bin(ys[start], ys[end - 1], min(lows), max(highs))
    values = ys[start:end]
    # A sum is several times faster than a test of each value, and finite only if all of them are.
    if not math.isfinite(sum(values)) or min(values) <= above:
        values = [value for value in values if math.isfinite(value) and value > above]
        if not values:
            return GAP
    return Bin(values[0], values[-1], min(values), max(values))
