"""Keys and mouse of a chart, as changes of its window."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import events, on
from textual.binding import Binding
from textual.message import Message
from textual.widget import Widget

from core.runs.history import Series
from tui.charts.plot import GUTTER
from tui.charts.series_cache import Line
from tui.charts.view import View, index_of, last_position, position_of
from tui.charts.window import Axis, Extent, Window, positions

ZOOM = 0.7
"""Share of the visible part that stays visible after zooming in once."""


class Gestures(Widget):
    """Moves, zooms and points; a `Chart` draws the result."""

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
        Binding("shift+up", "values(-1, 0)", "Zoom values in", show=False),
        Binding("shift+down", "values(1, 0)", "Zoom values out", show=False),
        Binding("up", "values(0, 1)", "Values up", show=False),
        Binding("down", "values(0, -1)", "Values down", show=False),
        Binding("l", "log", "Logarithmic values", show=False),
        Binding("x", "axis", "Epoch, step or time", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The user moved the window or the cursor."""

        window: Window

    def __init__(self, axes: Sequence[Axis], id: str) -> None:
        super().__init__(id=id)
        self.window = Window()
        self.axes = axes
        """The axes that the user can choose from."""
        self.logarithmic = False
        self.values: tuple[float, float] | None = None
        """Lowest and highest visible value, where the user chose them."""
        self._lines: Sequence[Line] = ()
        self._extent: Extent | None = None
        self._view: View | None = None
        """The view that was drawn last."""
        self._dragged_at: int | None = None

    def redraw(self) -> None:
        """Draw again after a change of the values' range."""
        raise NotImplementedError

    @property
    def last(self) -> float:
        """Latest position of the runs on the axis."""
        return last_position([line.series for line in self._lines], self._extent, self.window.axis)

    @property
    def pointed(self) -> Series | None:
        """The series whose points the cursor steps through: that of the first line with points."""
        return next((line.series for line in self._lines if len(line.series)), None)

    @property
    def _cursor_position(self) -> float | None:
        series, step = self.pointed, self.window.cursor
        if series is None or step is None:
            return None
        return position_of(series, step, self.window.axis)

    @property
    def _cells(self) -> int:
        return max(1, self.size.width - GUTTER)

    # Keys

    def action_point(self, direction: int) -> None:
        """Move the cursor by a cell, or to the next point where points are further apart."""
        series, shown = self.pointed, self._view
        if series is None:
            return
        step = self.window.cursor
        if step is None or shown is None:
            self._move(self.window.pointed(series.steps[-1]))
            return
        xs, index = positions(series, self.window.axis), index_of(series, step)
        wanted = xs[index] + direction * (shown.end - shown.start) / self._cells
        index += direction
        while 0 < index < len(xs) - 1 and (xs[index] - wanted) * direction < 0:
            index += direction
        index = min(max(index, 0), len(xs) - 1)
        pointed = self.window.pointed(series.steps[index])
        self._move(pointed.showing(xs[index], self.last))

    def action_zoom(self, direction: int) -> None:
        """Zoom in or out; at the cursor where there is one."""
        self._move(self.window.zoomed(ZOOM**-direction, self.last, self._cursor_position))

    def action_pan(self, direction: int) -> None:
        """Move the window back or on."""
        self._move(self.window.panned(direction / 4, self.last))

    def action_begin(self) -> None:
        """Show the beginning."""
        self._move(self.window.panned(-self.last, self.last))

    def action_follow(self) -> None:
        """Show the newest point and stay there."""
        self._move(self.window.following())

    def action_whole(self) -> None:
        """Show the whole run and all its values."""
        self.values = None
        self._move(replace(self.window.following(), span=None))
        self.redraw()

    def action_values(self, zoom: int, shift: int) -> None:
        """Show more (1) or fewer (-1) values, or higher (1) or lower (-1) ones."""
        if self._view is None:
            return
        low, high = self._view.low, self._view.high
        middle = (low + high) / 2 + shift / 8 * (high - low)
        half = (high - low) / 2 * ZOOM**-zoom
        if middle - half < middle + half:
            ends = middle - half, middle + half
            self.values = (10 ** ends[0], 10 ** ends[1]) if self.logarithmic else ends
            self.redraw()

    def action_log(self) -> None:
        """Switch between a logarithmic and a linear axis."""
        self.logarithmic, self.values = not self.logarithmic, None
        self.redraw()

    def action_axis(self) -> None:
        """Show epochs, steps or time along the foot."""
        axis = self.axes[(self.axes.index(self.window.axis) + 1) % len(self.axes)]
        self._move(Window(axis, cursor=self.window.cursor))

    def _move(self, window: Window) -> None:
        # The board draws all charts at once, this one among them.
        self.window = window
        self.post_message(self.Moved(window))

    # Mouse

    def _position_under(self, event: events.MouseEvent) -> float | None:
        content, shown = event.get_content_offset(self), self._view
        if content is None or shown is None or content.x < GUTTER:
            return None
        share = (content.x - GUTTER + 0.5) / self._cells
        return shown.start + share * (shown.end - shown.start)

    @on(events.MouseScrollUp)
    @on(events.MouseScrollDown)
    def _zoom_under_pointer(self, event: events.MouseEvent) -> None:
        event.stop()
        factor = ZOOM if isinstance(event, events.MouseScrollUp) else 1 / ZOOM
        self._move(self.window.zoomed(factor, self.last, self._position_under(event)))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag."""
        self._dragged_at = event.screen_x
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the window with the pointer."""
        if self._dragged_at is None or event.screen_x == self._dragged_at:
            return
        moved = self._dragged_at - event.screen_x
        self._dragged_at = event.screen_x
        self._move(self.window.panned(moved / self._cells, self.last))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Stop dragging."""
        self._dragged_at = None
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the click; the board enlarges after a double one."""
        position, series = self._position_under(event), self.pointed
        if event.chain != 2 and position is not None and series is not None:
            xs = positions(series, self.window.axis)
            self._move(self.window.pointed(series.steps[_nearest(xs, position)]))


def _nearest(xs: Sequence[float], position: float) -> int:
    """Return the index of the point that is nearest to a position; xs ascend."""
    right = min(bisect_left(xs, position), len(xs) - 1)
    return min(max(0, right - 1), right, key=lambda index: abs(xs[index] - position))
