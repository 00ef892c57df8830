"""Pieces of an HTML page in which every text is data."""

import html
import re
from collections.abc import Iterable, Sequence

from core.text import printable

_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'(xlink:href="#|url\(#)')


def text(value: object) -> str:
    """A text as the page shows it: no markup, no invisible characters."""
    return html.escape(printable(str(value)))


def table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False
) -> str:
    """A table of cells that are HTML already, the first of each row its heading.

    numbers: whether the other cells stand at the right of their columns.
    """
    titles = "".join(f'<th scope="col">{text(title)}</th>' for title in header)
    lines = "\n".join(
        f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
        for first, *rest in rows
    )
    kind = ' class="numbers"' if numbers else ""
    return (
        f'<div class="scroll" role="region" aria-label="{text(caption)}" tabindex="0">'
        f"<table{kind}>\n<caption>{text(caption)}</caption>\n"
        f"<thead><tr>{titles}</tr></thead>\n<tbody>\n{lines}\n</tbody></table></div>"
    )


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Names and what is known under them, both HTML already."""
    return "<dl>" + "\n".join(f"<dt>{name}</dt><dd>{fact}</dd>" for name, fact in rows) + "</dl>"


def picture(svg: str, name: str, title: str, description: str, colours: dict[str, str]) -> str:
    """A figure's SVG as a part of the page, in the colours of whoever reads it.

    name: unique on the page. colours: what stands in the place of which colour.
    """
    drawing = svg[svg.index("<svg ") :]
    opening, _, rest = drawing.partition(">")
    view = re.search(r'viewBox="[^"]+"', opening)
    rest = re.sub(r"<metadata>.*?</metadata>\s*", "", rest, flags=re.DOTALL)
    rest = _ID.sub(rf'id="{name}-\1"', rest)
    rest = _REFERENCE.sub(lambda found: found[0].replace("xlink:", "") + f"{name}-", rest)
    for colour, variable in colours.items():
        rest = rest.replace(colour, variable)
    return (
        f'<svg {view[0] if view else ""} role="img" aria-labelledby="{name}-title {name}-about">'
        f'<title id="{name}-title">{text(title)}</title>'
        f'<desc id="{name}-about">{text(description)}</desc>{rest.strip()}'
    )
