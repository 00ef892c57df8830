import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scores.gaussian import gaussian_score, wilson_interval

PARADIGMS = st.tuples(st.sampled_from("abc"), st.sampled_from("ab"))


@given(st.lists(PARADIGMS, min_size=1, max_size=30), st.lists(PARADIGMS, max_size=8))
def test_it_is_what_a_loop_over_draws_and_rows_counts(
    samples: list[tuple[str, ...]], training: list[tuple[str, ...]]
) -> None:
    hits, equal_rows, distinct = 0, 0, []
    for sample in samples:
        rows = [row for row in training if row == sample]
        equal_rows += len(rows)
        if rows:
            hits += 1
            if sample not in distinct:
                distinct.append(sample)
    result = gaussian_score(samples, training)
    assert result.score == hits / len(samples)
    assert result.course_score == equal_rows / len(samples)
    assert result.draws == len(samples)
    assert result.distinct == len(distinct)
    assert result.ci95 == wilson_interval(hits, len(samples))


def test_a_whole_paradigm_must_be_right() -> None:
    assert gaussian_score([("a", "x"), ("x", "b"), ("b", "a")], [("a", "b")]).score == 0


def test_a_duplicated_row_counts_twice_in_the_course_score_alone() -> None:
    result = gaussian_score([("a", "b"), ("c", "d")], [("a", "b"), ("a", "b")])
    assert (result.score, result.course_score, result.distinct) == (0.5, 1.0, 1)


def test_a_collapsed_decoder_is_known_by_its_distinct_count() -> None:
    result = gaussian_score([("a", "b")] * 100, [("a", "b"), ("c", "d")])
    assert (result.score, result.distinct) == (1.0, 1)


@pytest.mark.parametrize(
    ("hits", "draws", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_that_of_newcombe_1998_table_1_method_3(
    hits: int, draws: int, low: float, high: float
) -> None:
    assert wilson_interval(hits, draws) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_score_and_stays_a_proportion(counts: tuple[int, int]) -> None:
    low, high = wilson_interval(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-12
    assert counts[0] / counts[1] - 1e-12 <= high <= 1
