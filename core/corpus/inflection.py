"""How the forms of a paradigm hang together: what all begin with, and what each adds to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix


@dataclass(frozen=True, slots=True)
class Inflection:
    """A stem and an ending for each condition: carr with y, ies, ying, ied."""

    stem: str
    """The longest beginning that all forms share."""
    endings: tuple[str, ...]


def inflection(forms: Sequence[str]) -> Inflection:
    """The inflection of a paradigm's forms."""
    stem = commonprefix(list(forms))  # noqa: RUF071
    return Inflection(stem, tuple(form.removeprefix(stem) for form in forms))
