"""Lines drawn with braille characters: two dots by four in each cell."""

from collections.abc import Callable, Sequence

from tui.charts.columns import GAP, Column

BLANK = "\u2800"
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a cell's dots, by column and then by row from the top."""
SOLID = "#"
PATTERNS = (SOLID, "####..", "#..", "######..#..", "##..")
"""How the lines of several runs are broken, so that they differ without colour."""


def draw(
    columns: Sequence[Column | None], low: float, high: float, rows: int, pattern: str = SOLID
) -> list[str]:
    """A line through the columns, as `rows` strings of half as many characters as columns.

    low, high: the values at the bottom and at the top; what lies beyond is drawn at the edge.
    pattern: which dots along the line are drawn (#) and which are left out, again and again.
    """
    cells = [[0] * ((len(columns) + 1) // 2) for _ in range(rows)]
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
    for x, column in enumerate(columns):
        if column is None:
            continue
        if column is GAP:
            before = None
            continue
        if before is not None:
            _join(stroke, before, (x, dot(column.first)))
        stroke(x, dot(column.high), dot(column.low))
        before = (x, dot(column.last))
    return ["".join(chr(0x2800 + cell) for cell in row) for row in cells]


def _join(
    stroke: Callable[[int, int, int], None], start: tuple[int, int], end: tuple[int, int]
) -> None:
    """A straight line between two dots, drawn column by column."""
    (x0, y0), (x1, y1) = start, end
    for x in range(x0, x1 + 1):
        here = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        there = y0 + (y1 - y0) * min(x - x0 + 1, x1 - x0) / (x1 - x0)
        top, bottom = sorted((round(here), round(there)))
        stroke(x, top, max(top, bottom - 1) if x < x1 else bottom)
