"""First line of every screen: the screens with their keys, and the current training."""

from collections.abc import Container, Iterator, Mapping
from typing import cast

from textual.content import Content
from textual.getters import app
from textual.widgets import Static

from core.runs.followed import RunState
from core.runs.summary import NOTHING, read_summary
from core.text import printable
from tui.hosting.host import Host
from tui.text.run_table import SYMBOLS

SECONDS = 2.0
HINTS = ("New here? Press ? for the keys of a place", "? shows the keys", "? help")


class Navigation(Static):
    """Names of the screens, which a click opens, and the current training at the right end."""

    DEFAULT_CSS = """
    Navigation {
        height: 1;
        background: $panel;
        color: $text-muted;
        padding: 0 1;
        text-wrap: nowrap;
    }
    """

    host = app(Host)

    def __init__(self, here: str, rooms: Mapping[str, str], offered: Container[str]) -> None:
        names = (
            f"[@click=app.go('{room}')][{'bold reverse' if room == here else 'none'}]"
            f" {number} {title} [/][/]"
            for number, (room, title) in enumerate(rooms.items(), start=1)
            if room in offered
        )
        self._rooms = Content.from_markup("".join(names))
        self._summary = NOTHING
        super().__init__(self._rooms)

    def on_mount(self) -> None:
        """Update every few seconds."""
        self.set_interval(max(SECONDS, self.host.refresh_seconds), self.look)
        self.call_after_refresh(self.look)

    def on_resize(self) -> None:
        """Shorten the text to the new width."""
        self.look()

    def look(self) -> None:
        """Show the training. Without one, show the key for help until it was used once."""
        if not self.screen.is_current:
            return
        texts = ["read-only"] if self.host.read_only else [*self._training()]
        if not texts and not self.host.view_state.get("help_seen", False):
            texts = [*HINTS]
        room = self.content_size.width - self._rooms.cell_length - 1
        message = next((text for text in texts if len(text) <= room), "")
        gap = " " * (room - len(message))
        self.update(self._rooms + Content.assemble(gap, (message, "bold $text-accent"), " "))

    def _training(self) -> Iterator[str]:
        """Describe the training, at length and ever shorter."""
        training = self.host.training
        if training is None:
            return
        if training.directory is None:
            yield from ("starting a training", "starting")
            return
        summary = self._summary = read_summary(training.directory, self._summary)
        control = training.control
        state = "stopping" if control.stopping else "paused" if control.pausing else "training"
        whole = summary.elapsed + (summary.eta or 0.0)
        known = whole and summary.eta is not None
        share = f"{summary.elapsed / whole:.0%}".replace("%", " %") if known else ""
        name = printable(training.directory.name)
        mark = SYMBOLS.get(cast(RunState, state), SYMBOLS["stopped"])
        for words in ((state, name, share), (mark, name, share), (state, share), (mark, share)):
            yield " ".join(word for word in words if word)
