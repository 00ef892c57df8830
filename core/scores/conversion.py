"""Conversion accuracy: exact matches over all ordered pairs of conditions."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.corpus.paradigms import Pair, Paradigm, conversion_pairs
from core.model.inference import Inference


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
    by_paradigm = [right[i : i + each] for i in range(0, len(right), each)]
    names = inference.vocabulary.conditions
    directions: dict[str, list[bool]] = {}
    lengths: dict[int, list[bool]] = {}
    for pair, ok in zip(pairs, right, strict=True):
        name = f"{names[pair.source_condition]}>{names[pair.target_condition]}"
        directions.setdefault(name, []).append(ok)
        lengths.setdefault(len(pair.target), []).append(ok)

    def judged(irregular: bool) -> float | None:
        verdicts = [
            ok
            for paradigm, oks in zip(paradigms, by_paradigm, strict=True)
            if paradigm.irregular is irregular
            for ok in oks
        ]
        return _mean(verdicts) if verdicts else None

    return Accuracy(
        directions=_mean(right),
        paradigms=_mean([all(oks) for oks in by_paradigm]),
        by_direction={name: _mean(oks) for name, oks in directions.items()},
        regular=judged(irregular=False),
        irregular=judged(irregular=True),
        by_length={length: _mean(lengths[length]) for length in sorted(lengths)},
    )


def _mean(verdicts: Sequence[bool]) -> float:
    return sum(verdicts) / len(verdicts)
