"""Kinds of samples.

A sample is

- a hit when its forms together are a training paradigm;
- real when they are a known paradigm outside the training rows;
- plausible when they fit one another: they share a stem, and some training paradigm has the same
  endings after a stem with the same last letter (so stop, stopping but not walk, walkking);
- broken otherwise.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from core.corpus.formats import known_paradigms
from core.corpus.inflection import inflection
from core.corpus.paradigms import Corpus

DrawKind = Literal["hit", "real", "plausible", "broken"]


class Plausibility:
    """Classifier of samples by the training paradigms and the known ones."""

    def __init__(
        self, training: Sequence[tuple[str, ...]], known: Iterable[tuple[str, ...]] = ()
    ) -> None:
        self._training = set(training)
        self._known = set(known)
        self._patterns = {_pattern(forms) for forms in self._training}

    @classmethod
    def of(cls, corpus: Corpus) -> "Plausibility":
        """Judge by the training rows of a corpus and all paradigms known to exist."""
        training = [paradigm.forms for paradigm in corpus.split("train")]
        return cls(training, known_paradigms(corpus))

    def kind(self, forms: tuple[str, ...]) -> DrawKind:
        """Return the kind of a sample."""
        if forms in self._training:
            return "hit"
        if forms in self._known:
            return "real"
        letter, endings = _pattern(forms)
        return "plausible" if letter and (letter, endings) in self._patterns else "broken"


def _pattern(forms: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the last letter of the stem, empty without a stem, and the endings."""
    stem, endings = inflection(forms)
    return stem[-1:], endings
