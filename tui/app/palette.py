"""The command palette."""

from collections.abc import Iterator
from functools import partial

from textual import on
from textual.app import SystemCommand
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, OptionList

from tui.widgets.dialog import DismissedOnce


class Palette(CommandPalette, DismissedOnce[None]):
    """Textual's palette, which takes keys that come too early or too late without an error."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow keys of the list once the list is laid out."""
        return action != "command_list" or bool(self.query_one(CommandList).size.height)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _run_once(self, event: Message) -> None:
        if not self.is_active:
            event.prevent_default()


def commands_of(screen: Screen[object]) -> Iterator[SystemCommand]:
    """Yield a command for each key that acts on a screen now."""
    found: dict[str, tuple[DOMNode, Binding]] = {}
    for node, binding, enabled, _ in screen.active_bindings.values():
        if enabled and binding.description and binding.action in _own_actions(node):
            found.setdefault(binding.action, (node, binding))
    for action, (node, binding) in found.items():
        yield SystemCommand(
            binding.description,
            f"Key {screen.app.get_key_display(binding)}",
            partial(screen.app.run_action, action, node),
        )


def _own_actions(node: DOMNode) -> set[str]:
    """Return the actions that classes of this program bind, without those of Textual."""
    ours = [kind for kind in type(node).__mro__ if kind.__module__.startswith("tui.")]
    bindings = [one for kind in ours for one in vars(kind).get("BINDINGS", ())]
    return {one.action for one in bindings if not one.action.startswith("go(")}
