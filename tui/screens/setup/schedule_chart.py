"""Beta, teacher forcing and learning rate over the training that a configuration describes."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual_plotext import PlotextPlot

from core.config.schema import Config
from core.training.schedules import Schedules

STEPS_PER_EPOCH = 100
"""For the picture alone: how fine the schedules are looked at, whatever the corpus."""
POINTS = 120
SCHEDULES = {
    "beta": ("objective", "prior"),
    "teacher_forcing_ratio": ("teacher_forcing",),
    "learning_rate": ("optimizer",),
}
"""The schedules, and the sections whose fields shape them."""


class SchedulePicture(Vertical):
    """Three small plots over epochs, or, where there is little room, the one in question."""

    DEFAULT_CSS = """
    SchedulePicture {
        width: 44;
        PlotextPlot { height: 1fr; max-height: 12; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._drawn: dict[str, tuple[list[float], list[float]]] = {}

    def compose(self) -> ComposeResult:
        """One plot for each schedule."""
        for name in SCHEDULES:
            yield PlotextPlot(id=name)

    def attend(self, section: str) -> None:
        """Say of which section a field is in hand."""
        for name, sections in SCHEDULES.items():
            self.query_one(f"#{name}").set_class(section in sections, "-in-question")
        self.set_class(bool(self.query(".-in-question")), "-attended")

    def show(self, config: Config) -> None:
        """Draw the schedules of a configuration, as far as they changed."""
        schedules = Schedules(config, STEPS_PER_EPOCH)
        steps = [schedules.steps * point // POINTS for point in range(POINTS + 1)]
        epochs = [step / STEPS_PER_EPOCH for step in steps]
        for name in SCHEDULES:
            values = [getattr(schedules, name)(step) for step in steps]
            if self._drawn.get(name) != (epochs, values):
                self._drawn[name] = (epochs, values)
                self._draw(self.query_one(f"#{name}", PlotextPlot), epochs, values)

    def _draw(self, plot: PlotextPlot, epochs: list[float], values: list[float]) -> None:
        assert plot.id
        plot.plt.clear_data()
        plot.plt.clear_figure()
        plot.plt.title(plot.id.replace("_", " "))
        plot.plt.plot(epochs, values, marker="braille")
        plot.plt.ylim(0, max(*values, 1e-9) * 1.05)
        plot.plt.xfrequency(3)
        plot.plt.yfrequency(3)
        plot.refresh()
