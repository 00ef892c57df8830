"""Several seeds' curves as one: the median and the range at each point that they have in common."""

import math
import statistics
from array import array
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """Median, lowest and highest over the curves, at places where all curves have a point."""

    places: Sequence[float]
    median: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def band(curves: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Band:
    """The band of curves, each of ascending places and the values there.

    A curve without points does not count, nor does a value that is not finite; where none is
    finite, the band is nan.
    """
    found = [dict(zip(places, values, strict=True)) for places, values in curves if len(places)]
    common = sorted(set(found[0]).intersection(*found[1:])) if found else []
    summaries = [summary([curve[place] for curve in found]) for place in common]
    columns = (array("d", column) for column in zip(*summaries, strict=True))
    median, low, high = columns if summaries else (array("d") for _ in range(3))
    return Band(array("d", common), median, low, high)


def summary(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, lowest and highest of the finite values; nan for none."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return math.nan, math.nan, math.nan
    return statistics.median(finite), min(finite), max(finite)
