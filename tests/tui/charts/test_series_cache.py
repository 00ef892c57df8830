import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.history import Series
from core.training.events import Paused
from tui.charts.bins import Bin, bins
from tui.charts.series_cache import Line, SeriesCache, Smoothed, joined


def grown(series: Series, *values: float) -> Series:
    for value in values:
        step = len(series)
        series.append(Paused(step=step, epoch=step, time=0, elapsed=step), value)
    return series


def test_a_cache_is_not_valid_once_values_were_dropped() -> None:
    series = grown(Series(), 1.0, 2.0, 3.0)
    cache = SeriesCache(Line(series), 0.5)
    assert len(cache.smooth.values) == 3
    grown(series, 4.0)
    assert cache.valid and len(cache.smooth.values) == 4
    series.forget_after(1)
    grown(series, 3.0, 4.0)
    assert not cache.valid


def test_without_a_weight_nothing_is_smoothed() -> None:
    series = grown(Series(), 1.0, 2.0)
    assert SeriesCache(Line(series), 0).smooth.values is series.values


FINITE = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(st.floats(-1e6, 1e6), st.floats(0, 0.99))
def test_a_constant_stays_what_it_is_from_the_first_value_on(value: float, weight: float) -> None:
    found = Smoothed(weight).follow(array("d", [value] * 20))
    assert list(found) == pytest.approx([value] * 20)


def test_it_is_the_mean_with_weights_that_fall_by_a_factor() -> None:
    found = Smoothed(0.5).follow(array("d", [1.0, 2.0, 4.0]))
    assert list(found) == pytest.approx([1, (1 + 2 * 2) / 3, (1 + 2 * 2 + 4 * 4) / 7])


@given(FINITE, st.integers(0, 60))
def test_values_may_come_in_portions(values: list[float], cut: int) -> None:
    growing, whole = Smoothed(0.9), Smoothed(0.9)
    growing.follow(array("d", values[:cut]))
    assert list(growing.follow(array("d", values))) == list(whole.follow(array("d", values)))


def test_a_value_that_is_not_finite_is_a_gap_and_leaves_the_rest_as_it_was() -> None:
    found = Smoothed(0.5).follow(array("d", [1.0, math.nan, math.inf, 2.0]))
    assert math.isnan(found[1]) and math.isnan(found[2])
    assert found[3] == pytest.approx((1 + 2 * 2) / 3)


def test_a_long_series_is_smoothed_as_value_by_value() -> None:
    values = array("d", [math.sin(x) for x in range(9000)])
    values[5000] = math.nan
    mean, bias, wanted = 0.0, 1.0, []
    for value in values:
        if math.isfinite(value):
            mean, bias = 0.6 * mean + 0.4 * value, 0.6 * bias
        wanted.append(mean / (1 - bias) if math.isfinite(value) else math.nan)
    assert list(Smoothed(0.6).follow(values)) == pytest.approx(wanted, nan_ok=True)


def test_a_band_is_drawn_between_its_points_and_breaks_off_where_it_has_no_value() -> None:
    nan, xs = math.nan, (0, 1, 2, 3)
    found = joined(bins(xs, (0, 0, nan, 1), 0, 3, 13), bins(xs, (1, 5, nan, 1), 0, 3, 13))
    drawn = [None if one is None else (one.low, one.high) for one in found]
    assert drawn[0] == (0, 1) and drawn[2] == (0, 3) and drawn[4] == (0, 5)
    assert drawn[5:8] == [None] * 3
    assert drawn[12] == (1, 1)


def test_bins_are_kept_until_the_series_grows_or_the_window_moves() -> None:
    series = grown(Series(), 1.0, 2.0)
    curve = SeriesCache(Line(series), 0).raw
    before = curve.bins("step", 0, 4, 8, -math.inf)
    assert curve.bins("step", 0, 4, 8, -math.inf) is before
    assert curve.bins("epoch", 0, 4, 8, -math.inf) is not before
    grown(series, 5.0)
    assert Bin(5, 5, 5, 5) in curve.bins("step", 0, 4, 8, -math.inf)
