"""Curves of several seeds as one: median and range at the points that they share."""

import math
import statistics
from array import array
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """Median and range over curves, at the places where all curves have a point."""

    places: Sequence[float]
    median: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def band(curves: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Band:
    """Make the band of curves, each with ascending places and their values.

    Curves without points and values that are not finite are left out. Without any, the band is nan.
    """
    found = [dict(zip(places, values, strict=True)) for places, values in curves if len(places)]
    common = sorted(set(found[0]).intersection(*found[1:])) if found else []
    summaries = [summary([curve[place] for curve in found]) for place in common]
    columns = (array("d", column) for column in zip(*summaries, strict=True))
    median, low, high = columns if summaries else (array("d") for _ in range(3))
    return Band(array("d", common), median, low, high)


def summary(values: Sequence[float]) -> tuple[float, float, float]:
    """Return median, lowest and highest of the finite values; nan without any."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return math.nan, math.nan, math.nan
    return statistics.median(finite), min(finite), max(finite)
