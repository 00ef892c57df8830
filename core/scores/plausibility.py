"""What a drawn paradigm is worth that need not be a hit.

A draw is

- a hit when its forms together are a training paradigm;
- real when they are a known paradigm that was not trained on;
- plausible when they fit one another: they share a stem, and some training paradigm has the same
  endings after a stem with the same last letter (so stop, stopping but not walk, walkking);
- broken otherwise.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from core.corpus.formats import find_corpus
from core.corpus.inflection import inflection
from core.corpus.paradigms import Corpus

DrawKind = Literal["hit", "real", "plausible", "broken"]
DRAW_KINDS: tuple[DrawKind, ...] = get_args(DrawKind)
LARGEST_CORPUS = "verbs-all"


class Plausibility:
    """Judges draws by the paradigms that were trained on and those that are known besides."""

    def __init__(
        self, training: Sequence[tuple[str, ...]], known: Iterable[tuple[str, ...]] = ()
    ) -> None:
        self._training = set(training)
        self._known = set(known)
        self._patterns = {_pattern(forms) for forms in self._training}

    @classmethod
    def of(cls, corpus: Corpus) -> "Plausibility":
        """By a run's corpus; all its splits are known, and the shipped `verbs-all` where it has
        the same conditions.
        """
        known = {paradigm.forms for paradigm in corpus.paradigms}
        shipped = find_corpus(LARGEST_CORPUS)
        if shipped.conditions == corpus.conditions:
            known.update(paradigm.forms for paradigm in shipped.paradigms)
        return cls([paradigm.forms for paradigm in corpus.split("train")], known)

    def kind(self, forms: tuple[str, ...]) -> DrawKind:
        """What a draw is."""
        if forms in self._training:
            return "hit"
        if forms in self._known:
            return "real"
        letter, endings = _pattern(forms)
        return "plausible" if letter and (letter, endings) in self._patterns else "broken"


def _pattern(forms: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The last letter of the stem, empty without a stem, and the endings."""
    found = inflection(forms)
    return found.stem[-1:], found.endings
