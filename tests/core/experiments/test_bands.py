import math
import statistics

from hypothesis import given
from hypothesis import strategies as st

from core.experiments.bands import band, summary

value = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf])
curve = st.dictionaries(st.integers(0, 12), value, max_size=13)


@given(st.lists(curve, max_size=5))
def test_a_band_is_the_median_and_the_range_where_all_curves_have_a_point(
    curves: list[dict[int, float]],
) -> None:
    found = band([(sorted(one), [one[place] for place in sorted(one)]) for one in curves])
    told = [one for one in curves if one]
    places = [place for place in range(13) if told and all(place in one for one in told)]
    assert list(found.places) == places
    assert len(found.median) == len(found.low) == len(found.high) == len(places)
    for index, place in enumerate(places):
        finite = [one[place] for one in told if math.isfinite(one[place])]
        got = found.median[index], found.low[index], found.high[index]
        if finite:
            assert got == (statistics.median(finite), min(finite), max(finite))
        else:
            assert all(map(math.isnan, got))


def test_an_even_number_of_values_has_its_median_between_two() -> None:
    assert summary([1.0, 4.0, 2.0, 3.0]) == (2.5, 1.0, 4.0)
    assert all(map(math.isnan, summary([])))
