"""A course of values in a few characters."""

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(
    values: Sequence[float], width: int, bounds: tuple[float, float] | None = None
) -> str:
    """Draw the values as at most `width` blocks of eight heights, averaged within a block.

    bounds: values at the lowest and at the highest block; None takes those of the values.
    """
    count = min(width, len(values))
    means = []
    for block in range(count):
        part = values[len(values) * block // count : len(values) * (block + 1) // count]
        means.append(sum(part) / len(part))
    if not means:
        return ""
    low, high = bounds or (min(means), max(means))
    scale = (len(BLOCKS) - 1) / (high - low if high > low else 1.0)
    heights = (round((value - low) * scale) for value in means)
    return "".join(BLOCKS[min(len(BLOCKS) - 1, max(0, height))] for height in heights)
