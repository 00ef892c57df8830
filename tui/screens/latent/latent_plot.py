"""Map of the latent space as a widget, with a cursor that keys and clicks move."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.screens.latent.scatter import Viewport, mark, neighbour, winners

COLOURS = (
    "$text-primary",
    "$text-warning",
    "$text-success",
    "$text-error",
    "$text-accent",
    "$text-secondary",
    "$foreground",
    "$foreground-muted",
)
"""Colours of the groups that have one of their own."""
ZOOM = 1.5
MOST_ZOOM = 40


class LatentPlot(Widget, can_focus=True):
    """Points with a mark and a colour for their group."""

    COMPONENT_CLASSES = {f"plot--{group}" for group in range(len(COLOURS))} | {"plot--others"}
    DEFAULT_CSS = """
    LatentPlot {
        min-height: 5;
        & > .plot--others { color: $text-muted; }
    }
    """ + "".join(
        f"LatentPlot > .plot--{group} {{ color: {colour}; }}\n"
        for group, colour in enumerate(COLOURS)
    )
    MOVE = Binding.Group("Move ", compact=True)
    ZOOMED = Binding.Group("Zoom ", compact=True)
    BINDINGS = [
        Binding("left", "move(-1, 0)", "Left", group=MOVE),
        Binding("right", "move(1, 0)", "Right", group=MOVE),
        Binding("up", "move(0, -1)", "Up", group=MOVE),
        Binding("down", "move(0, 1)", "Down", group=MOVE),
        Binding("n", "next", "Next here"),
        Binding("plus", "zoom(1)", "In", key_display="+", group=ZOOMED),
        Binding("minus", "zoom(-1)", "Out", key_display="-", group=ZOOMED),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another point, one of `here` points in its cell."""

        index: int
        here: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        """Index of the point under the cursor."""
        self._points: Sequence[tuple[float, float]] = ()
        self._groups: Sequence[int] = ()
        self._flags: dict[str, tuple[float, float]] = {}
        self._viewport = Viewport(0, 1, 0, 1)
        self._zoom = 1.0
        self._drawn: Size | None = None
        self._lines: list[Strip] = []

    def show(self, points: Sequence[tuple[float, float]], groups: Sequence[int]) -> None:
        """Show points, each of a group, all of them visible."""
        self._points, self._groups = points, groups
        self._zoom = 1.0
        if self.cursor >= len(points):
            self.cursor = 0
        self._look()

    def group(self, groups: Sequence[int]) -> None:
        """Show the same points in other groups."""
        self._groups = groups
        self._redraw()

    def flag(self, flags: dict[str, tuple[float, float]]) -> None:
        """Mark points of the plane by a letter."""
        self._flags = flags
        self._redraw()

    def action_move(self, x: int, y: int) -> None:
        """Go to the next point in a direction."""
        if self._points:
            self._go(neighbour(self._cells(), self.cursor, (x, y)))

    def action_next(self) -> None:
        """Go to the next point in the same cell."""
        if here := self._together():
            self._go(here[(here.index(self.cursor) + 1) % len(here)])

    def action_zoom(self, direction: int) -> None:
        """Zoom in or out."""
        self._zoom = min(MOST_ZOOM, max(1.0, self._zoom * ZOOM**direction))
        self._look()

    def on_click(self, event: events.Click) -> None:
        """Go to the point that is nearest to a click."""
        offset = event.get_content_offset(self)
        if offset is None or not self._points:
            return
        distances = [
            (cell[0] - offset.x) ** 2 + (2 * (cell[1] - offset.y)) ** 2 if cell else float("inf")
            for cell in self._cells()
        ]
        self._go(min(range(len(distances)), key=distances.__getitem__))

    def render_line(self, y: int) -> Strip:
        """Render a row of the plot."""
        if self._drawn != self.size:
            self._drawn = self.size
            self._lines = self._draw()
        if y < len(self._lines):
            return self._lines[y]
        # Without a style the filter of NO_COLOR fails.
        return Strip.blank(self.size.width, self.rich_style)

    def notify_style_update(self) -> None:
        """Draw again in the new colours."""
        self._drawn = None
        super().notify_style_update()

    def _go(self, index: int) -> None:
        self.cursor = index
        self._look(keep=True)

    def _look(self, keep: bool = False) -> None:
        """Make the cursor visible.

        keep: leave the viewport in place while the cursor is well inside it.
        """
        if not self._points:
            self._redraw()
            return
        point = self._points[self.cursor]
        cell = self._viewport.cell(point, 10, 10) if keep else None
        if cell is None or (self._zoom > 1 and not (0 < cell[0] < 9 and 0 < cell[1] < 9)):
            self._viewport = Viewport.of(self._points).zoomed(self._zoom, point)
        self._redraw()
        self.post_message(self.Moved(self.cursor, len(self._together())))

    def _redraw(self) -> None:
        self._drawn = None
        self.refresh()

    def _cells(self) -> list[tuple[int, int] | None]:
        width, height = max(1, self.size.width), max(1, self.size.height)
        return [self._viewport.cell(point, width, height) for point in self._points]

    def _together(self) -> list[int]:
        """Return the points in the cell of the cursor."""
        cells = self._cells()
        return [index for index, cell in enumerate(cells) if cell == cells[self.cursor]]

    def _draw(self) -> list[Strip]:
        width, height = self.size
        if not self._points or not width or not height:
            return []
        cells = self._cells()
        plain, strong = self.rich_style, Style(bold=True, reverse=True)
        grid = {}
        for place, group in winners(cells, self._groups).items():
            name = f"plot--{group if group < len(COLOURS) else 'others'}"
            # Textual keeps the style of each name.
            style = plain + self.get_component_rich_style(name, partial=True)
            grid[place] = (mark(group), style)
        for letter, point in self._flags.items():
            if cell := self._viewport.cell(point, width, height):
                grid[cell] = (letter, plain + strong)
        if here := cells[self.cursor]:
            letter, style = grid[here]
            grid[here] = (letter, style + strong)
        blank = Segment(" ", plain)
        return [
            Strip([Segment(*grid[x, y]) if (x, y) in grid else blank for x in range(width)])
            for y in range(height)
        ]
