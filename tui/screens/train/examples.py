"""Conversions and draws as coloured text."""

from collections.abc import Sequence
from os.path import commonprefix

from textual.content import Content

from core.scores.results import Conversion, Draw
from core.text import printable


def conversions(found: Sequence[Conversion]) -> Content:
    """One line each: the source, an arrow, the prediction, and the target where it is another."""
    return Content("\n").join(_conversion(conversion) for conversion in found)


def draws(found: Sequence[Draw]) -> Content:
    """One line each: a mark for a hit, and the forms."""
    return Content("\n").join(draw(one.forms, one.hit) for one in found)


def draw(forms: Sequence[str], hit: bool) -> Content:
    """A mark for a hit, and the forms."""
    words = printable(" ".join(forms))
    return Content.styled(f"✓ {words}", "$text-success") if hit else Content(f"  {words}")


def changed(source: str, form: str, style: str = "bold $text-accent") -> Content:
    """The form, with what it does not share with the head of the source in another style."""
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
