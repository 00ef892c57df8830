"""The help of the focused widget: its purpose, and every key that acts now."""

from collections.abc import Iterable, Iterator

from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from tui.widgets.text_dialog import TextDialog

KEYS_WIDTH = 16
PLACES = ("On this screen", "Where the focus is", "Everywhere")
INHERITED = {one.action for one in Screen.BINDINGS if isinstance(one, Binding)}
"""Actions of every screen, such as going from field to field."""


class HelpScreen(TextDialog):
    """A text made from the active bindings when it is opened."""

    def __init__(self, place: Screen[object], title: str) -> None:
        keys = Content("\n").join(_lines(place.app, place.active_bindings.values()))
        super().__init__(title, {"about": Content(_about(place)), "keys": keys}, "Escape or ?")


def _about(place: Screen[object]) -> str:
    """Return the help of the focused widget or of its nearest parent; lists keep their lines."""
    nodes: list[DOMNode] = [*(place.focused.ancestors_with_self if place.focused else [place])]
    text = next((str(node.HELP) for node in nodes if getattr(node, "HELP", None)), "")
    paragraphs = text.replace("`", "").replace("\\", "").strip("\n").split("\n\n")
    return "\n\n".join(
        part if part.startswith((" ", "- ")) else " ".join(part.split()) for part in paragraphs
    )


def _lines(app: App[object], active: Iterable[ActiveBinding]) -> Iterator[Content]:
    """Yield a line for each action, in groups by place."""
    groups: dict[str, dict[str, list[ActiveBinding]]] = {name: {} for name in PLACES}
    for one in active:
        if one.binding.description and not one.binding.system:
            groups[_place(one)].setdefault(one.binding.action, []).append(one)
    for title, actions in groups.items():
        if actions:
            yield Content.styled(title, "bold $text-accent")
            yield from (_line(app, same) for same in actions.values())
            yield Content("")


def _line(app: App[object], same: list[ActiveBinding]) -> Content:
    """Return the keys of one action, and its description."""
    keys = " ".join(dict.fromkeys(app.get_key_display(one.binding) for one in same))
    description, enabled = same[0].binding.description, same[0].enabled
    return Content.assemble(
        (f"{keys:<{KEYS_WIDTH}} ", "bold" if enabled else "$text-muted"),
        description if enabled else (f"{description} (not now)", "$text-muted"),
    )


def _place(one: ActiveBinding) -> str:
    if isinstance(one.node, App) or one.binding.action in INHERITED:
        return "Everywhere"
    return "On this screen" if isinstance(one.node, Screen) else "Where the focus is"
