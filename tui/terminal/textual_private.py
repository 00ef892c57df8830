"""The private parts of Textual that the app needs. Nothing else in `tui` uses one.

Each has a test that fails when a new version of Textual changes it.
"""

from collections.abc import Mapping

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate
from textual.app import App
from textual.dom import DOMNode
from textual.geometry import Offset
from textual.screen import Screen


class PartialUpdate(ChopsUpdate):
    """Textual's update of changed regions, without the unchanged cells to the left of each."""

    def render_segments(self, console: Console) -> str:
        """Return the cells and escape sequences that are written to the terminal."""
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


class PrivateApp(App[None]):
    """An app that writes changed cells only and leaves the terminal clean after an error."""

    failure: Exception | None = None
    """The error that ended the app."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, ChopsUpdate):
            renderable = PartialUpdate(renderable.chops, renderable.spans, renderable.chop_ends)
        super()._display(screen, renderable)

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)
        # The traceback is for the caller of `run`, not for the terminal.
        self._exit_renderables.clear()


class GuardedApp(App[None]):
    """An app that decides on each action before it is shown or run."""

    def allows(self, node: DOMNode, action: str, parameters: tuple[object, ...]) -> bool:
        """Return True when an action of a node may run."""
        raise NotImplementedError

    async def run_action(
        self,
        action: str | tuple[str, str, tuple[object, ...]],
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action that is allowed."""
        asked = self._parse_action(action, default_namespace or self, namespaces)
        return self.allows(*asked) and await super().run_action(
            action, default_namespace, namespaces
        )

    def _check_action_state(self, action: str, default_namespace: DOMNode) -> bool | None:
        if not self.allows(*self._parse_action(action, default_namespace)):
            return False
        return super()._check_action_state(action, default_namespace)
