"""Paradigms, pairs of their forms, and the corpus that holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class Paradigm:
    """The forms of one verb, one for each condition of its corpus."""

    forms: tuple[str, ...]
    split: Split = "train"
    irregular: bool | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A form and what it becomes under another condition (ids in the order of the corpus)."""

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
        """The paradigms of one split, in the order of the file."""
        return self._by_split[name]

    @cached_property
    def _by_split(self) -> dict[Split, tuple[Paradigm, ...]]:
        return {name: tuple(p for p in self.paradigms if p.split == name) for name in SPLITS}

    @cached_property
    def duplicates(self) -> int:
        """Rows whose forms stand in an earlier row already."""
        return len(self.paradigms) - len({paradigm.forms for paradigm in self.paradigms})


def conversion_pairs(paradigms: Sequence[Paradigm]) -> list[Pair]:
    """All ordered pairs of different conditions of the paradigms (12 each for four tenses).

    Where there is one condition alone, a form's pair is itself.
    """
    return [
        Pair(source, target, i, j)
        for paradigm in paradigms
        for i, source in enumerate(paradigm.forms)
        for j, target in enumerate(paradigm.forms)
        if i != j or len(paradigm.forms) == 1
    ]
