"""Series prepared for drawing, with smoothing, bins and extremes kept while the series grows."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from core.runs.history import Series
from tui.charts.bins import GAP, Bin, MinMaxBlocks, bins
from tui.charts.braille import HATCH, SOLID
from tui.charts.window import Axis, positions

NO_BIAS = 1e-17
"""Bias that no longer changes a number."""
PORTION = 4096
"""Values that are summed at a time."""
LINE, RAW, RUN = "line", "raw", "run-"
"""Styles of a line, of raw values behind it, and of a run's line, followed by its place."""


class Smoothed:
    """Exponential mean of a series that grows, without the bias towards 0 of its beginning.

    m[t] = w m[t-1] + (1 - w) x[t], drawn as m[t] / (1 - w^t). Source: Kingma & Ba 2015, section 3,
    as in TensorBoard. A value that is not finite is skipped and gives nan.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight
        """Share of the earlier values, from 0 to below 1."""
        self.values = array("d")
        self._mean, self._bias = 0.0, 1.0

    def follow(self, values: "array[float]") -> "array[float]":
        """Return the means of all values; those of earlier calls are not computed again."""
        for start in range(len(self.values), len(values), PORTION):
            self._add(values[start : start + PORTION])
        return self.values

    def _add(self, new: "array[float]") -> None:
        weight, rest, mean, bias = self.weight, 1 - self.weight, self._mean, self._bias
        if bias < NO_BIAS and math.isfinite(sum(new)):
            # Nearly all of a long series; three times as fast.
            self.values.fromlist([mean := weight * mean + rest * value for value in new])
        else:
            for value in new:
                if math.isfinite(value):
                    mean, bias = weight * mean + rest * value, weight * bias
                    self.values.append(mean / (1 - bias))
                else:
                    self.values.append(math.nan)
        self._mean, self._bias = mean, bias


@dataclass(frozen=True, slots=True)
class Line:
    """The metric of one run, or the median of several runs with their range."""

    series: Series
    place: int | None = None
    """Place of the run in the selection: settles colour and marker. None outside of it."""
    low: "array[float]" = field(default_factory=lambda: array("d"))
    high: "array[float]" = field(default_factory=lambda: array("d"))
    """Lowest and highest of several runs at each point; empty for one run."""
    main: bool = False
    """True for the run in view: the title has its value, its raw values stand behind the line."""


class Curve:
    """Values to draw over the moments of a series: its own, their means or a bound."""

    pattern = SOLID

    def __init__(self, series: Series, values: "array[float]", style: str) -> None:
        self.series, self.values, self.style = series, values, style
        self._blocks = MinMaxBlocks()
        self._key: object = None
        self._bins: list[Bin | None] = []

    def bins(
        self, axis: Axis, start: float, end: float, width: int, above: float
    ) -> list[Bin | None]:
        """Reduce the values to `width` bins; the same list while nothing changed."""
        key = (len(self.values), axis, start, end, width, above)
        if key != self._key:
            self._key = key
            self._blocks.follow(self.values)
            xs = positions(self.series, axis)
            self._bins = bins(xs, self.values, start, end, width, above, self._blocks)
        return self._bins


class Band:
    """The area between a lower and an upper curve."""

    pattern = HATCH

    def __init__(self, low: Curve, high: Curve) -> None:
        self.series, self.style = low.series, low.style
        self._low, self._high = low, high

    def bins(
        self, axis: Axis, start: float, end: float, width: int, above: float
    ) -> list[Bin | None]:
        """Reduce both bounds to `width` bins."""
        low, high = (one.bins(axis, start, end, width, above) for one in (self._low, self._high))
        return joined(low, high)


class SeriesCache:
    """The curves of a line, valid as long as its series only grows."""

    def __init__(self, line: Line, weight: float) -> None:
        series = self._series = line.series
        self._voided = series.voided
        self._weight, self._smoothed = weight, Smoothed(weight)
        style = LINE if line.place is None else f"{RUN}{line.place}"
        self.raw = Curve(series, series.values, RAW if weight else style)
        """The values as they were measured."""
        self._smooth = Curve(series, self._smoothed.values, style) if weight else self.raw
        self.band: Band | None = None
        """The range of several runs."""
        if line.low:
            bounds = (self._mean(line.low), self._mean(line.high))
            self.band = Band(*(Curve(series, bound, style) for bound in bounds))

    def _mean(self, values: "array[float]") -> "array[float]":
        return Smoothed(self._weight).follow(values) if self._weight else values

    @property
    def valid(self) -> bool:
        """True as long as no value was dropped from the series."""
        return self._voided == self._series.voided

    @property
    def smooth(self) -> Curve:
        """The smoothed values; the raw ones where the weight is 0."""
        if self._weight:
            self._smoothed.follow(self._series.values)
        return self._smooth


def joined(low: Sequence[Bin | None], high: Sequence[Bin | None]) -> list[Bin | None]:
    """Join the bins of two bounds to bins of the area between; empty ones are interpolated."""
    found = [_joined(one, other) for one, other in zip(low, high, strict=True)]
    filled = [(number, one) for number, one in enumerate(found) if one]
    for (left, before), (right, after) in pairwise(filled):
        if before is GAP or after is GAP:
            continue
        for number in range(left + 1, right):
            share = (number - left) / (right - left)
            lowest = before.low + (after.low - before.low) * share
            highest = before.high + (after.high - before.high) * share
            found[number] = Bin(lowest, lowest, lowest, highest)
    return found


def _joined(low: Bin | None, high: Bin | None) -> Bin | None:
    if low is None or high is None or low is GAP or high is GAP:
        return GAP if low is GAP or high is GAP else None
    return Bin(low.last, low.last, low.low, high.high)
