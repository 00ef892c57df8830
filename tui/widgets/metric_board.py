"""A board whose charts can show any metric; the choice is remembered."""

from collections.abc import Iterable, Sequence

from textual.binding import Binding
from textual.getters import app

from core.training.metrics import metric, ordered
from tui.charts.board import SMOOTHINGS, Board
from tui.hosting.host import Host
from tui.widgets.choice_dialog import ChooseOne


class MetricBoard(Board):
    """A board that remembers its metrics under a key of the view state, and its smoothing."""

    BINDINGS = [Binding("v", "choose", "Another metric", show=False)]
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

    def action_choose(self) -> None:
        """Ask for the metric of the focused chart, and remember the answer."""
        chart = self.focused

        def choose(name: str | None) -> None:
            if name:
                self.choose(chart, name)
                self.host.view_state.set(self._key, " ".join(self.metrics), everywhere=True)

        names = ordered({*self.metrics, *self.offered})
        options = [(name, metric(name).heading) for name in names]
        self.app.push_screen(ChooseOne("On this chart", options, chart.name_of_metric), choose)

    def action_smooth(self) -> None:
        """Choose the next smoothing, and remember it."""
        super().action_smooth()
        self.host.view_state.set("smoothing", self.smoothing, everywhere=True)
