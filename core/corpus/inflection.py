"""Stem and endings of a paradigm."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix


@dataclass(frozen=True, slots=True)
class Inflection:
    """A stem and an ending for each condition: carr with y, ies, ying, ied."""

    stem: str
    endings: tuple[str, ...]


def common_stem(forms: Sequence[str]) -> str:
    """Return the longest beginning that all forms share."""
    return commonprefix(list(forms))  # noqa: RUF071


def inflection(forms: Sequence[str]) -> Inflection:
    """Split the forms of a paradigm into their stem and their endings."""
    stem = common_stem(forms)
    return Inflection(stem, tuple(form.removeprefix(stem) for form in forms))
