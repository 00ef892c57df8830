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
    return Content("\n").join(draw(one.forms, one.hit) for one in found)


def draw(forms: Sequence[str], hit: bool) -> Content:
    """Return a mark for a hit, and the forms."""
    words = printable(" ".join(forms))
    return Content.styled(f"✓ {words}", "$text-success") if hit else Content(f"  {words}")


def changed(source: str, form: str, style: str = "bold $text-accent") -> Content:
    """Return the form; the part that differs from the head of the source is styled."""
    shared = len(commonprefix([source, form]))  # noqa: RUF071
    return Content.assemble(printable(form[:shared]), (printable(form[shared:]), style))


def _conversion(found: Conversion) -> Content:
    right = found.prediction == found.target
    mark = Content.styled("✓ ", "$text-success") if right else Content.styled("✗ ", "$text-error")
    wanted = (
        Content("") if right else Content.styled(f" ({printable(found.target)})", "$text-muted")
    )
    shown = changed(found.source, found.prediction)
    return mark + Content(f"{printable(found.source)} → ") + shown + wanted
