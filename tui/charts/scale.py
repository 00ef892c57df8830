"""Scale of the values of a chart: round ends, and round numbers between them."""

import math

APART = 3
"""Least number of rows from one number to the next."""
LEAST = 1e-300
"""Span below which division is no longer accurate."""


def round_range(low: float, high: float) -> tuple[float, float]:
    """Return a range that holds both values and has round ends."""
    if high - low < LEAST:
        pad = abs(low) if abs(low) >= LEAST else 1.0
        low, high = (0.0, low + pad) if low >= 0 else (low - pad, 0.0)
    step = 10 ** math.floor(math.log10(high - low)) / 2
    return math.floor(low / step) * step, math.ceil(high / step) * step


def ticks(low: float, high: float, rows: int, *, log: bool = False) -> dict[int, float]:
    """Return the numbers to write beside the rows, by row from the top.

    They are both ends, and multiples of 1, 2 or 5 times a power of ten where there is room.

    log: low and high are decimal logarithms; between them stand whole powers of ten.
    """
    found = {0: high, rows - 1: low}
    span = high - low
    if rows > 2 * APART and span >= LEAST:
        step = _round_above(span * APART / (rows - 1))
        if log:
            step = math.ceil(step)
        for number in range(math.ceil(low / step), math.floor(high / step) + 1):
            row = round((high - number * step) / span * (rows - 1))
            if row + 1 >= APART and row + APART <= rows:
                found[row] = number * step
    return {row: 10**value for row, value in found.items()} if log else found


def _round_above(value: float) -> float:
    """Return the least of 1, 2, 5 times a power of ten that is not below a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= value)
