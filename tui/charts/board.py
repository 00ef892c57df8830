"""Several charts that show the same part of a run, with one cursor across them."""

from collections.abc import Iterable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from core.training.metrics import metric
from tui.charts.chart import Chart
from tui.charts.window import Window

SMOOTHINGS = (0.6, 0.9, 0.98, 0.0)


class Board(Vertical):
    """Charts on a grid, and below them what the cursor points at."""

    BINDINGS = [
        Binding("m", "smooth", "Smoothing", show=False),
        Binding("full_stop", "next", "Next chart", show=False, key_display="."),
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

    @dataclass
    class Smoothed(Message):
        """Another smoothing was chosen."""

        weight: float

    def __init__(
        self, names: Iterable[str], smoothing: float = SMOOTHINGS[0], id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._names = tuple(names)
        self.window = Window()
        self._smoothing = smoothing if smoothing in SMOOTHINGS else SMOOTHINGS[0]

    def compose(self) -> ComposeResult:
        """The charts and the reading."""
        with Container(classes="charts"):
            for name in self._names:
                known = metric(name)
                yield Chart(known.heading, bounds=known.bounds, noisy=known.noisy, id=name)
        yield Static(classes="reading")

    def on_mount(self) -> None:
        """Smooth what is noisy."""
        for chart in self.charts:
            chart.smooth(self._smoothing)

    @property
    def charts(self) -> list[Chart]:
        """The charts, from left to right and from the top."""
        return list(self.query(Chart))

    def look(self, window: Window) -> None:
        """Show another part of the run on all charts."""
        self.window = window
        for chart in self.charts:
            chart.look(window)
        self.read()

    def read(self) -> None:
        """Say what the cursor points at, and whether the view is held."""
        focused = next((chart for chart in self.charts if chart.has_focus), self.charts[0])
        parts = [
            "held, End follows" if self.window.held else "",
            focused.place(),
            focused.reading(),
        ]
        text = " · ".join(part for part in parts if part)
        static = self.query_one(".reading", Static)
        static.display = bool(text) and (self.window.held or self.window.cursor is not None)
        static.update(Content(text), layout=False)

    def on_chart_moved(self, message: Chart.Moved) -> None:
        """Have the other charts follow."""
        message.stop()
        self.look(message.window)

    def on_chart_enlarge(self, message: Chart.Enlarge) -> None:
        """Show one chart alone, or all of them."""
        message.stop()
        self._enlarge(None if self.has_class("-one") else message.chart)

    def on_chart_let_go(self, message: Chart.LetGo) -> None:
        """Point nowhere; then show all charts."""
        message.stop()
        if self.window.cursor is not None:
            self.look(self.window.pointed(None))
        else:
            self._enlarge(None)

    def on_descendant_focus(self) -> None:
        """Read the chart that is in focus."""
        self.read()

    def _enlarge(self, enlarged: Chart | None) -> None:
        self.set_class(enlarged is not None, "-one")
        for chart in self.charts:
            chart.set_class(chart is enlarged, "-enlarged")
        self.post_message(self.Enlarged(enlarged))

    def action_smooth(self) -> None:
        """Another weight of the smoothing; the last is none."""
        after = SMOOTHINGS.index(self._smoothing) + 1
        self._smoothing = SMOOTHINGS[after % len(SMOOTHINGS)]
        for chart in self.charts:
            chart.smooth(self._smoothing)
        self.read()
        said = f"Smoothing {self._smoothing:g}" if self._smoothing else "Not smoothed"
        self.notify(said, timeout=2)
        self.post_message(self.Smoothed(self._smoothing))

    def action_next(self) -> None:
        """Focus the next chart; enlarged, show it instead."""
        charts = self.charts
        focused = next((number for number, chart in enumerate(charts) if chart.has_focus), -1)
        chart = charts[(focused + 1) % len(charts)]
        if self.has_class("-one"):
            self._enlarge(chart)
        chart.focus()
