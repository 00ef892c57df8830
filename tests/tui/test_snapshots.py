"""How the screens look, on the demonstration run. `pytest --snapshot-update` accepts a change."""

import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp
from tui.screens.base import SCREENS

DEMO = Path(__file__).parents[2] / "runs" / "demo"
SIZES = [(80, 24), (120, 36), (200, 60)]


async def go(pilot: Pilot[None], room: str) -> None:
    """Reach a screen as a user does, and do there what it is for."""
    if room == "compare":
        await go(pilot, "runs")
        await pilot.pause(0.3)
        await pilot.press("space", "down", "space", "c")
        return
    await pilot.press(f"f{list(SCREENS).index(room) + 1}")
    await pilot.pause()
    if room == "convert":
        await pilot.press(*"carry")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demonstration run, and the first half of it, half a day old."""
    shutil.copytree(DEMO, tmp_path / "runs" / "demo")
    shutil.copytree(DEMO, tmp_path / "runs" / "half")
    half = RunDirectory(tmp_path / "runs" / "half")
    lines = half.journal_file.read_text(encoding="utf-8").splitlines(keepends=True)
    half.journal_file.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    last = RunDirectory(tmp_path / "runs" / "demo").journal_file.read_text().rsplit('"time":', 1)
    finished = float(last[1].split(",")[0])
    monkeypatch.setattr("tui.text.run_table.time.time", lambda: finished + 43_200)
    assert time.time() == finished + 43_200
    return Path("runs")


async def picture_of(pilot: Pilot[None], room: str) -> None:
    app = pilot.app
    assert isinstance(app, CvaeApp)
    await pilot.pause()
    app.view(RunDirectory(Path("runs/demo")))
    await go(pilot, room)
    await app.workers.wait_for_complete()
    for widget in app.screen.query("Input"):
        widget.cursor_blink = False  # type: ignore[attr-defined]
    await pilot.pause(0.5)


Compare = Callable[..., bool]
RunBefore = Callable[[Pilot[None]], Awaitable[None]]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("room", SCREENS)
def test_the_screen_looks_as_it_did(
    snap_compare: Compare, runs: Path, room: str, size: tuple[int, int]
) -> None:
    app = CvaeApp(runs)
    assert snap_compare(app, terminal_size=size, run_before=lambda pilot: picture_of(pilot, room))


@pytest.mark.parametrize("room", SCREENS)
def test_the_screen_looks_as_it_did_without_colour(
    snap_compare: Compare, runs: Path, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = CvaeApp(runs)
    assert app.no_color
    assert snap_compare(
        app, terminal_size=(80, 24), run_before=lambda pilot: picture_of(pilot, room)
    )
