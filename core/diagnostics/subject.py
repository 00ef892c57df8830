"""Subject of a diagnosis: a model on its corpus, and what several diagnostics need of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.corpus.paradigms import Corpus, Paradigm
from core.model.cvae import Posterior
from core.model.inference import Inference

Forms = tuple[str, ...]
Row = tuple[str, str, str]
"""Line of the report: section, name and value."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A measurement of a model, and its description in rows."""

    key: str
    stage: str
    """Name shown while it is measured."""
    measure: Callable[["Subject"], Any]
    """Returns None where there is nothing to measure on, or it was not asked for."""
    rows: Callable[[Any], Iterable[Row]]


@dataclass(frozen=True)
class Part:
    """Distinct paradigms on one side of the split, with the posteriors of all their forms."""

    inference: Inference
    paradigms: Sequence[Paradigm]

    @cached_property
    def posterior(self) -> Posterior:
        """Posterior of each form in the order of `forms_of`, on the processor."""
        found = self.inference.posterior(*forms_of(self.paradigms))
        return Posterior(found.mean.cpu(), found.log_variance.cpu())


@dataclass(frozen=True)
class Subject:
    """Model, corpus and numbers of draws of a diagnosis."""

    inference: Inference
    corpus: Corpus
    seed: int
    draws: int
    """Samples from the prior, and as many from the aggregate posterior."""
    importance_draws: int
    """Latents per word of the importance-weighted likelihood; 0 leaves it out."""

    @cached_property
    def seen(self) -> Part:
        """Training paradigms."""
        return Part(self.inference, _distinct(self.corpus.split("train")))

    @cached_property
    def unseen(self) -> Part:
        """Paradigms of the splits valid and test."""
        rows = [*self.corpus.split("valid"), *self.corpus.split("test")]
        return Part(self.inference, _distinct(rows))

    def part(self, kind: str) -> Part:
        """Return the part that is `seen` or `unseen`."""
        return self.unseen if kind == "unseen" else self.seen


def forms_of(paradigms: Sequence[Paradigm]) -> tuple[list[str], list[int]]:
    """Return all forms, paradigm by paradigm, and the condition of each."""
    words = [form for paradigm in paradigms for form in paradigm.forms]
    return words, [index for paradigm in paradigms for index in range(len(paradigm.forms))]


def _distinct(paradigms: Sequence[Paradigm]) -> list[Paradigm]:
    """Drop later rows of the same forms."""
    return list({p.forms: p for p in reversed(paradigms)}.values())[::-1]
