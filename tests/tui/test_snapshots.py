"""How the screens look, on the demonstration run. `pytest --snapshot-update` accepts a change."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.runs.directory import RunDirectory
from tui.app import CvaeApp

RUNS = Path(__file__).parents[2] / "runs"
SIZES = [(80, 24), (160, 48)]


async def train(pilot: Pilot[None]) -> None:
    await pilot.press("1")


async def setup(pilot: Pilot[None]) -> None:
    await pilot.press("2")


async def convert(pilot: Pilot[None]) -> None:
    await pilot.press("3")
    await pilot.pause()
    await pilot.press(*"carry")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("place", [train, setup, convert], ids=lambda place: place.__name__)
def test_the_screen_looks_as_it_did(
    snap_compare: Callable[..., bool],
    place: Callable[[Pilot[None]], Awaitable[None]],
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(RUNS.parent)
    app = CvaeApp(Path("runs"))

    async def go(pilot: Pilot[None]) -> None:
        await pilot.pause()
        app.view(RunDirectory(Path("runs/demo")))
        await place(pilot)
        await app.workers.wait_for_complete()
        for widget in app.screen.query("Input"):
            widget.cursor_blink = False  # type: ignore[attr-defined]
        await pilot.pause(0.5)

    assert snap_compare(app, terminal_size=size, run_before=go)
