import math
from array import array

from hypothesis import given
from hypothesis import strategies as st

from tui.charts.bins import BLOCK, GAP, MinMaxBlocks, bins


def test_no_spike_is_lost() -> None:
    values = [0.0] * 1000
    values[637] = 9.0
    found = bins(list(range(1000)), values, 0, 999, 40)
    assert max(one.high for one in found if one) == 9.0
    assert min(one.low for one in found if one) == 0.0


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=200),
    st.integers(1, 60),
)
def test_bins_hold_the_extremes_of_the_finite_values(values: list[float], width: int) -> None:
    found = bins(list(range(len(values))), values, 0, max(len(values) - 1, 1), width)
    assert len(found) == width
    finite = [value for value in values if math.isfinite(value)]
    filled = [one for one in found if one and one is not GAP]
    assert (max(c.high for c in filled) if filled else None) == (max(finite) if finite else None)
    assert (min(c.low for c in filled) if filled else None) == (min(finite) if finite else None)
    assert all(c.low <= min(c.first, c.last) <= max(c.first, c.last) <= c.high for c in filled)


def test_only_what_is_in_view_counts() -> None:
    found = bins([0, 1, 2, 3, 4], [50, 1, 2, 3, 70], 1, 3, 3)
    assert [one.first for one in found if one] == [1, 2, 3]


def test_a_bin_without_points_is_empty() -> None:
    found = bins([0, 9], [1, 2], 0, 9, 3)
    assert found[1] is None


def test_a_bin_of_values_that_are_not_finite_is_a_gap() -> None:
    found = bins([0, 1, 2], [1, math.nan, 2], 0, 2, 3)
    assert found[1] is GAP
    assert bins([0, 1, 2], [1, -1, 2], 0, 2, 3, above=0)[1] is GAP


LONG = st.lists(
    st.one_of(st.floats(-1e9, 1e9), st.sampled_from([math.nan, math.inf, 0.0])),
    min_size=BLOCK,
    max_size=5 * BLOCK,
)


@given(LONG, st.integers(1, 9), st.sampled_from([-math.inf, 0.0]), st.integers(0, 300))
def test_bins_drawn_from_blocks_are_those_of_every_value(
    told: list[float], width: int, above: float, start: int
) -> None:
    values, known = array("d", told), MinMaxBlocks()
    known.follow(values[: len(values) // 2])
    known.follow(values)
    xs = range(len(values))
    of_blocks = bins(xs, values, start, len(values), width, above, known)
    # NaN, of which a gap consists, equals nothing.
    assert repr(of_blocks) == repr(bins(xs, values, start, len(values), width, above))


def test_a_spike_in_a_million_values_is_not_lost() -> None:
    values = array("d", [1.0]) * 1_000_000
    values[637_123] = 9.0
    known = MinMaxBlocks()
    known.follow(values)
    assert len(known.highs) == 1_000_000 // BLOCK
    found = bins(range(len(values)), values, 0, len(values), 100, blocks=known)
    assert max(one.high for one in found if one) == 9.0
