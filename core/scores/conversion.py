"""Conversion accuracy: exact matches over all ordered pairs of conditions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeVar

from core.corpus.paradigms import Pair, Paradigm, conversion_pairs
from core.model.inference import Inference

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of exact matches, from 0 to 1. None where there is nothing to match."""

    directions: float
    """Share over all ordered pairs of different conditions."""
    paradigms: float
    """Share of paradigms with every direction right."""
    by_direction: dict[str, float]
    """Share for each `source>target`."""
    regular: float | None
    """Share over the paradigms known to be regular."""
    irregular: float | None
    """Share over the paradigms known to be irregular."""
    by_length: dict[int, float]
    """Share for each number of characters of the target."""


def convert_pairs(inference: Inference, pairs: Sequence[Pair]) -> list[str]:
    """Convert the source of each pair to its target condition."""
    return inference.convert(
        [pair.source for pair in pairs],
        [pair.source_condition for pair in pairs],
        [pair.target_condition for pair in pairs],
    )


def conversion_accuracy(inference: Inference, paradigms: Sequence[Paradigm]) -> Accuracy:
    """Measure the accuracy over the paradigms in all directions (12 for four conditions)."""
    pairs = conversion_pairs(paradigms)
    predictions = convert_pairs(inference, pairs)
    right = [prediction == pair.target for prediction, pair in zip(predictions, pairs, strict=True)]
    each = len(pairs) // len(paradigms)
    names = inference.vocabulary.conditions
    regularity = _shares((p.irregular for p in paradigms for _ in range(each)), right)
    lengths = _shares((len(pair.target) for pair in pairs), right)
    return Accuracy(
        directions=fmean(right),
        paradigms=fmean(map(all, zip(*[iter(right)] * each, strict=True))),
        by_direction=_shares(
            (f"{names[pair.source_condition]}>{names[pair.target_condition]}" for pair in pairs),
            right,
        ),
        regular=regularity.get(False),
        irregular=regularity.get(True),
        by_length=dict(sorted(lengths.items())),
    )


def _shares(keys: Iterable[K], right: Sequence[bool]) -> dict[K, float]:
    """Return the share that is right for each key."""
    groups: dict[K, list[bool]] = {}
    for key, ok in zip(keys, right, strict=True):
        groups.setdefault(key, []).append(ok)
    return {key: fmean(group) for key, group in groups.items()}
