"""Points on a grid of characters: one mark a cell, that of the group with most points there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MARKS = "ox+*#%@="
OTHERS = "."
"""Mark of groups that have none of their own."""

BORDER = 1e-3
"""Width of the border of a cell, in cells."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """Visible part of the plane."""

    left: float
    right: float
    bottom: float
    top: float

    @classmethod
    def of(cls, points: Sequence[tuple[float, float]]) -> "Viewport":
        """Return the smallest one that holds all points."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return cls(*_apart(min(xs), max(xs)), *_apart(min(ys), max(ys)))

    def zoomed(self, zoom: float, centre: tuple[float, float]) -> "Viewport":
        """Return one `zoom` times smaller around a point, within the edges of this one."""
        return Viewport(
            *_within(self.left, self.right, zoom, centre[0]),
            *_within(self.bottom, self.top, zoom, centre[1]),
        )

    def cell(self, point: tuple[float, float], width: int, height: int) -> tuple[int, int] | None:
        """Return column and row, from the top, of a point on a grid; None when not visible."""
        x = (point[0] - self.left) / (self.right - self.left)
        y = (self.top - point[1]) / (self.top - self.bottom)
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return None
        # A point on the border of two cells must not change sides by rounding.
        column, row = int(x * width + BORDER), int(y * height + BORDER)
        return min(width - 1, column), min(height - 1, row)


def mark(group: int) -> str:
    """Return the mark of a group."""
    return MARKS[group] if group < len(MARKS) else OTHERS


def winners(
    cells: Sequence[tuple[int, int] | None], groups: Sequence[int]
) -> dict[tuple[int, int], int]:
    """Return the group with most points in each cell that has any."""
    counts: dict[tuple[int, int], Counter[int]] = {}
    for cell, group in zip(cells, groups, strict=True):
        if cell is not None:
            counts.setdefault(cell, Counter())[group] += 1
    return {cell: max(sorted(some), key=some.__getitem__) for cell, some in counts.items()}


def neighbour(
    cells: Sequence[tuple[int, int] | None], here: int, direction: tuple[int, int]
) -> int:
    """Return the next point in a direction (1 right or down, -1 left or up); `here` if none.

    What lies aside counts twice, so that a step keeps to its line.
    """
    start = cells[here]
    if start is None:
        return here
    best, nearest = here, float("inf")
    for index, cell in enumerate(cells):
        if cell is None:
            continue
        dx, dy = cell[0] - start[0], cell[1] - start[1]
        along = dx * direction[0] + dy * direction[1]
        aside = abs(dx * direction[1]) + abs(dy * direction[0])
        if along > 0 and along + 2 * aside < nearest:
            best, nearest = index, along + 2 * aside
    return best


def _apart(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low - 1, high + 1)


def _within(low: float, high: float, zoom: float, centre: float) -> tuple[float, float]:
    size = (high - low) / zoom
    start = min(max(centre - size / 2, low), high - size)
    return start, start + size
