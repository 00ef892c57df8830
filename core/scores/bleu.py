"""BLEU-4 of words, on their characters. Source: Papineni et al. 2002, with NLTK's smoothing 1."""

import functools
from collections.abc import Sequence
from typing import Any

FOUR_WEIGHTS = (0.25, 0.25, 0.25, 0.25)
THREE_WEIGHTS = (0.33, 0.33, 0.33)


def bleu4(reference: str, prediction: str) -> float:
    """Return the BLEU-4 of a predicted word, from 0 to 1.

    NLTK's `sentence_bleu` with smoothing `method1` (Chen & Cherry 2014) and uniform weights over
    1- to 4-grams; a reference of three characters has three weights of 0.33.
    """
    sentence_bleu, smoothing = _nltk()
    weights = THREE_WEIGHTS if len(reference) == 3 else FOUR_WEIGHTS
    return float(
        sentence_bleu([reference], prediction, weights=weights, smoothing_function=smoothing)
    )


def mean_bleu4(references: Sequence[str], predictions: Sequence[str]) -> float:
    """Return the mean BLEU-4 over pairs of reference and prediction."""
    scores = [bleu4(*pair) for pair in zip(references, predictions, strict=True)]
    return sum(scores) / len(scores)


@functools.cache
def _nltk() -> tuple[Any, Any]:
    # Importing NLTK takes most of a second, and only scoring needs it.
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    return sentence_bleu, SmoothingFunction().method1
