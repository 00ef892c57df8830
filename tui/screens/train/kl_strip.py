"""KL of each latent dimension as a row of bars."""

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tui.text.format import figure

BARS = "▁▂▃▄▅▆▇█"
BROKEN = "!"
IDLE = 0.01
"""KL in nats below which a dimension is not active."""
LABEL = "KL by dimension "


class KlStrip(Static):
    """One bar for each dimension of z, from the last evaluation; an inactive one is a dot."""

    DEFAULT_CSS = """
    KlStrip { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._shown: Sequence[float | None] = ()

    def show(self, kl: Sequence[float | None]) -> None:
        """Draw the KL of each dimension, in nats; None where it was not finite."""
        if tuple(kl) != tuple(self._shown):
            self._shown = tuple(kl)
            self._draw()

    def on_resize(self) -> None:
        """Fit into the new width."""
        self._draw()

    def _draw(self) -> None:
        finite = [value for value in self._shown if value is not None]
        if not self._shown:
            self.update(
                Content.styled(f"{LABEL}comes with the first evaluation", "$text-muted"),
                layout=False,
            )
            return
        highest = max(finite, default=0.0)
        active = sum(value >= IDLE for value in finite)
        note = f"  highest {figure(round(highest, 3))}, {active} of {len(self._shown)} over {IDLE}"
        room = max(8, self.size.width - len(LABEL) - len(note))
        self.update(
            Content.assemble(
                (LABEL, "$text-muted"),
                (bars(self._shown, room), "$accent"),
                (note, "$text-muted"),
            ),
            layout=False,
        )


def bars(kl: Sequence[float | None], room: int) -> str:
    """Return a character for each dimension; where room is short, for the highest of several."""
    share = max(1, -(-len(kl) // room))
    highest = max((value for value in kl if value is not None), default=0.0)
    return "".join(_bar(kl[at : at + share], highest) for at in range(0, len(kl), share))


def _bar(some: Sequence[float | None], highest: float) -> str:
    if None in some:
        return BROKEN
    value = max(value for value in some if value is not None)
    if value < IDLE:
        return "·"
    return BARS[min(len(BARS) - 1, int(value / highest * len(BARS)))]
