import math

from hypothesis import given
from hypothesis import strategies as st

from tui.charts.columns import GAP, columns


def test_no_spike_is_lost() -> None:
    values = [0.0] * 1000
    values[637] = 9.0
    found = columns(list(range(1000)), values, 0, 999, 40)
    assert max(column.high for column in found if column) == 9.0
    assert min(column.low for column in found if column) == 0.0


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=200),
    st.integers(1, 60),
)
def test_columns_hold_the_extremes_of_the_finite_values(values: list[float], width: int) -> None:
    found = columns(list(range(len(values))), values, 0, max(len(values) - 1, 1), width)
    assert len(found) == width
    finite = [value for value in values if math.isfinite(value)]
    filled = [column for column in found if column and column is not GAP]
    assert (max(c.high for c in filled) if filled else None) == (max(finite) if finite else None)
    assert (min(c.low for c in filled) if filled else None) == (min(finite) if finite else None)
    assert all(c.low <= min(c.first, c.last) <= max(c.first, c.last) <= c.high for c in filled)


def test_only_what_is_in_view_counts() -> None:
    found = columns([0, 1, 2, 3, 4], [50, 1, 2, 3, 70], 1, 3, 3)
    assert [column.first for column in found if column] == [1, 2, 3]


def test_a_column_without_points_is_empty() -> None:
    found = columns([0, 9], [1, 2], 0, 9, 3)
    assert found[1] is None


def test_a_column_of_values_that_are_not_finite_is_a_gap() -> None:
    found = columns([0, 1, 2], [1, math.nan, 2], 0, 2, 3)
    assert found[1] is GAP
    assert columns([0, 1, 2], [1, -1, 2], 0, 2, 3, above=0)[1] is GAP
