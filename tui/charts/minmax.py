"""The lowest and the highest of many values at once, so that a long series is drawn quickly."""

import math
from array import array

BLOCK = 128
"""Values that are summed up in one pair of extremes."""


class Extremes:
    """Lowest and highest value of each whole block of a series that grows.

    A block with a value that is not finite has nan for both.
    """

    def __init__(self) -> None:
        self.lows = array("d")
        self.highs = array("d")

    def follow(self, values: "array[float]") -> None:
        """Sum up the blocks that have become whole since the last call."""
        for start in range(len(self.lows) * BLOCK, len(values) - BLOCK + 1, BLOCK):
            block = values[start : start + BLOCK]
            # A sum is several times faster than a look at each value, and finite only if all of
            # them are; where it overflows, they are looked at one by one when they are drawn.
            finite = math.isfinite(sum(block))
            self.lows.append(min(block) if finite else math.nan)
            self.highs.append(max(block) if finite else math.nan)
