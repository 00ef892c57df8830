"""The private parts of Textual: all in one place, and each as that place needs it."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import RenderableType
from textual._compositor import ChopsUpdate
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.dom import DOMNode
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static

import tui
from tui.terminal.textual_private import GuardedApp, PartialUpdate, PrivateApp

PLACES = ("tui/terminal/textual_private.py", "tui/web/")


class Recording(PrivateApp):
    """An app that keeps what is displayed."""

    def __init__(self) -> None:
        super().__init__()
        self.displayed: list[RenderableType | None] = []

    def compose(self) -> ComposeResult:
        yield Static("a" * 20, id="line")

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        self.displayed.append(renderable)
        super()._display(screen, renderable)


async def test_a_change_of_a_part_is_written_without_the_cells_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Recording()
    made: list[PartialUpdate] = []
    real = PartialUpdate.__init__

    def init(self: PartialUpdate, *parts: object) -> None:
        real(self, *parts)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(PartialUpdate, "__init__", init)
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.pause(0.2)
        app.displayed.clear()
        made.clear()
        app.query_one("#line").refresh(Region(10, 0, 3, 1))
        await pilot.pause(0.2)
        theirs = [one for one in app.displayed if isinstance(one, ChopsUpdate)]
        assert theirs and len(made) == len(theirs)
        ours = made[-1].render_segments(app.console)
        assert ours.count("a") < theirs[-1].render_segments(app.console).count("a")
        assert ours.count("a") == 3


async def test_an_error_is_kept_for_the_caller_and_not_printed() -> None:
    app = PrivateApp()
    error = ValueError("broken")

    def fail() -> None:
        raise error

    with pytest.raises(ValueError, match="broken"):
        async with app.run_test() as pilot:
            app.call_later(fail)
            await pilot.pause()
            assert app.failure is error
            assert app._exit_renderables == []


async def test_an_action_that_is_not_allowed_is_neither_offered_nor_run() -> None:
    class Guarded(GuardedApp):
        BINDINGS = [Binding("a", "add(1)", "Add"), Binding("b", "add(2)", "Add two")]
        added = 0

        def action_add(self, number: int) -> None:
            self.added += number

        def allows(self, node: DOMNode, action: str, parameters: tuple[object, ...]) -> bool:
            return (action, parameters) != ("add", (2,))

    app = Guarded()
    async with app.run_test() as pilot:
        await pilot.press("a", "b")
        assert not await app.run_action("add(2)")
        assert app.added == 1
        offered = {one.binding.key for one in app.screen.active_bindings.values()}
        assert "a" in offered and "b" not in offered


def classes() -> Iterator[type]:
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if not module.name.startswith(("tui.cli.", "tui.benchmark.")):
            found = importlib.import_module(module.name)
            for _, kind in inspect.getmembers(found, inspect.isclass):
                if kind.__module__ == module.name and issubclass(kind, DOMNode | App):
                    yield kind


def private_names(source: str) -> set[str]:
    """The private names that a class defines, and those it uses of itself."""
    return set(re.findall(r"\b(?:self\.|def )(_[a-z]\w*)", source))


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__qualname__)
def test_no_class_uses_or_hides_a_private_name_of_textual(kind: type) -> None:
    file = str(Path(inspect.getfile(kind)).relative_to(Path(tui.__path__[0]).parent))
    if file.startswith(PLACES):
        return
    theirs = {
        name
        for base in kind.__mro__
        if base.__module__.startswith("textual.")
        for name in private_names(inspect.getsource(base))
    }
    assert private_names(inspect.getsource(kind)).isdisjoint(theirs)


def test_no_private_module_of_textual_is_imported_elsewhere() -> None:
    root = Path(tui.__path__[0])
    for file in root.rglob("*.py"):
        name = str(file.relative_to(root.parent))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("textual") and "._" in module:
                assert name.startswith(PLACES), name
