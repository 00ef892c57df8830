"""What every screen has: the list of screens above, the keys below."""

from typing import cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer, Input

from tui.hosting.host import Host
from tui.widgets.navigation import Navigation

SCREENS = {
    "train": "Train",
    "setup": "Setup",
    "convert": "Convert",
    "generate": "Generate",
    "latent": "Latent",
    "runs": "Runs",
    "compare": "Compare",
}
"""The screens in the order of their keys, 1 onwards."""
STEERING = frozenset({"setup"})
"""Those in which there is nothing to look at, but only to prepare what is to be trained."""


class AppScreen(Screen[None]):
    """A screen of the app. `MODE` is its name in `SCREENS`."""

    MODE = ""
    BINDINGS = [Binding("escape", "leave_field", "Leave the field")]

    @property
    def host(self) -> Host:
        """The app."""
        return cast(Host, self.app)

    def compose(self) -> ComposeResult:
        """Navigation, the room's own widgets, footer."""
        yield Navigation(self.MODE, SCREENS, STEERING if self.host.read_only else frozenset())
        yield from self.compose_body()
        yield Footer(compact=True, show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """The room's own widgets; a bare room has none."""
        return iter(())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A field can be left while one is being typed in."""
        return isinstance(self.focused, Input) if action == "leave_field" else True

    def action_leave_field(self) -> None:
        """Leave the field, so that single keys act again."""
        self.set_focus(None)
