import math

from hypothesis import given
from hypothesis import strategies as st

from core.events import Paused
from core.runs.history import Series
from tui.charts.view import view


def series(values: list[float]) -> Series:
    found = Series()
    for step, value in enumerate(values):
        found.append(Paused(step=step, epoch=step / 10, time=0.0, elapsed=0.0), value)
    return found


def test_a_series_without_a_finite_value_has_no_view() -> None:
    assert view(series([]), 10, None) is None
    assert view(series([math.nan, math.nan]), 10, None) is None


def test_fixed_bounds_are_kept() -> None:
    shown = view(series([0.2, 0.4]), 10, (0, 1))
    assert shown
    assert (shown.low, shown.high) == (0, 1)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50))
def test_the_range_holds_every_value(values: list[float]) -> None:
    shown = view(series(values), 20, None)
    assert shown
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert shown.low - slack <= min(values) <= max(values) <= shown.high + slack
    assert shown.low < shown.high
