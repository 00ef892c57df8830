"""Paradigms, pairs of their forms, and the corpus that holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class Paradigm:
    """Forms of one word, one for each condition of its corpus."""

    forms: tuple[str, ...]
    split: Split = "train"
    irregular: bool | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A form and its counterpart under another condition. Ids are in the order of the corpus."""

    source: str
    target: str
    source_condition: int
    target_condition: int


@dataclass(frozen=True)
class Corpus:
    """Paradigms with the names of their conditions."""

    name: str
    conditions: tuple[str, ...]
    paradigms: tuple[Paradigm, ...]

    def split(self, name: Split) -> tuple[Paradigm, ...]:
        """Return the paradigms of one split, in the order of the file."""
        return self._by_split[name]

    @cached_property
    def _by_split(self) -> dict[Split, tuple[Paradigm, ...]]:
        return {name: tuple(p for p in self.paradigms if p.split == name) for name in SPLITS}

    @cached_property
    def duplicates(self) -> int:
        """Number of rows whose forms occur in an earlier row."""
        return len(self.paradigms) - len({paradigm.forms for paradigm in self.paradigms})


def conversion_pairs(paradigms: Sequence[Paradigm]) -> list[Pair]:
    """Pair all forms of each paradigm, in both directions (12 pairs for four conditions).

    With a single condition, each form is paired with itself.
    """
    return [
        Pair(source, target, i, j)
        for paradigm in paradigms
        for i, source in enumerate(paradigm.forms)
        for j, target in enumerate(paradigm.forms)
        if i != j or len(paradigm.forms) == 1
    ]
