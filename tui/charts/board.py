"""Charts that share one window, with one cursor across them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.charts.chart import Chart
from tui.charts.series_cache import Line
from tui.charts.view import Mark
from tui.charts.window import AXES, Axis, Extent, Window

SMOOTHINGS = (0.6, 0.9, 0.98, 0.0)


class Board(Vertical):
    """Charts on a grid, and below them the values at the cursor."""

    BINDINGS = [
        Binding("m", "smooth", "Smoothing", show=False),
        Binding("full_stop", "next", "Next chart", show=False, key_display="."),
        Binding("enter,z", "enlarge", "Full screen", show=False),
        Binding("escape", "let_go", "No cursor", show=False),
    ]
    DEFAULT_CSS = """
    Board {
        width: 1fr;
        & > .charts { layout: grid; grid-size: 3 2; height: 1fr; }
        & > .reading { height: 1; padding: 0 1; display: none;
                       text-wrap: nowrap; text-overflow: ellipsis; }
        &.-one > .charts { grid-size: 1 1; }
        &.-one Chart { display: none; }
        &.-one Chart.-enlarged { display: block; }
    }
    """

    @dataclass
    class Enlarged(Message):
        """One chart takes the place of all, or all are there again."""

        chart: Chart | None

    def __init__(
        self, names: Sequence[str], axes: Sequence[Axis] = AXES, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._slots = tuple(names)
        self._axes = axes
        self._lines_of: Callable[[str], Sequence[Line]] = lambda _: ()
        self._marks: Sequence[Mark] = ()
        self._extent: Extent | None = None
        self.window = Window(axes[0])
        self.smoothing = 0.0
        """Weight of the earlier values in the means of noisy metrics."""

    def compose(self) -> ComposeResult:
        """Compose the charts, each with the id of its first metric, and the reading."""
        with Container(classes="charts"):
            for name in self._slots:
                yield Chart(name, self._axes)
        yield Static(classes="reading")

    @property
    def charts(self) -> list[Chart]:
        """The charts, from left to right and from the top."""
        return list(self.query(Chart))

    @property
    def focused(self) -> Chart:
        """The chart that is in focus, or else the first."""
        return next((chart for chart in self.charts if chart.has_focus), self.charts[0])

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics on the charts."""
        return [chart.name_of_metric for chart in self.charts]

    def show(
        self,
        lines_of: Callable[[str], Sequence[Line]],
        marks: Sequence[Mark] = (),
        extent: Extent | None = None,
    ) -> None:
        """Draw the lines of each chart's metric, which `lines_of` returns by its name."""
        self._lines_of, self._marks, self._extent = lines_of, marks, extent
        for chart in self.charts:
            chart.show(lines_of(chart.name_of_metric), marks, extent)
        self.read()

    def choose(self, chart: Chart, name: str) -> None:
        """Put a metric on a chart."""
        chart.choose(name)
        self.show(self._lines_of, self._marks, self._extent)

    def smooth(self, weight: float) -> None:
        """Smooth the noisy metrics with this weight of the earlier values."""
        self.smoothing = weight
        for chart in self.charts:
            chart.smooth(weight)

    def look(self, window: Window) -> None:
        """Show another part of the runs on all charts."""
        self.window = window
        for chart in self.charts:
            chart.look(window)
        self.read()

    def read(self) -> None:
        """Write the values at the cursor, and a note while the window is held."""
        held = "held, End follows" if self.window.held else ""
        text = " · ".join(part for part in (held, self.focused.reading()) if part)
        static = self.query_one(".reading", Static)
        static.display = bool(text) and (self.window.held or self.window.cursor is not None)
        static.update(Content(text), layout=False)

    def on_gestures_moved(self, message: Chart.Moved) -> None:
        """Move all charts."""
        message.stop()
        self.look(message.window)

    def on_click(self, event: events.Click) -> None:
        """Enlarge the chart of a double click."""
        if event.chain == 2 and isinstance(event.widget, Chart):
            self.action_enlarge()

    def on_descendant_focus(self) -> None:
        """Read the chart that is in focus."""
        self.read()

    def _enlarge(self, enlarged: Chart | None) -> None:
        self.set_class(enlarged is not None, "-one")
        for chart in self.charts:
            chart.set_class(chart is enlarged, "-enlarged")
        self.post_message(self.Enlarged(enlarged))

    def action_smooth(self) -> None:
        """Choose the next smoothing; the last is none."""
        after = SMOOTHINGS.index(self.smoothing) + 1
        self.smooth(SMOOTHINGS[after % len(SMOOTHINGS)])
        self.read()
        text = f"Smoothing {self.smoothing:g}" if self.smoothing else "Not smoothed"
        self.notify(text, timeout=2)

    def action_enlarge(self) -> None:
        """Show the focused chart alone, or all of them again."""
        self._enlarge(None if self.has_class("-one") else self.focused)

    def action_let_go(self) -> None:
        """Remove the cursor; then show all charts."""
        if self.window.cursor is not None:
            self.look(self.window.pointed(None))
        else:
            self._enlarge(None)

    def action_next(self) -> None:
        """Focus the next chart; enlarged, show it instead."""
        alone = self.has_class("-one")
        charts = [chart for chart in self.charts if chart.display or alone]
        focused = next((number for number, chart in enumerate(charts) if chart.has_focus), -1)
        chart = charts[(focused + 1) % len(charts)]
        if alone:
            self._enlarge(chart)
        chart.focus()
