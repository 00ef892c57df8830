"""Charts of beta, teacher forcing and learning rate over the training of a configuration."""

from array import array

from core.config.schema import Config
from core.runs.history import Moments, Series
from core.training.schedules import Schedules
from tui.charts.board import Board
from tui.charts.series_cache import Line

STEPS_PER_EPOCH = 100
"""Resolution of the charts, whatever the corpus."""
POINTS = 240
SCHEDULES = {
    "beta": ("objective", "prior"),
    "teacher_forcing_ratio": ("teacher_forcing",),
    "learning_rate": ("optimizer",),
}
"""The schedules, and the sections whose settings they depend on."""


class SchedulePicture(Board):
    """Three charts over epochs; on a narrow screen, the one of the edited section."""

    DEFAULT_CSS = """
    SchedulePicture {
        width: 44;
        & > .charts { layout: vertical; }
        Chart { height: 1fr; max-height: 14; }
    }
    """

    def __init__(self) -> None:
        super().__init__([*SCHEDULES], axes=("epoch",))

    def attend(self, section: str) -> None:
        """Mark the charts of the edited section."""
        for name, sections in SCHEDULES.items():
            self.query_one(f"#{name}").set_class(section in sections, "-in-question")
        self.set_class(bool(self.query(".-in-question")), "-attended")

    def show_schedules(self, config: Config) -> None:
        """Draw the schedules of a configuration."""
        schedules = Schedules(config, STEPS_PER_EPOCH)
        moments = Moments()
        moments.steps = array("q", (schedules.steps * at // POINTS for at in range(POINTS + 1)))
        moments.epochs = array("d", (step / STEPS_PER_EPOCH for step in moments.steps))
        moments.times = array("d", moments.epochs)

        def line(name: str) -> list[Line]:
            series = Series(moments)
            series.values.extend(getattr(schedules, name)(step) for step in moments.steps)
            return [Line(series, main=True)]

        self.show(line)
