"""A board whose charts can show any metric; the choice is remembered."""

from collections.abc import Iterable, Sequence

from textual.getters import app

from core.training.metrics import metric, ordered
from tui.charts.board import SMOOTHINGS, Board
from tui.charts.chart import Chart
from tui.hosting.host import Host
from tui.widgets.choice_dialog import ChooseOne


class MetricBoard(Board):
    """A board that remembers its metrics under a key of the view state, and its smoothing."""

    host = app(Host)

    def __init__(self, names: Sequence[str], key: str, id: str | None = None) -> None:
        super().__init__(names, id=id)
        self._key = key
        self.offered: Iterable[str] = ()
        """Series of the runs on the charts, which the user can choose from."""

    def on_mount(self) -> None:
        """Restore metrics and smoothing."""
        weight = self.host.view_state.get("smoothing", SMOOTHINGS[0])
        self.smooth(weight if weight in SMOOTHINGS else SMOOTHINGS[0])
        names = self.host.view_state.get(self._key, "").split()
        if len(names) == len(self.charts):
            for chart, name in zip(self.charts, names, strict=True):
                chart.choose(name)

    def on_gestures_choose(self, message: Chart.Choose) -> None:
        """Ask for the metric of a chart, and remember the answer."""
        message.stop()
        chart = message.chart
        assert isinstance(chart, Chart)

        def choose(name: str | None) -> None:
            if name:
                self.choose(chart, name)
                self.host.view_state.set(self._key, " ".join(self.metrics), everywhere=True)

        names = ordered({*self.metrics, *self.offered})
        options = [(name, metric(name).heading) for name in names]
        self.app.push_screen(ChooseOne("On this chart", options, chart.name_of_metric), choose)

    def on_board_smoothed(self, message: Board.Smoothed) -> None:
        """Remember the smoothing."""
        message.stop()
        self.host.view_state.set("smoothing", message.weight, everywhere=True)
