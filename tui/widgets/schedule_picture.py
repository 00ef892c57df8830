"""Beta, teacher forcing and learning rate over the training that a configuration describes."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual_plotext import PlotextPlot

from core.config import Config
from core.schedules import Schedules

STEPS_PER_EPOCH = 100
"""For the picture alone: how fine the schedules are looked at, whatever the corpus."""
POINTS = 120


class SchedulePicture(Vertical):
    """Three small plots over epochs."""

    DEFAULT_CSS = """
    SchedulePicture {
        width: 44;
        PlotextPlot { height: 1fr; max-height: 12; }
    }
    """

    def compose(self) -> ComposeResult:
        """One plot for each schedule."""
        for name in ("beta", "teacher_forcing_ratio", "learning_rate"):
            yield PlotextPlot(id=name)

    def show(self, config: Config) -> None:
        """Draw the schedules of a configuration."""
        schedules = Schedules(config, STEPS_PER_EPOCH)
        steps = [schedules.steps * point // POINTS for point in range(POINTS + 1)]
        epochs = [step / STEPS_PER_EPOCH for step in steps]
        for plot in self.query(PlotextPlot):
            assert plot.id
            values = [getattr(schedules, plot.id)(step) for step in steps]
            plot.plt.clear_data()
            plot.plt.clear_figure()
            plot.plt.title(plot.id.replace("_", " "))
            plot.plt.plot(epochs, values, marker="braille")
            plot.plt.ylim(0, max(*values, 1e-9) * 1.05)
            plot.plt.xfrequency(3)
            plot.plt.yfrequency(3)
            plot.refresh()
