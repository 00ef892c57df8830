"""Lines drawn with braille characters: two dots by four in each cell."""

from collections.abc import Callable, Sequence

from tui.charts.bins import GAP, Bin

BLANK = "\u2800"
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a cell's dots, by column and then by row from the top."""
SOLID = "#"
HATCH = "#..."
"""Which dots of a band are drawn (#), so that it is fainter than a line without colour too."""


def draw(
    bins: Sequence[Bin | None], low: float, high: float, rows: int, pattern: str = SOLID
) -> list[str]:
    """Draw a line through the bins as `rows` strings of half as many characters as bins.

    low, high: the values at the bottom and at the top; values beyond are drawn at the edge.
    pattern: the dots along the line that are drawn (#) and left out, repeated.
    """
    cells = [[0] * ((len(bins) + 1) // 2) for _ in range(rows)]
    height = rows * 4
    scale = (height - 1) / (high - low if high > low else 1.0)
    drawn = [mark == "#" for mark in pattern]

    def dot(value: float) -> int:
        return min(height - 1, max(0, height - 1 - round((value - low) * scale)))

    def stroke(column: int, top: int, bottom: int) -> None:
        for y in range(top, bottom + 1):
            if drawn[(column + y) % len(drawn)]:
                cells[y // 4][column // 2] |= DOTS[column % 2][y % 4]

    before: tuple[int, int] | None = None
    for x, values in enumerate(bins):
        if values is None:
            continue
        if values is GAP:
            before = None
            continue
        if before is not None:
            _join(stroke, before, (x, dot(values.first)))
        stroke(x, dot(values.high), dot(values.low))
        before = (x, dot(values.last))
    return ["".join(chr(0x2800 + cell) for cell in row) for row in cells]


def _join(
    stroke: Callable[[int, int, int], None], start: tuple[int, int], end: tuple[int, int]
) -> None:
    """Draw a straight line between two dots, column by column."""
    (x0, y0), (x1, y1) = start, end
    for x in range(x0, x1 + 1):
        here = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        there = y0 + (y1 - y0) * min(x - x0 + 1, x1 - x0) / (x1 - x0)
        top, bottom = sorted((round(here), round(there)))
        stroke(x, top, max(top, bottom - 1) if x < x1 else bottom)
