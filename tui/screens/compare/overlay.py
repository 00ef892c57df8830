"""Several runs' curves of one number, drawn on one another.

Drawn from `columns` and `draw` of `tui.charts` alone, so that another chart may take its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from core.exports.palette import COLOURS
from tui.charts.braille import draw
from tui.charts.columns import GAP, Column, columns
from tui.charts.scale import round_range, ticks
from tui.state.selection import MARKERS, MOST
from tui.text.format import figure

GUTTER = 7
"""Characters of the axis at the left."""
APART = 12
"""Characters between two markers of a line."""
BLANK = "\u2800"
HATCH = "#..."
"""Which dots of a band are drawn, so that it is fainter than a line without colour too."""


@dataclass(frozen=True, slots=True)
class Line:
    """The points of one run, or of several as one: x ascending, y as they are."""

    place: int
    """Of the run in the comparison, which gives colour and marker."""
    xs: Sequence[float]
    ys: Sequence[float]
    low: Sequence[float] = ()
    """The lowest of several runs at each x, and the highest; empty for one run."""
    high: Sequence[float] = ()


class Overlay(Widget, can_focus=True):
    """Lines over the same x in the same range of y, each with its colour and its marker."""

    COMPONENT_CLASSES = {"overlay--axis"}
    DEFAULT_CSS = """
    Overlay {
        border: round $panel-lighten-2;
        border-title-color: $foreground;
        border-title-style: bold;
        min-height: 5;
        &:focus { border: round $accent; }
        & > .overlay--axis { color: $text-muted; }
    }
    """

    def __init__(self, title: str, bounds: tuple[float, float] | None = None) -> None:
        super().__init__()
        self.border_title = title
        self._bounds = bounds
        self._shown: tuple[Sequence[Line], str] = ((), "")
        self._drawn_at: Size | None = None
        self._strips: list[Strip] = []

    def show(self, lines: Sequence[Line], x: str) -> None:
        """Draw these lines over what `x` names."""
        self._shown, self._drawn_at = (lines, x), None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of the picture."""
        if self._drawn_at != self.size:
            self._drawn_at, self._strips = self.size, self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def notify_style_update(self) -> None:
        """Draw anew in the new colours."""
        self._drawn_at = None
        super().notify_style_update()

    def _draw(self) -> list[Strip]:
        width, height = self.size
        axis = self.get_component_rich_style("overlay--axis")
        lines, x = self._shown
        lines = [line for line in lines if len(line.xs)]
        rows, cells = height - 1, width - GUTTER
        if not lines or rows < 1 or cells < 5:
            middle = Strip([Segment("no value yet"[:width].center(width), axis)])
            return [middle if row == height // 2 else Strip.blank(width) for row in range(height)]
        start = min(0.0, *(line.xs[0] for line in lines))
        end = max(line.xs[-1] for line in lines)
        found = [columns(line.xs, line.ys, start, end, cells * 2) for line in lines]
        bands = [_band(line, start, end, cells * 2) if line.low else [] for line in lines]
        filled = [column for line in (*found, *bands) for column in line if column]
        low, high = self._bounds or round_range(
            min((column.low for column in filled), default=0.0),
            max((column.high for column in filled), default=1.0),
        )
        background = axis.bgcolor
        canvas = [[(" ", Style(bgcolor=background))] * cells for _ in range(rows)]
        markers: dict[tuple[int, int], tuple[str, Style]] = {}
        styles = [Style(color=COLOURS[line.place], bgcolor=background) for line in lines]
        for band, style in zip(bands, styles, strict=True):
            for row, dots in enumerate(draw(band, low, high, rows, HATCH)):
                for cell, dot in enumerate(dots[:cells]):
                    if dot != BLANK:
                        canvas[row][cell] = (dot, style)
        for line, shown, style in zip(lines, found, styles, strict=True):
            # Markers of different runs stand at different columns, the last at the line's end.
            last = max((number // 2 for number, column in enumerate(shown) if column), default=0)
            marked = {*range(line.place * APART // MOST, cells, APART), last}
            for row, dots in enumerate(draw(shown, low, high, rows)):
                for cell, dot in enumerate(dots[:cells]):
                    if dot != BLANK:
                        canvas[row][cell] = (dot, style)
                        if cell in marked:
                            marked.remove(cell)
                            markers[row, cell] = (MARKERS[line.place], style)
        # Above all lines, so that none hides the marker of another.
        for (row, cell), marker in markers.items():
            canvas[row][cell] = marker
        labels = {row: figure(value) for row, value in ticks(low, high, rows).items()}
        strips = []
        for row, drawn in enumerate(canvas):
            label = f"{labels.get(row, ''):>{GUTTER - 1}}{'┤' if row in labels else '│'}"
            strips.append(Strip([Segment(label, axis), *(Segment(*part) for part in drawn)]))
        left, right = figure(start), f"{x} {figure(end)}"
        foot = " " * GUTTER + left + f"{right:>{max(0, cells - len(left))}}"
        return [*strips, Strip([Segment(foot, axis)]).crop(0, width)]


def _band(line: Line, start: float, end: float, width: int) -> list[Column | None]:
    """The range of a line in so many columns, without a break where a column has no point."""
    lows = columns(line.xs, line.low, start, end, width)
    highs = columns(line.xs, line.high, start, end, width)
    found = [_joined(low, high) for low, high in zip(lows, highs, strict=True)]
    there = [number for number, column in enumerate(found) if column]
    for left, right in pairwise(there):
        before, after = found[left], found[right]
        if before is GAP or after is GAP or before is None or after is None:
            continue
        for number in range(left + 1, right):
            share = (number - left) / (right - left)
            low = before.low + (after.low - before.low) * share
            high = before.high + (after.high - before.high) * share
            found[number] = Column(low, low, low, high)
    return found


def _joined(low: Column | None, high: Column | None) -> Column | None:
    if low is None or high is None or low is GAP or high is GAP:
        return GAP if low is GAP or high is GAP else None
    return Column(low.last, low.last, low.low, high.high)
