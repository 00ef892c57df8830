import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.charts.smoothing import Smoothed

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
