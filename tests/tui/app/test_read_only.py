"""The app for those who may look and may not touch."""

import importlib
import pkgutil
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import DataTable

import tui
from core.errors import InputError
from core.runs.directory import RunDirectory
from tui.app.read_only import ALLOWED, ReadOnlyApp, allows
from tui.screens.base import SCREENS, STEERING
from tui.state.view_state import state_file

Until = Callable[..., Awaitable[None]]


@pytest.fixture
def runs(trained: RunDirectory, tmp_path: Path) -> Path:
    for name in ("first", "second"):
        shutil.copytree(trained.path, tmp_path / "runs" / name)
    return tmp_path / "runs"


def everything_under(path: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in path.rglob("*") if one.is_file()}


async def test_no_key_changes_anything_on_any_screen(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.chdir(tmp_path)
    before = everything_under(tmp_path)
    app = ReadOnlyApp(runs)
    pressed = set()
    async with app.run_test(size=(120, 36)) as pilot:
        for number, room in enumerate(SCREENS, start=1):
            await pilot.press(f"f{number}")
            if room in STEERING:
                assert app.current_mode != room
                continue
            await until(pilot, lambda room=room: getattr(app.screen, "MODE", "") == room)
            refused = {
                key
                for node in (app, app.screen)
                for key, binding in node._bindings
                if not allows(*app._parse_action(binding.action, node))
            }
            app.screen.set_focus(None)
            await pilot.press(*refused)
            await pilot.pause()
            assert len(app.screen_stack) == 1, "a question was asked"
            pressed |= refused
    assert pressed >= {"t", "s", "space", "c", "e", "a", "d", "r", "f12", "ctrl+s", "ctrl+z"}
    assert everything_under(tmp_path) == before
    assert not state_file().exists()


async def test_a_living_training_is_not_steered(
    copied: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = ReadOnlyApp(copied.path.parent, copied)
    async with app.run_test() as pilot:
        for action in ("pause", "stop", "checkpoint", "evaluate", "adjust", "train"):
            assert not await app.run_action(action, app.screen)
        await pilot.press("space", "s", "c", "e", "a", "t")
        assert app.steered is None
        assert not copied.inbox.exists()
        assert not app.start_training(copied.config(), "new", "")
        assert not app.resume_training(copied)
        assert [path.name for path in copied.path.parent.iterdir()] == ["copied"]


async def test_neither_footer_nor_help_nor_palette_offers_what_is_refused(runs: Path) -> None:
    app = ReadOnlyApp(runs)
    async with app.run_test(size=(120, 36)) as pilot:
        for room in SCREENS.keys() - STEERING:
            app.action_go(room)
            await pilot.pause()
            active = app.screen.active_bindings.values()
            offered = {one.binding.description for one in active if one.node is app.screen}
            assert offered.isdisjoint(
                {"Train", "Pause", "Stop", "Resume", "Fork", "Delete", "Rename", "Save as TSV"}
            ), room
            titles = {command.title for command in app.get_system_commands(app.screen)}
            assert "Setup screen" not in titles and "Runs screen" in titles
            assert app.export_screenshot().count("read-only") == 1


async def test_runs_are_opened_and_words_converted(runs: Path, until: Until) -> None:
    app = ReadOnlyApp(runs)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: "second" in app.export_screenshot())
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "train")
        await pilot.press("3")
        await pilot.press(*"walk")
        await until(pilot, lambda: app.screen.query_one("#forms", DataTable).row_count)


def kinds() -> Iterator[type[DOMNode]]:
    """All places of the program, each with the actions that it brings along."""
    for module in pkgutil.walk_packages(tui.__path__, prefix="tui."):
        if not module.name.startswith("tui.cli."):
            found = vars(importlib.import_module(module.name)).values()
            for kind in found:
                if isinstance(kind, type) and issubclass(kind, DOMNode):
                    yield kind


def test_what_is_allowed_is_there() -> None:
    there = {kind.__name__: kind for kind in kinds() if kind.__module__.startswith("tui.")}
    for name, actions in ALLOWED.items():
        for action in actions:
            assert f"action_{action}" in vars(there[name]), f"{name} has no {action}"


def test_an_action_that_nobody_has_thought_about_is_refused() -> None:
    class Fresh(Widget):
        BINDINGS = [Binding("x", "explode", "Explode")]

        def action_explode(self) -> None: ...

    Fresh.__module__ = "tui.screens.fresh"
    assert not allows(Fresh(), "explode", ())
    assert allows(Fresh(), "scroll_down", ())
    assert not allows(Fresh(), "unknown", ())


def test_without_a_run_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no run"):
        ReadOnlyApp(tmp_path)
