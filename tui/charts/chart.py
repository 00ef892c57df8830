"""The chart widget: a titled frame around the lines of one metric."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Self

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip

from core.exports.palette import COLOURS, MARKERS
from core.runs.history import Series
from core.training.metrics import metric
from tui.charts.canvas import Canvas
from tui.charts.gestures import Gestures
from tui.charts.plot import GUTTER, LEAST_CELLS, Plot, add_upright, notice
from tui.charts.series_cache import LINE, RAW, RUN, Band, Curve, Line, SeriesCache
from tui.charts.view import Mark, View, index_of, position_of, view
from tui.charts.window import AXES, Axis, Extent, Window, positions
from tui.text.format import duration, figure

CURSOR_STROKES = 6
"""Most strokes of the cursor: all rows that it stands in are drawn again with each key."""
TITLE_MARGIN = 4
"""Characters of the frame above the chart that the title cannot take."""


class Chart(Gestures, can_focus=True):
    """One metric of one run or of several. Only changed cells are drawn again.

    The visible part and the cursor are a `Window`; `Moved` is posted when the user changes it.
    """

    COMPONENT_CLASSES = {
        "chart--axis",
        f"chart--{LINE}",
        f"chart--{RAW}",
        "chart--mark",
        "chart--cursor",
        *(f"chart--{RUN}{place}" for place in range(len(COLOURS))),
    }
    HELP = """\
Left and right move a cursor over all charts; the wheel and + - zoom, dragging moves. The pale line
has the measured values, the bright one their smoothed means. Letters at the head: B best and L last
checkpoint, C a cycle of beta begins, E something was set by hand, ! an alarm begins.
"""
    DEFAULT_CSS = """
    Chart {
        border: round $panel-lighten-2; min-height: 5;
        border-title-color: $foreground; border-title-style: bold;
        &:focus { border: heavy $accent; }
        & > .chart--axis { color: $text-muted; }
        & > .chart--line { color: $accent; }
        & > .chart--raw { color: $panel-lighten-3; }
        & > .chart--mark { color: $text-muted; }
        & > .chart--cursor { color: $foreground; text-style: bold; }
    }
    """ + "".join(
        f"Chart > .chart--{RUN}{place} {{ color: {colour}; }}\n"
        for place, colour in enumerate(COLOURS)
    )

    def __init__(self, name: str, axes: Sequence[Axis]) -> None:
        super().__init__(axes, id=name)
        self.metric, self.name_of_metric = metric(name), name
        self._marks: Sequence[Mark] = ()
        self._smoothing = 0.0
        self._caches: dict[tuple[Series, int | None], SeriesCache] = {}
        self._plot = Plot()
        self._view_key: object = None
        self._plotted: tuple[View | None, Size] | None = None
        self._curves_drawn = self._canvas = Canvas(0, 0, "axis")
        """Axes and curves; the same with marks and cursor."""
        self._strips: dict[int, Strip] = {}
        """Rows of the canvas that were rendered."""
        self._named_styles: dict[str, Style] = {}
        self._drawn: Size | None = None
        self._drawn_window = self.window
        """Size and window that were drawn last."""
        self._title = ""
        self._title_cells = 0
        """Cells to draw again for a new title, while it is set."""
        self._entitle()

    # Content

    def show(
        self,
        lines: Sequence[Line],
        marks: Sequence[Mark] = (),
        extent: Extent | None = None,
    ) -> None:
        """Draw lines as their series stand now, the first one in front.

        extent: latest position of the runs; None takes it from the series.
        """
        self._lines, self._marks, self._extent = lines, marks, extent
        kept = {(line.series, line.place) for line in lines}
        self._caches = {key: cache for key, cache in self._caches.items() if key in kept}
        self.redraw()

    def look(self, window: Window) -> None:
        """Show another part of the runs."""
        self.window = window
        if window != self._drawn_window:
            self.redraw()

    def smooth(self, weight: float) -> None:
        """Smooth noisy metrics with this weight of the earlier values; 0 for no smoothing."""
        if weight != self._smoothing:
            self._smoothing = weight
            self._caches.clear()
            self.redraw()

    def choose(self, name: str) -> None:
        """Show another metric from the next `show` on."""
        self.metric, self.name_of_metric = metric(name), name
        self.values, self.logarithmic = None, False
        self._caches.clear()

    def reading(self) -> str:
        """Return place and values at the cursor, smoothed ones after ~; empty without a cursor."""
        series, step, at = self.pointed, self.window.cursor, self._cursor_position
        if series is None or step is None or at is None:
            return ""
        place = f"epoch {position_of(series, step, 'epoch'):.2f}"
        if self.axes == AXES:
            place = f"step {step:,}, {place}, {duration(position_of(series, step, 'time'))}"
        return f"{place} · {self.metric.heading} {'  '.join(self._readings(at))}"

    @property
    def _smooths(self) -> bool:
        return self.metric.noisy and self._smoothing > 0

    def _readings(self, at: float) -> Iterator[str]:
        """Yield the value of each line at a position; lines that end before it have none."""
        for line in self._lines:
            xs = positions(line.series, self.window.axis)
            if not len(xs) or (not line.main and xs[-1] < at):
                continue
            index = max(0, bisect_right(xs, at) - 1)
            found = [figure(line.series.values[index])] * (line.main or not self._smooths)
            if self._smooths:
                found.append(f"~{figure(self._cache(line).smooth.values[index])}")
            if line.place is not None and len(self._lines) > 1:
                found.insert(0, MARKERS[line.place])
            yield " ".join(found)

    def _cache(self, line: Line) -> SeriesCache:
        key = line.series, line.place
        cache = self._caches.get(key)
        if cache is None or not cache.valid:
            weight = self._smoothing if self.metric.noisy else 0.0
            cache = self._caches[key] = SeriesCache(line, weight)
        return cache

    def _curves(self) -> list[Curve | Band]:
        """Return the curves from back to front: bands and raw values, then lines."""
        lines = [(line.main, self._cache(line)) for line in reversed(self._lines)]
        back: list[Curve | Band] = [cache.band for _, cache in lines if cache.band]
        back += [cache.raw for main, cache in lines if main and self._smooths]
        return [*back, *(cache.smooth for _, cache in lines)]

    # Rendering

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render the rows of the chart and of its frame."""
        if self._drawn != self.size:
            self._draw()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Render a row of the chart."""
        if y >= len(self._canvas):
            return Strip.blank(self.size.width, self.rich_style)
        if y not in self._strips:
            runs = self._canvas.runs(y)
            segments = [Segment(text, self._style_of(name)) for text, name in runs]
            self._strips[y] = Strip(segments, self.size.width)
        return self._strips[y]

    def _style_of(self, name: str) -> Style:
        if name not in self._named_styles:
            self._named_styles[name] = self.get_component_rich_style(f"chart--{name}")
        return self._named_styles[name]

    def refresh(self, *regions: Region, **options: bool) -> Self:
        """Request a redraw; for a new title, of the title's row alone."""
        if self._title_cells and self.is_mounted:
            regions = (Region(-1, -1, min(self._title_cells, self.size.width) + 2, 1),)
        return super().refresh(*regions, **options)

    def notify_style_update(self) -> None:
        """Draw again in the new colours."""
        self._drawn = None
        self._named_styles.clear()
        super().notify_style_update()

    def redraw(self) -> None:
        """Draw, and send the changed cells to the terminal."""
        self._entitle()
        if self._drawn != self.size or not self.size:
            self._drawn = None
            self.refresh()
            return
        before = self._canvas
        self._draw()
        changed = []
        for y in range(len(before)):
            if differing := self._canvas.differing(before, y):
                left, right = differing
                changed.append(Region(left, y, right - left, 1))
        if changed:
            self.refresh(*changed)

    def _entitle(self) -> None:
        """Write the metric into the frame, with the value of the run in view."""
        value, step = "", self.window.cursor
        main = next((one.series for one in self._lines if one.main and len(one.series)), None)
        if main is not None:
            index = len(main) - 1 if step is None else index_of(main, step)
            value = f" {figure(main.values[index])}"
        title = self._heading(self.size.width - TITLE_MARGIN - len(value)) + value
        if title != self._title:
            self._title_cells = max(len(title), len(self._title)) + 3
            self._title = self.border_title = title
            self._title_cells = 0

    def _heading(self, room: int) -> str:
        """Return the title of the metric, shortened so that a value behind it is visible."""
        title = self.metric.title
        if room <= 0 or len(self.metric.heading) <= room:
            return self.metric.heading
        return title if len(title) <= room else f"{title[: room - 1]}…"

    def on_resize(self) -> None:
        """Fit the title into the new width."""
        self._entitle()

    def _draw(self) -> None:
        self._drawn, self._drawn_window = self.size, self.window
        self._strips.clear()
        width, height = self.size
        cells = width - GUTTER
        shown = self._view = self._seen(cells * 2) if height > 1 and cells >= LEAST_CELLS else None
        if self._plotted != (shown, self.size):
            self._plotted = shown, self.size
            axis = self.window.axis
            self._curves_drawn = (
                self._plot.draw(shown, width, height, axis)
                if shown
                else notice(width, height, "nothing in sight" if self.pointed else "no value yet")
            )
        self._canvas = self._curves_drawn
        series, cursor = self.pointed, self.window.cursor
        if shown is None or series is None:
            return
        uprights = [(mark.step, "┊", "mark", mark.letter, 1) for mark in self._marks]
        if cursor is not None:
            uprights.append((cursor, "│", "cursor", "▾", -(-height // CURSOR_STROKES)))
        if uprights:
            self._canvas = self._curves_drawn.copy()
        for step, stroke, style, head, every in uprights:
            column = shown.column(position_of(series, step, self.window.axis), cells)
            if column is not None:
                add_upright(self._canvas, column, stroke, style, head, every)

    def _seen(self, columns: int) -> View | None:
        """Return the view, which a moving cursor does not change."""
        curves, window = self._curves(), self.window.pointed(None)
        bounds = self.values or self.metric.bounds
        points = tuple(
            (curve.series, curve.series.voided, len(curve.series), curve.style) for curve in curves
        )
        key = (points, columns, window, self._extent, bounds, self.logarithmic, self._smoothing)
        if key != self._view_key:
            self._view_key = key
            self._view = view(
                curves,
                columns,
                window=window,
                extent=self._extent,
                bounds=bounds,
                log=self.logarithmic,
            )
        return self._view
