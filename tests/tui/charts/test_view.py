import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.history import Series
from core.training.events import Paused
from tui.charts.bins import GAP
from tui.charts.series_cache import Line, SeriesCache
from tui.charts.view import View, view
from tui.charts.window import Extent, Window


def series(values: list[float]) -> Series:
    found = Series()
    for step, value in enumerate(values):
        found.append(Paused(step=step, epoch=step / 10, time=0.0, elapsed=step * 2.0), value)
    return found


def seen(values: list[float], width: int = 20, **options: object) -> View | None:
    made = series(values)
    return view([SeriesCache(Line(made), 0).raw], width, **options)  # type: ignore[arg-type]


def test_a_series_without_a_finite_value_has_no_view() -> None:
    assert seen([]) is None
    assert seen([math.nan, math.nan]) is None


def test_fixed_bounds_are_kept() -> None:
    shown = seen([0.2, 0.4], bounds=(0, 1))
    assert shown
    assert (shown.low, shown.high) == (0, 1)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50))
def test_the_range_holds_every_value(values: list[float]) -> None:
    shown = seen(values)
    assert shown
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert shown.low - slack <= min(values) <= max(values) <= shown.high + slack
    assert shown.low < shown.high


@pytest.mark.parametrize(("axis", "end"), [("step", 40), ("epoch", 4), ("time", 80)])
def test_the_foot_is_in_steps_epochs_or_seconds(axis: str, end: float) -> None:
    shown = seen([1.0] * 41, window=Window(axis))  # type: ignore[arg-type]
    assert shown and (shown.start, shown.end) == (0, pytest.approx(end))


def test_a_run_that_has_come_further_leaves_room_for_what_is_to_come() -> None:
    shown = seen([1.0] * 11, extent=Extent(epoch=4.0, step=40, time=80.0))
    assert shown and shown.end == 4.0
    assert [one is None for one in shown.layers[0].bins][-10:] == [True] * 10


def test_a_value_that_cannot_be_drawn_is_a_gap() -> None:
    shown = seen([1.0, math.nan, 2.0], width=30)
    assert shown and GAP in shown.layers[0].bins
    logarithmic = seen([1.0, 0.0, -3.0, 100.0], width=30, log=True)
    assert logarithmic and list(logarithmic.layers[0].bins).count(GAP) == 2


def test_a_logarithmic_axis_holds_powers_of_ten_evenly() -> None:
    shown = seen([0.01, 1.0, 100.0], log=True)
    assert shown and shown.log
    assert (shown.low, shown.high) == pytest.approx((-2, 2))


def test_only_what_is_in_sight_makes_the_range() -> None:
    shown = seen([100.0] + [1.0] * 30, window=Window("step", span=10, end=30))
    assert shown and shown.high <= 2
    assert shown.column(30, 20) == 19 and shown.column(20, 20) == 0
    assert shown.column(19, 20) is None
