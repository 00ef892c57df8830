"""KL of each latent dimension as a row of bars."""

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tui.text.format import figure
from tui.text.sparkline import BLOCKS

BROKEN = "!"
IDLE = 0.01
"""The least KL of an active dimension, in nats."""
LABEL = "KL by dimension "


class KlStrip(Static):
    """One bar for each dimension of z, from the last evaluation; an inactive one is a dot."""

    _shown: tuple[float | None, ...] = ()

    def show(self, kl: Sequence[float | None]) -> None:
        """Draw the KL of each dimension, in nats; None where it was not finite."""
        if tuple(kl) != self._shown:
            self._shown = tuple(kl)
            self.refresh()

    def render(self) -> Content:
        """Fit the bars and a note into the width."""
        if not self._shown:
            return Content.styled(f"{LABEL}comes with the first evaluation", "$text-muted")
        finite = [value for value in self._shown if value is not None]
        highest = max(finite, default=0.0)
        active = sum(value >= IDLE for value in finite)
        note = f"  highest {figure(round(highest, 3))}, {active} of {len(self._shown)} over {IDLE}"
        room = max(8, self.size.width - len(LABEL) - len(note))
        bar = (bars(self._shown, room), "$accent")
        return Content.assemble((LABEL, "$text-muted"), bar, (note, "$text-muted"))


def bars(kl: Sequence[float | None], room: int) -> str:
    """Return a character for each dimension, or for the highest of several that share one."""
    share = max(1, -(-len(kl) // room))
    highest = max((value for value in kl if value is not None), default=0.0)
    return "".join(_bar(kl[at : at + share], highest) for at in range(0, len(kl), share))


def _bar(some: Sequence[float | None], highest: float) -> str:
    if None in some:
        return BROKEN
    value = max(value for value in some if value is not None)
    if value < IDLE:
        return "·"
    return BLOCKS[min(len(BLOCKS) - 1, int(value / highest * len(BLOCKS)))]
