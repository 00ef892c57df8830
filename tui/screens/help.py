"""The help of the focused place: what the screen is for, and every key that acts there now."""

from collections.abc import Iterable, Iterator

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

KEYS_WIDTH = 16
PLACES = ("On this screen", "Where the focus is", "Everywhere")
INHERITED = {one.action for one in Screen.BINDINGS if isinstance(one, Binding)}
"""Actions of every screen there can be, such as going from field to field."""


class HelpScreen(ModalScreen[None]):
    """Made from the bindings that dispatch, when it is opened."""

    BINDINGS = [
        Binding("escape,question_mark,q", "dismiss(None)", "Close"),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > VerticalScroll {
            width: 74;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $accent;
            border-title-color: $foreground;
            border-title-style: bold;
            border-subtitle-color: $text-muted;
            background: $surface;
            padding: 0 1;
        }
        Static { height: auto; }
        #keys { margin-top: 1; }
    }
    """

    def __init__(self, place: Screen[object], title: str) -> None:
        super().__init__()
        self._title = title
        self._about = _about(place)
        self._keys = Content("\n").join(_lines(place.app, place.active_bindings.values()))

    def compose(self) -> ComposeResult:
        """What the screen is for, then its keys."""
        with VerticalScroll(can_focus=False) as frame:
            frame.border_title = self._title
            frame.border_subtitle = "Escape or ? closes · ↑ ↓ scroll"
            yield Static(Content(self._about), id="about")
            yield Static(self._keys, id="keys")

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def _about(place: Screen[object]) -> str:
    """The help of the focused widget or of the nearest of its parents, as flowing text."""
    nodes: list[DOMNode] = [*(place.focused.ancestors_with_self if place.focused else [place])]
    text = next((str(node.HELP) for node in nodes if getattr(node, "HELP", None)), "")
    paragraphs = (" ".join(part.split()) for part in text.replace("`", "").split("\n\n"))
    return "\n\n".join(paragraphs)


def _lines(app: App[object], active: Iterable[ActiveBinding]) -> Iterator[Content]:
    """A line for each action, under the place that it belongs to."""
    groups: dict[str, list[ActiveBinding]] = {name: [] for name in PLACES}
    for one in active:
        if one.binding.description and not one.binding.system:
            groups[_place(one)].append(one)
    for title, bindings in groups.items():
        if bindings:
            yield Content.styled(title, "bold $text-accent")
            yield from _actions(app, bindings)
            yield Content("")


def _actions(app: App[object], bindings: list[ActiveBinding]) -> Iterator[Content]:
    by_action: dict[str, list[ActiveBinding]] = {}
    for one in bindings:
        by_action.setdefault(one.binding.action, []).append(one)
    for same in by_action.values():
        keys = " ".join(dict.fromkeys(app.get_key_display(one.binding) for one in same))
        description, enabled = same[0].binding.description, same[0].enabled
        yield Content.assemble(
            (f"{keys:<{KEYS_WIDTH}} ", "bold" if enabled else "$text-muted"),
            description if enabled else (f"{description} (not now)", "$text-muted"),
        )


def _place(one: ActiveBinding) -> str:
    if isinstance(one.node, App) or one.binding.action in INHERITED:
        return "Everywhere"
    return "On this screen" if isinstance(one.node, Screen) else "Where the focus is"
