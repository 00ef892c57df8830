"""The course of a series: its values as they are and made smooth, ready to be drawn."""

from core.runs.history import Series
from tui.charts.minmax import Extremes
from tui.charts.smoothing import Smoothed
from tui.charts.view import Curve


class Course:
    """Keeps what was worked out of a series, as long as that only grows."""

    def __init__(self, series: Series, weight: float) -> None:
        self._series, self._voided = series, series.voided
        self._weight, self._smoothed = weight, Smoothed(weight)
        self._extremes, self._smooth_extremes = Extremes(), Extremes()

    @property
    def holds(self) -> bool:
        """Whether the series has only grown since."""
        return self._voided == self._series.voided

    def raw(self, style: str) -> Curve:
        """The values as they are."""
        values = self._series.values
        self._extremes.follow(values)
        return Curve(self._series, values, self._extremes, style)

    def smooth(self, style: str) -> Curve:
        """The values made smooth; as they are where the weight is 0."""
        if not self._weight:
            return self.raw(style)
        values = self._smoothed.follow(self._series.values)
        self._smooth_extremes.follow(values)
        return Curve(self._series, values, self._smooth_extremes, style)
