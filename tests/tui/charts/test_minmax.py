import math
from array import array

from hypothesis import given
from hypothesis import strategies as st

from tui.charts import minmax as extremes
from tui.charts.columns import columns
from tui.charts.minmax import BLOCK, Extremes

LONG = st.lists(
    st.one_of(st.floats(-1e9, 1e9), st.sampled_from([math.nan, math.inf, 0.0])),
    min_size=BLOCK,
    max_size=5 * BLOCK,
)


@given(LONG, st.integers(1, 9), st.sampled_from([-math.inf, 0.0]), st.integers(0, 300))
def test_columns_drawn_from_extremes_are_those_of_every_value(
    told: list[float], width: int, above: float, start: int
) -> None:
    values, known = array("d", told), Extremes()
    known.follow(values[: len(values) // 2])
    known.follow(values)
    xs = range(len(values))
    of_blocks = columns(xs, values, start, len(values), width, above, known)
    # NaN, of which a gap consists, equals nothing.
    assert repr(of_blocks) == repr(columns(xs, values, start, len(values), width, above))


def test_a_spike_in_a_million_values_is_not_lost() -> None:
    values = array("d", [1.0]) * 1_000_000
    values[637_123] = 9.0
    known = Extremes()
    known.follow(values)
    assert len(known.highs) == 1_000_000 // extremes.BLOCK
    found = columns(range(len(values)), values, 0, len(values), 100, extremes=known)
    assert max(column.high for column in found if column) == 9.0
