"""What is sent to the terminal when parts of the screen have changed."""

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate
from textual.geometry import Offset


class Repaint(ChopsUpdate):
    """Textual's update of some parts, without what lies to the left of them in the same widget."""

    def render_segments(self, console: Console) -> str:
        """Cells and escape sequences, as they are written to the terminal."""
        sent: list[str] = []
        at: Offset | None = None
        for y, left, right in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, stop = max(x, left), min(end, right)
                if strip is None or start >= stop:
                    continue
                if at != (start, y):
                    sent.append(f"\x1b[{y + 1};{start + 1}H")
                sent.append(strip.crop(start - x, stop - x).simplify().render(console))
                at = Offset(stop, y)
        return "".join(sent)


def repaint(drawn: RenderableType | None) -> RenderableType | None:
    """What is drawn; of an update, no more than what has changed."""
    if isinstance(drawn, ChopsUpdate):
        return Repaint(drawn.chops, drawn.spans, drawn.chop_ends)
    return drawn
