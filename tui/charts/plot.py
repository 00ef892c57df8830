"""Drawing of a view as characters: curves with markers, gutter with ticks, foot, uprights."""

from collections.abc import Iterator, Sequence

from core.exports.palette import MARKERS, MOST
from tui.charts.bins import Bin
from tui.charts.braille import BLANK, SOLID, draw
from tui.charts.canvas import Canvas
from tui.charts.scale import ticks
from tui.charts.series_cache import RUN
from tui.charts.view import Layer, View
from tui.charts.window import Axis
from tui.text.format import duration, figure

GUTTER = 7
"""Characters of the axis at the left."""
APART = 12
"""Characters between two markers of a line."""
LEAST_CELLS = 5
"""Characters beside the gutter below which nothing is drawn."""


class Plot:
    """Draws views of one size after another and keeps the lines that did not change."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[str, str], tuple[Sequence[Bin | None], object, list[str]]] = {}

    def draw(self, shown: View, width: int, height: int, axis: Axis) -> Canvas:
        """Draw curves and axes on a new canvas. `height` includes the foot."""
        rows, canvas = height - 1, Canvas(width, height, "axis")
        markers = []
        for layer in shown.layers:
            dots = self._dots(layer, shown.low, shown.high, rows)
            for y, line in enumerate(dots):
                canvas.write_dots(GUTTER, y, line, BLANK, layer.style)
            if layer.style.startswith(RUN) and layer.pattern == SOLID:
                place = int(layer.style.removeprefix(RUN))
                markers += [(*cell, place) for cell in _marked(layer.bins, dots, place)]
        # Above all lines, so that no line hides the marker of another.
        for x, y, place in markers:
            canvas.write(GUTTER + x, y, MARKERS[place], f"{RUN}{place}")
        values = ticks(shown.low, shown.high, rows, log=shown.log)
        labels = {y: figure(value) for y, value in values.items()}
        for y in range(rows):
            label = f"{labels.get(y, ''):>{GUTTER - 1}}"[: GUTTER - 1]
            canvas.write(0, y, label + ("┤" if y in labels else "│"), "axis")
        canvas.write(GUTTER, rows, _foot(shown, axis, width - GUTTER), "axis")
        return canvas

    def _dots(self, layer: Layer, low: float, high: float, rows: int) -> list[str]:
        key, name = (low, high, rows), (layer.style, layer.pattern)
        before = self._drawn.get(name)
        if before is None or before[0] is not layer.bins or before[1] != key:
            dots = draw(layer.bins, low, high, rows, layer.pattern)
            before = self._drawn[name] = layer.bins, key, dots
        return before[2]


def add_upright(canvas: Canvas, x: int, stroke: str, style: str, head: str, every: int = 1) -> None:
    """Draw a line from top to bottom behind the curves, with a letter at its head.

    x: column beside the gutter. every: rows from one stroke to the next.
    """
    for y in range(every, len(canvas) - 1, every):
        canvas.write_behind(GUTTER + x, y, stroke, style, weaker="mark")
    canvas.write(GUTTER + x, 0, head, style)


def notice(width: int, height: int, text: str) -> Canvas:
    """Draw a text in the middle of an empty canvas."""
    canvas = Canvas(width, height, "axis")
    if height:
        canvas.write(0, height // 2, text.center(width), "axis")
    return canvas


def _marked(
    bins: Sequence[Bin | None], dots: Sequence[str], place: int
) -> Iterator[tuple[int, int]]:
    """Yield the cells of a line's markers; those of other places stand in other columns."""
    last = max((number // 2 for number, one in enumerate(bins) if one), default=0)
    for x in {*range(place * APART // MOST, len(bins) // 2, APART), last}:
        for y, line in enumerate(dots):
            if line[x] != BLANK:
                yield x, y
                break


def _foot(shown: View, axis: Axis, cells: int) -> str:
    start = _position(shown.start, axis)
    end = f"{axis} {_position(shown.end, axis)}"
    return f"{start}{end:>{max(0, cells - len(start))}}"


def _position(value: float, axis: Axis) -> str:
    if axis == "time":
        return duration(value)
    return f"{value:.0f}" if axis == "step" or value >= 100 else f"{value:.3g}"
