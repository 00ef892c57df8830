"""A grid of characters, each with the name of its style."""

from collections.abc import Iterator


class Canvas:
    """A grid of cells, blank at first."""

    def __init__(self, width: int, height: int, style: str) -> None:
        self._rows = [[(" ", style)] * width for _ in range(height)]

    def __len__(self) -> int:
        return len(self._rows)

    def copy(self) -> "Canvas":
        """Return a canvas with the same cells."""
        other = Canvas(0, 0, "")
        other._rows = [row[:] for row in self._rows]
        return other

    def write(self, x: int, y: int, text: str, style: str) -> None:
        """Write a text to the right from a cell; the rest that does not fit is cut off."""
        row = self._rows[y]
        text = text[: len(row) - x]
        row[x : x + len(text)] = [(character, style) for character in text]

    def write_dots(self, x: int, y: int, dots: str, blank: str, style: str) -> None:
        """Write the characters of a text that are not `blank`."""
        row = self._rows[y]
        for place, character in enumerate(dots, start=x):
            if character != blank:
                row[place] = character, style

    def write_behind(self, x: int, y: int, character: str, style: str, weaker: str) -> None:
        """Write a character where the cell is blank or of a weaker style."""
        before, its_style = self._rows[y][x]
        if before == " " or its_style == weaker:
            self._rows[y][x] = character, style

    def runs(self, y: int) -> Iterator[tuple[str, str]]:
        """Yield the texts of one style in a row with that style; a blank is of any style."""
        text, current = "", self._rows[y][0][1]
        for character, style in self._rows[y]:
            if style != current and character != " ":
                if text:
                    yield text, current
                text, current = "", style
            text += character
        yield text, current

    def differing(self, other: "Canvas", y: int) -> tuple[int, int] | None:
        """Return the span of cells in a row that differ from another canvas; None for none."""
        mine, theirs = self._rows[y], other._rows[y]
        if mine == theirs:
            return None
        found = [x for x, cell in enumerate(theirs) if cell != mine[x]]
        return found[0], found[-1] + 1
