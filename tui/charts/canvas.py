"""A grid of characters, each with the name of its style."""

from collections.abc import Iterator


class Canvas:
    """A grid of cells, blank at first."""

    def __init__(self, width: int, height: int, style: str) -> None:
        self._characters = [[" "] * width for _ in range(height)]
        self._styles = [[style] * width for _ in range(height)]

    def __len__(self) -> int:
        return len(self._characters)

    @property
    def width(self) -> int:
        """Number of cells in a row."""
        return len(self._characters[0]) if self._characters else 0

    def copy(self) -> "Canvas":
        """Return a canvas with the same cells."""
        other = Canvas(0, 0, "")
        other._characters = [row[:] for row in self._characters]
        other._styles = [row[:] for row in self._styles]
        return other

    def write(self, x: int, y: int, text: str, style: str) -> None:
        """Write a text to the right from a cell; the rest that does not fit is cut off."""
        row = self._characters[y]
        text = text[: len(row) - x]
        row[x : x + len(text)] = text
        self._styles[y][x : x + len(text)] = [style] * len(text)

    def write_dots(self, x: int, y: int, dots: str, blank: str, style: str) -> None:
        """Write the characters of a text that are not `blank`."""
        characters, styles = self._characters[y], self._styles[y]
        for place, character in enumerate(dots, start=x):
            if character != blank:
                characters[place], styles[place] = character, style

    def write_behind(self, x: int, y: int, character: str, style: str, weaker: str) -> None:
        """Write a character where the cell is blank or of a weaker style."""
        if self._characters[y][x] == " " or self._styles[y][x] == weaker:
            self._characters[y][x], self._styles[y][x] = character, style

    def runs(self, y: int) -> Iterator[tuple[str, str]]:
        """Yield the texts of one style in a row with that style; a blank is of any style."""
        characters, styles = self._characters[y], self._styles[y]
        start, current = 0, styles[0]
        for x, style in enumerate(styles):
            if style != current and characters[x] != " ":
                if x > start:
                    yield "".join(characters[start:x]), current
                start, current = x, style
        yield "".join(characters[start:]), current

    def differing(self, other: "Canvas", y: int) -> tuple[int, int] | None:
        """Return the span of cells in a row that differ from another canvas; None for none."""
        if self._characters[y] == other._characters[y] and self._styles[y] == other._styles[y]:
            return None
        mine = list(zip(self._characters[y], self._styles[y], strict=True))
        theirs = zip(other._characters[y], other._styles[y], strict=True)
        found = [x for x, cell in enumerate(theirs) if cell != mine[x]]
        return found[0], found[-1] + 1
