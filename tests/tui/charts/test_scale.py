import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.charts.scale import APART, round_range, ticks

VALUES = st.floats(-1e9, 1e9)


@pytest.mark.parametrize(
    ("low", "high", "rows", "expected"),
    [
        (0, 30, 12, {0: 30, 4: 20, 7: 10, 11: 0}),
        (0, 1, 4, {0: 1, 3: 0}),
        (0, 0.4, 21, {0: 0.4, 5: 0.3, 10: 0.2, 15: 0.1, 20: 0}),
    ],
)
def test_numbers_stand_at_round_values(
    low: float, high: float, rows: int, expected: dict[int, float]
) -> None:
    assert ticks(low, high, rows) == pytest.approx(expected)


def test_a_logarithmic_axis_has_powers_of_ten() -> None:
    found = ticks(-4, 0, 21, log=True)
    assert sorted(found.values()) == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1])
    assert ticks(0.1, 0.6, 30, log=True) == pytest.approx({0: 10**0.6, 29: 10**0.1})


@given(VALUES, VALUES, st.integers(2, 60))
def test_numbers_stand_apart_and_at_their_height(one: float, other: float, rows: int) -> None:
    low, high = min(one, other), max(one, other)
    found = ticks(low, high, rows)
    assert (found[0], found[rows - 1]) == (high, low)
    places = sorted(found)
    inner = [row for row in places if 0 < row < rows - 1]
    assert all(b - a >= APART - 1 for a, b in pairwise(inner))
    for row in inner:
        height = (high - found[row]) / (high - low) * (rows - 1)
        assert abs(height - row) <= 0.5 + 1e-6


@given(VALUES, VALUES)
def test_the_ends_are_round_and_hold_both_values(one: float, other: float) -> None:
    low, high = round_range(min(one, other), max(one, other))
    slack = 1e-9 * max(abs(low), abs(high), 1e-300)
    assert low - slack <= min(one, other) <= max(one, other) <= high + slack
    assert high > low
    assert math.isfinite(high - low)


def test_values_too_close_to_be_divided_have_a_range() -> None:
    low, high = round_range(0.0, 5e-324)
    assert low <= 0 < high
    assert ticks(0.0, 5e-324, 30) == {0: 5e-324, 29: 0.0}
