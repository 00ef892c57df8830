"""Stem and endings of a paradigm."""

from collections.abc import Sequence
from os.path import commonprefix


def common_stem(forms: Sequence[str]) -> str:
    """Return the longest beginning that all forms share."""
    return commonprefix(list(forms))  # noqa: RUF071


def inflection(forms: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Split forms into stem and endings: carr with y, ies, ying, ied."""
    stem = common_stem(forms)
    return stem, tuple(form.removeprefix(stem) for form in forms)
