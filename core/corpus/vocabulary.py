"""Ids of characters and conditions."""

import functools
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from core.corpus.formats import LONGEST_FORM, find_condition
from core.corpus.paradigms import Corpus
from core.errors import InputError
from core.files import decoder

PAD, SOS, UNK, EOS = range(4)
"""Ids before the characters: padding, start of a word, dropped character, end of a word."""
FIRST_OUTPUT = EOS
"""First id of the decoder's outputs: the end of the word, then the characters."""
SPARE_STEPS = 4
"""Characters by which a decoded form may exceed the longest known form."""


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alphabet and conditions of a run, in the order of their ids."""

    characters: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=1)], ...],
        Meta(min_length=1, max_length=65_536),
    ]
    conditions: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1, max_length=1024)
    ]
    longest_form: Annotated[int, Meta(ge=1, le=LONGEST_FORM)]

    def __post_init__(self) -> None:
        """Raise ValueError for a repeated entry, which would have two ids."""
        for kind, entries in (("character", self.characters), ("condition", self.conditions)):
            if len(set(entries)) < len(entries):
                raise ValueError(f"a {kind} occurs twice")

    @classmethod
    def of(cls, corpus: Corpus) -> "Vocabulary":
        """Collect the vocabulary of all splits of a corpus."""
        forms = [form for paradigm in corpus.paradigms for form in paradigm.forms]
        return cls(tuple(sorted(set().union(*forms))), corpus.conditions, max(map(len, forms)))

    @property
    def size(self) -> int:
        """Number of ids, the special ones included."""
        return EOS + 1 + len(self.characters)

    def encode(self, word: str) -> list[int]:
        """Return the ids of a word, ending in `EOS`. Raise InputError when it cannot be spelt."""
        if not word:
            raise InputError("the word is empty; at least one character is needed")
        if len(word) > LONGEST_FORM:
            raise InputError(
                f"the word {word[:20]!r}... has {len(word)} characters; "
                f"at most {LONGEST_FORM} are accepted"
            )
        known = _ids(self.characters)
        for character in word:
            if character not in known:
                raise InputError(
                    f"{word!r} has {character!r}, which is not in the alphabet of this run "
                    f"({self.alphabet})"
                )
        return [*(known[character] for character in word), EOS]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the word of ids, up to the first `EOS`."""
        word = itertools.takewhile(lambda index: index != EOS, ids)
        return "".join(self.characters[index - EOS - 1] for index in word if index > EOS)

    def decoding_limit(self, words: Sequence[str] = ()) -> int:
        """Return the largest number of decoding steps, the end included."""
        return max([self.longest_form, *map(len, words)]) + SPARE_STEPS + 1

    def condition(self, name: str) -> int:
        """Return the id of a condition by its name. Raise InputError as `find_condition`."""
        return find_condition(name, self.conditions, "this run")

    @property
    def alphabet(self) -> str:
        """Characters as readable text, with neighbours joined into ranges."""
        runs: list[list[str]] = []
        for character in self.characters:
            if runs and ord(runs[-1][-1]) + 1 == ord(character):
                runs[-1].append(character)
            else:
                runs.append([character])
        return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else " ".join(run) for run in runs)

    def write(self, path: Path) -> None:
        """Write the vocabulary as JSON."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """Read a vocabulary from a JSON file. Raise InputError when that fails."""
        try:
            return decoder(cls).decode(path.read_bytes())
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is not the vocabulary of a run: {error}") from None


@functools.lru_cache(maxsize=8)
def _ids(characters: tuple[str, ...]) -> dict[str, int]:
    return {character: EOS + 1 + index for index, character in enumerate(characters)}
