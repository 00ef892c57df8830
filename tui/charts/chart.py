"""The chart widget: a titled frame around one line."""

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from core.runs.history import Series
from tui.charts.braille import draw
from tui.charts.view import view
from tui.wording import figure

GUTTER = 7
"""Characters of the axis at the left."""


class Chart(Widget):
    """One series over the epochs. Draws only what changed, and only when it is in sight."""

    COMPONENT_CLASSES = {"chart--axis", "chart--line"}
    DEFAULT_CSS = """
    Chart {
        border: round $panel-lighten-2;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        min-height: 5;
        & > .chart--axis { color: $text-muted; }
        & > .chart--line { color: $accent; }
    }
    """

    def __init__(
        self, title: str, *, bounds: tuple[float, float] | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._title = title
        self._bounds = bounds
        self._series: Series | None = None
        self._drawn: tuple[int, Size] | None = None
        self._lines: list[Strip] = []
        self.border_title = title

    def show(self, series: Series | None) -> None:
        """Draw a series as it stands now."""
        self._series = series
        last = series.values[-1] if series is not None and len(series) else None
        self.border_title = self._title if last is None else f"{self._title} {figure(last)}"
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of the chart."""
        mark = (len(self._series) if self._series is not None else 0, self.size)
        if mark != self._drawn:
            self._drawn = mark
            self._lines = self._draw()
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width)

    def notify_style_update(self) -> None:
        """Draw anew in the new colours."""
        self._drawn = None
        super().notify_style_update()

    def _draw(self) -> list[Strip]:
        width, height = self.size
        axis = self.get_component_rich_style("chart--axis")
        line = self.get_component_rich_style("chart--line")
        rows, cells = height - 1, width - GUTTER
        shown = None
        if self._series is not None and rows > 0 and cells > 4:
            shown = view(self._series, cells * 2, self._bounds)
        if shown is None:
            return self._waiting(width, height, axis)
        labels = {0: figure(shown.high), rows - 1: figure(shown.low)}
        if rows >= 5:
            labels[(rows - 1) // 2] = figure(
                shown.high - (shown.high - shown.low) * ((rows - 1) // 2) / (rows - 1)
            )
        lines = [
            Strip(
                [
                    Segment(f"{labels.get(row, ''):>{GUTTER - 1}}", axis),
                    Segment("┤" if row in labels else "│", axis),
                    Segment(dots, line),
                ]
            )
            for row, dots in enumerate(draw(shown.columns, shown.low, shown.high, rows))
        ]
        start, end = f"{shown.start:.0f}", f"epoch {shown.end:.1f}"
        foot = f"{start}{end:>{max(0, cells - len(start))}}"
        return [*lines, Strip([Segment(" " * GUTTER + foot, axis)]).crop(0, width)]

    def _waiting(self, width: int, height: int, style: Style) -> list[Strip]:
        text = "no value yet"[:width]
        blank = Strip.blank(width)
        middle = Strip([Segment(text.center(width), style)])
        return [middle if row == height // 2 else blank for row in range(height)]
