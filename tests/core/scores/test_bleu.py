import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from core.scores.bleu import bleu4, mean_bleu4

WORDS = st.text("abé", max_size=9)


@given(WORDS.filter(lambda word: len(word) != 3), WORDS)
def test_it_is_nltk_on_characters(reference: str, prediction: str) -> None:
    expected = sentence_bleu(
        [list(reference)], list(prediction), smoothing_function=SmoothingFunction().method1
    )
    assert bleu4(reference, prediction) == pytest.approx(expected, abs=1e-12)


@given(st.text("abé", min_size=3, max_size=3), WORDS)
def test_a_reference_of_three_letters_has_three_weights(reference: str, prediction: str) -> None:
    expected = sentence_bleu(
        [list(reference)],
        list(prediction),
        weights=(0.33, 0.33, 0.33),
        smoothing_function=SmoothingFunction().method1,
    )
    assert bleu4(reference, prediction) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("word", ["cut", "walk", "abandoning"])
def test_the_right_word_scores_1(word: str) -> None:
    assert bleu4(word, word) == 1


@pytest.mark.parametrize("reference", ["cut", "walk"])
def test_no_word_and_no_common_letter_score_next_to_nothing(reference: str) -> None:
    assert bleu4(reference, "") == 0
    assert bleu4(reference, "zzzz") < 0.1


def test_a_value_from_paper_and_pencil() -> None:
    # Of `walked` against `walks`: 4 of 6, 3 of 5, 2 of 4 and 1 of 3 n-grams, no brevity penalty.
    assert bleu4("walks", "walked") == pytest.approx((4 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)


def test_the_score_is_the_mean_over_pairs() -> None:
    references, predictions = ["walks", "cut", "see"], ["walked", "cut", ""]
    each = [bleu4(*pair) for pair in zip(references, predictions, strict=True)]
    assert mean_bleu4(references, predictions) == pytest.approx(sum(each) / 3)
