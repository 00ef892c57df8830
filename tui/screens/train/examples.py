"""Conversions and samples as coloured text."""

from collections.abc import Sequence
from os.path import commonprefix

from textual.content import Content

from core.scores.results import Conversion, Draw
from core.text import printable


def conversions(found: Sequence[Conversion]) -> Content:
    """Return a line for each: source, arrow, prediction, and the target where it differs."""
    return Content("\n").join(_conversion(conversion) for conversion in found)


def draws(found: Sequence[Draw]) -> Content:
    """Return a line for each: a mark for a hit, and the forms."""
    return Content("\n").join(_draw(one) for one in found)


def _draw(found: Draw) -> Content:
    words = printable(" ".join(found.forms))
    return Content.styled(f"✓ {words}", "$text-success") if found.hit else Content(f"  {words}")


def _conversion(found: Conversion) -> Content:
    """Style the part of the prediction that differs from the head of the source."""
    right = found.prediction == found.target
    shared = len(commonprefix([found.source, found.prediction]))  # noqa: RUF071
    return Content.assemble(
        ("✓ ", "$text-success") if right else ("✗ ", "$text-error"),
        f"{printable(found.source)} → {printable(found.prediction[:shared])}",
        (printable(found.prediction[shared:]), "bold $text-accent"),
        ("" if right else f" ({printable(found.target)})", "$text-muted"),
    )
