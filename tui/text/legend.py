"""Names of runs beside the colours and markers of their lines."""

from collections.abc import Iterable

from textual.content import Content

from core.exports.palette import COLOURS, MARKERS
from core.text import printable

NBSP = "\N{NO-BREAK SPACE}"
LINE = "──", "$accent"
"""Sign and colour of a run outside of the selection."""


def legend(runs: Iterable[tuple[int | None, str, str]]) -> Content:
    """Return marker, name and note of each run; an entry stays on one line.

    runs: place in the selection, name, note.
    """
    entries = []
    for place, name, note in runs:
        sign = LINE if place is None else (MARKERS[place], COLOURS[place])
        text = f"{NBSP}{printable(name)}"
        entries.append(
            Content.assemble(
                sign, text, (f"{NBSP}{note.replace(' ', NBSP)}" if note else "", "$text-muted")
            )
        )
    return Content("   ").join(entries)
