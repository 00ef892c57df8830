"""The chart widget: a titled frame around the lines of one metric."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from core.runs.history import Series
from core.scores.metric import Metric
from core.training.metrics import metric
from tui.charts.braille import BLANK, PATTERNS, draw
from tui.charts.canvas import Canvas
from tui.charts.scale import ticks
from tui.charts.series_cache import Course
from tui.charts.view import Curve, Mark, View, index_of, position_of, view
from tui.charts.window import AXES, Axis, Extent, Window, positions
from tui.text.format import duration, figure

GUTTER = 7
"""Characters of the axis at the left."""
ZOOM = 0.7
"""How much of what is in sight stays so after zooming in once."""
CURSOR_STROKES = 6
"""Of the cursor, at most: with each key, all rows that it stands in are drawn anew."""
OTHERS = len(PATTERNS) - 1
"""Runs that can be told apart beside the chart's own."""


@dataclass(frozen=True, slots=True)
class Line:
    """The same metric of another run."""

    series: Series
    slot: int
    """From 1 to `OTHERS`: settles its colour and its pattern."""


class Chart(Widget, can_focus=True):
    """One metric of a run, and of others for comparison. Only cells that changed are drawn anew.

    What is in sight and pointed at is a `Window`; the chart posts `Moved` when the user changes it.
    """

    COMPONENT_CLASSES = {
        "chart--axis",
        "chart--line",
        "chart--raw",
        "chart--mark",
        "chart--cursor",
        *(f"chart--other-{slot}" for slot in range(1, OTHERS + 1)),
    }
    HELP = """\
Left and right move a cursor over all charts; the wheel and + - zoom, dragging moves. The line
behind the smooth one is what was measured. Letters at the head: B best and L last checkpoint,
C a cycle of beta begins, E something was set by hand, ! an alarm begins.
"""
    BINDINGS = [
        Binding("left", "point(-1)", "Cursor back", show=False),
        Binding("right", "point(1)", "Cursor on", show=False),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in", show=False, key_display="+"),
        Binding("minus", "zoom(1)", "Zoom out", show=False),
        Binding("shift+left,less_than_sign", "pan(-1)", "Look back", show=False),
        Binding("shift+right,greater_than_sign", "pan(1)", "Look on", show=False),
        Binding("home", "begin", "Beginning", show=False),
        Binding("end", "follow", "Follow the newest", show=False),
        Binding("0", "whole", "Whole run", show=False),
        Binding("shift+up", "zoom_values(-1)", "Zoom values in", show=False),
        Binding("shift+down", "zoom_values(1)", "Zoom values out", show=False),
        Binding("up", "pan_values(1)", "Values up", show=False),
        Binding("down", "pan_values(-1)", "Values down", show=False),
        Binding("l", "log", "Logarithmic values", show=False),
        Binding("x", "axis", "Epoch, step or time", show=False),
        Binding("v", "choose", "Another metric", show=False),
        Binding("enter", "enlarge", "Full screen", show=False),
        Binding("escape", "let_go", "No cursor", show=False),
    ]
    DEFAULT_CSS = """
    Chart {
        border: round $panel-lighten-2;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        min-height: 5;
        &:focus { border: heavy $accent; }
        & > .chart--axis { color: $text-muted; }
        & > .chart--line { color: $accent; }
        & > .chart--raw { color: $panel-lighten-3; }
        & > .chart--mark { color: $text-muted; }
        & > .chart--cursor { color: $foreground; text-style: bold; }
        & > .chart--other-1 { color: $text-primary; }
        & > .chart--other-2 { color: $text-success; }
        & > .chart--other-3 { color: $text-error; }
        & > .chart--other-4 { color: $foreground; }
    }
    """

    @dataclass
    class Moved(Message):
        """The user looks or points somewhere else."""

        window: Window

    @dataclass
    class Enlarge(Message):
        """The user wants this chart alone, or all of them again."""

        chart: "Chart"

    @dataclass
    class Choose(Message):
        """The user wants another metric on this chart."""

        chart: "Chart"

    @dataclass
    class LetGo(Message):
        """The user leaves what was pointed at or enlarged."""

    def __init__(
        self,
        title: str,
        *,
        bounds: tuple[float, float] | None = None,
        noisy: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.metric = Metric(title, bounds=bounds, noisy=noisy)
        self.name_of_metric = id or ""
        self.window = Window()
        self.logarithmic = False
        self._series: Series | None = None
        self._others: Sequence[Line] = ()
        self._marks: Sequence[Mark] = ()
        self._extent: Extent | None = None
        self._values: tuple[float, float] | None = None
        """Lowest and highest value in sight, where the user chose them."""
        self._smoothing = 0.0
        self._courses: dict[Series, Course] = {}
        self._view: View | None = None
        self._view_key: object = None
        self._plotted: tuple[View | None, Size] | None = None
        self._plot = self._canvas = Canvas(0, 0, "axis")
        """The axes and the curves; the same with marks and cursor."""
        self._strips: dict[int, Strip] = {}
        """Those of the canvas that were asked for."""
        self._named_styles: dict[str, Style] = {}
        self._drawn: Size | None = None
        self._drawn_window = self.window
        """The size and the part of the run that were drawn last."""
        self._dragged_at: int | None = None
        self._title = ""
        self._entitled = 0
        """Cells that the titles of before and now take."""
        self._entitling = False
        self._entitle()

    # What it shows

    def show(
        self,
        series: Series | None,
        others: Sequence[Line] = (),
        marks: Sequence[Mark] = (),
        extent: Extent | None = None,
    ) -> None:
        """Draw a series as it stands now.

        others: the same metric of other runs. extent: how far the run has come; None takes it
        from the series.
        """
        self._series, self._others, self._marks = series, others, marks
        self._extent = extent
        shown = self._all
        self._courses = {one: course for one, course in self._courses.items() if one in shown}
        self._redraw()

    def look(self, window: Window) -> None:
        """Show another part of the run."""
        self.window = window
        if window != self._drawn_window:
            self._redraw()

    def smooth(self, weight: float) -> None:
        """Smooth what is noisy, with so much weight on what came before; 0 for not at all."""
        if weight != self._smoothing:
            self._smoothing = weight
            self._courses.clear()
            self._redraw()

    def choose(self, name: str) -> None:
        """Show another metric from the next `show` on."""
        self.metric, self.name_of_metric = metric(name), name
        self._values, self.logarithmic = None, False
        self._courses.clear()

    def reading(self) -> str:
        """The value at the cursor, and behind ~ the smooth one; empty without a cursor."""
        series, step = self._series, self.window.cursor
        if series is None or not len(series) or step is None:
            return ""
        index = index_of(series, step)
        read = f"{self.metric.heading} {figure(series.values[index])}"
        if self._is_smoothed:
            read += f" ~{figure(self._course(series).smooth('line').values[index])}"
        return read

    def place(self) -> str:
        """The step, epoch and time at the cursor in words; empty without a cursor."""
        series, step = self._series, self.window.cursor
        if series is None or not len(series) or step is None:
            return ""
        epoch = position_of(series, step, "epoch") or 0.0
        time = series.times[index_of(series, step)]
        return f"step {step:,}, epoch {epoch:.2f}, {duration(time)}"

    @property
    def last(self) -> float:
        """How far the runs have come on the axis."""
        ends = [positions(one, self.window.axis)[-1] for one in self._all if len(one)]
        return max([*ends, self._extent.on(self.window.axis) if self._extent else 0.0])

    @property
    def _all(self) -> list[Series]:
        return [one for one in (self._series, *(o.series for o in self._others)) if one is not None]

    @property
    def _is_smoothed(self) -> bool:
        return self.metric.noisy and self._smoothing > 0

    def _course(self, series: Series) -> Course:
        known = self._courses.get(series)
        if known is None or not known.holds:
            weight = self._smoothing if self.metric.noisy else 0.0
            known = self._courses[series] = Course(series, weight)
        return known

    def _curves(self) -> list[Curve]:
        curves = [self._course(line.series).smooth(f"other-{line.slot}") for line in self._others]
        if self._series is not None:
            course = self._course(self._series)
            if self._is_smoothed:
                curves.insert(0, course.raw("raw"))
            curves.append(course.smooth("line"))
        return curves

    # How it is drawn

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of the chart and of its frame."""
        if self._drawn != self.size:
            self._draw()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """A line of the chart."""
        if y >= len(self._canvas):
            return Strip.blank(self.size.width, self.rich_style)
        if y not in self._strips:
            runs = self._canvas.runs(y)
            segments = [Segment(text, self._style_of(name)) for text, name in runs]
            self._strips[y] = Strip(segments, self._canvas.width)
        return self._strips[y]

    def _style_of(self, name: str) -> Style:
        if name not in self._named_styles:
            self._named_styles[name] = self.get_component_rich_style(f"chart--{name}")
        return self._named_styles[name]

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Have it drawn again; for a new title, the line of the title alone."""
        if self._entitling and self.is_mounted:
            regions = (Region(-1, -1, min(self._entitled, self.size.width) + 2, 1),)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Draw anew in the new colours."""
        self._drawn = None
        self._named_styles.clear()
        super().notify_style_update()

    def _redraw(self) -> None:
        """Draw, and have the cells that changed sent to the terminal."""
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
        series, title = self._series, self.metric.heading
        if series is not None and len(series):
            step = self.window.cursor
            index = len(series) - 1 if step is None else index_of(series, step)
            title += f" {figure(series.values[index])}"
        if title != self._title:
            self._entitled = max(len(title), len(self._title)) + 3
            self._title = title
            self._entitling = True
            self.border_title = title
            self._entitling = False

    def _draw(self) -> None:
        self._drawn, self._drawn_window = self.size, self.window
        self._strips.clear()
        width, height = self.size
        rows, cells = height - 1, width - GUTTER
        shown = self._view = self._seen(cells * 2) if rows > 0 and cells > 4 else None
        if self._plotted != (shown, self.size):
            self._plotted = shown, self.size
            self._plot = self._waiting() if shown is None else self._curves_drawn(shown)
        self._canvas = self._plot
        cursor = self.window.cursor
        if shown is None or not (self._marks or cursor is not None):
            return
        self._canvas = self._plot.copy()
        for mark in self._marks:
            self._upright(shown, mark.step, "┊", "mark", mark.letter)
        if cursor is not None:
            self._upright(shown, cursor, "│", "cursor", "▾", -(-height // CURSOR_STROKES))

    def _curves_drawn(self, shown: View) -> Canvas:
        width, height = self.size
        rows, cells = height - 1, width - GUTTER
        canvas = Canvas(width, height, "axis")
        for layer in shown.layers:
            slot = int(layer.style.removeprefix("other-")) if "other-" in layer.style else 0
            dots = draw(layer.columns, shown.low, shown.high, rows, PATTERNS[slot])
            for y, line in enumerate(dots):
                canvas.write_dots(GUTTER, y, line, BLANK, layer.style)
        values = ticks(shown.low, shown.high, rows, log=shown.log)
        labels = {y: figure(value) for y, value in values.items()}
        for y in range(rows):
            label = f"{labels.get(y, ''):>{GUTTER - 1}}"[: GUTTER - 1]
            canvas.write(0, y, label + ("┤" if y in labels else "│"), "axis")
        canvas.write(GUTTER, rows, self._foot(shown, cells), "axis")
        return canvas

    def _seen(self, columns: int) -> View | None:
        """The view, which a cursor that moves does not change."""
        curves, window = self._curves(), self.window.pointed(None)
        bounds = self._values or self.metric.bounds
        points = tuple(
            (id(curve.series), curve.series.voided, len(curve.series), curve.style)
            for curve in curves
        )
        key = (points, columns, window, self._extent, bounds, self.logarithmic, self._smoothing)
        if key == self._view_key:
            return self._view
        self._view_key = key
        return view(
            curves,
            columns,
            window=window,
            extent=self._extent,
            bounds=bounds,
            log=self.logarithmic,
        )

    def _upright(
        self, shown: View, step: int, stroke: str, style: str, head: str, every: int = 1
    ) -> None:
        """A line from top to bottom at a step, behind the curves, with a letter at its head."""
        position = position_of(max(self._all, key=len), step, self.window.axis)
        column = None if position is None else shown.column(position, self.size.width - GUTTER)
        if column is None:
            return
        x = GUTTER + column
        for y in range(every, self.size.height - 1, every):
            self._canvas.write_behind(x, y, stroke, style, weaker="mark")
        self._canvas.write(x, 0, head, style)

    def _foot(self, shown: View, cells: int) -> str:
        start, end = (
            _position(shown.start, self.window.axis),
            _position(shown.end, self.window.axis),
        )
        end = {"epoch": "epoch ", "step": "step ", "time": ""}[self.window.axis] + end
        return f"{start}{end:>{max(0, cells - len(start))}}"

    def _waiting(self) -> Canvas:
        width, height = self.size
        canvas = Canvas(width, height, "axis")
        hidden = any(len(one) for one in self._all)
        text = "nothing in sight" if hidden else "no value yet"
        if height:
            canvas.write(0, height // 2, text.center(width), "axis")
        return canvas

    # Keys

    def action_point(self, direction: int) -> None:
        """Move the cursor by a cell, or to the next point where points are further apart."""
        series, shown = self._series, self._view
        if series is None or not len(series):
            return
        step = self.window.cursor
        if step is None or shown is None:
            self._move(self.window.pointed(series.steps[-1]))
            return
        xs, index = positions(series, self.window.axis), index_of(series, step)
        cell = (shown.end - shown.start) / max(1, self.size.width - GUTTER)
        wanted = xs[index] + direction * cell
        index += direction
        while 0 < index < len(xs) - 1 and (xs[index] - wanted) * direction < 0:
            index += direction
        index = min(max(index, 0), len(xs) - 1)
        pointed = self.window.pointed(series.steps[index])
        self._move(pointed.showing(xs[index], self.last))

    def action_zoom(self, direction: int) -> None:
        """Look closer, or at more; at the cursor where there is one."""
        self._zoom(ZOOM**-direction, self._cursor_position())

    def action_pan(self, direction: int) -> None:
        """Look at what lies before, or after."""
        self._move(self.window.panned(direction / 4, self.last))

    def action_begin(self) -> None:
        """Look at the beginning."""
        self._move(self.window.panned(-self.last, self.last))

    def action_follow(self) -> None:
        """Look at the newest point and stay there."""
        self._move(self.window.following())

    def action_whole(self) -> None:
        """Look at the whole run, and at all its values."""
        self._values = None
        self._move(replace(self.window.following(), span=None))
        self._redraw()

    def action_zoom_values(self, direction: int) -> None:
        """Look closer at the values, or at more of them."""
        self._value_range(ZOOM**-direction, 0.0)

    def action_pan_values(self, direction: int) -> None:
        """Look at higher or lower values."""
        self._value_range(1.0, direction / 8)

    def action_log(self) -> None:
        """Logarithmic values, or plain ones."""
        self.logarithmic, self._values = not self.logarithmic, None
        self._redraw()

    def action_axis(self) -> None:
        """Epochs, steps or seconds along the foot."""
        axis = AXES[(AXES.index(self.window.axis) + 1) % len(AXES)]
        self._move(Window(axis, cursor=self.window.cursor))

    def action_choose(self) -> None:
        """Put another metric on this chart."""
        self.post_message(self.Choose(self))

    def action_enlarge(self) -> None:
        """This chart alone, or all of them again."""
        self.post_message(self.Enlarge(self))

    def action_let_go(self) -> None:
        """Point nowhere; then leave the full screen."""
        self.post_message(self.LetGo())

    def _cursor_position(self) -> float | None:
        if self.window.cursor is None or self._series is None:
            return None
        return position_of(self._series, self.window.cursor, self.window.axis)

    def _zoom(self, factor: float, at: float | None) -> None:
        self._move(self.window.zoomed(factor, self.last, at))

    def _value_range(self, factor: float, shift: float) -> None:
        if self._view is None:
            return
        low, high = self._view.low, self._view.high
        middle, half = (low + high) / 2 + shift * (high - low), (high - low) / 2 * factor
        if not middle - half < middle + half:
            return
        self._values = (middle - half, middle + half)
        if self.logarithmic:
            self._values = (10 ** (middle - half), 10 ** (middle + half))
        self._redraw()

    def _move(self, window: Window) -> None:
        # Whoever follows draws all charts at once, this one among them.
        self.window = window
        self.post_message(self.Moved(window))

    # Mouse

    def _position_under(self, event: events.MouseEvent) -> float | None:
        content = event.get_content_offset(self)
        if content is None or self._view is None or content.x < GUTTER:
            return None
        share = (content.x - GUTTER + 0.5) / max(1, self.size.width - GUTTER)
        return self._view.start + share * (self._view.end - self._view.start)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Look closer at what is under the pointer."""
        event.stop()
        self._zoom(ZOOM, self._position_under(event))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Look at more."""
        event.stop()
        self._zoom(1 / ZOOM, self._position_under(event))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the chart."""
        self._dragged_at = event.screen_x
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move what is in sight with the pointer."""
        if self._dragged_at is None or event.screen_x == self._dragged_at:
            return
        moved = self._dragged_at - event.screen_x
        self._dragged_at = event.screen_x
        self._move(self.window.panned(moved / max(1, self.size.width - GUTTER), self.last))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of the chart."""
        self._dragged_at = None
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Point at what was clicked; twice for the full screen."""
        if event.chain == 2:
            self.action_enlarge()
            return
        position, series = self._position_under(event), self._series
        if position is None or series is None or not len(series):
            return
        xs = positions(series, self.window.axis)
        nearest = min(
            range(len(xs)) if len(xs) < 3 else _around(xs, position),
            key=lambda index: abs(xs[index] - position),
        )
        self._move(self.window.pointed(series.steps[nearest]))


def _around(xs: Sequence[float], position: float) -> range:
    """The two points beside a position."""
    right = min(bisect_left(xs, position), len(xs) - 1)
    return range(max(0, right - 1), right + 1)


def _position(value: float, axis: Axis) -> str:
    if axis == "time":
        return duration(value)
    return f"{value:.0f}" if axis == "step" or value >= 100 else f"{value:.3g}"
