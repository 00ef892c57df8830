import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Select, Static

from core.model.decoding import Decoding
from core.runs.directory import RunDirectory
from core.scores.plausibility import Plausibility
from tui.app.app import CvaeApp
from tui.screens.base import SCREENS
from tui.screens.generate.screen import GenerateScreen

SIZE = (80, 24)
Until = Callable[..., Awaitable[None]]
KEY = f"f{[*SCREENS].index('generate') + 1}"
MARKS = {"hit": "✓", "real": "+", "plausible": "~", "broken": "✗"}


def text(app: CvaeApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).render())


def listed(app: CvaeApp) -> list[list[str]]:
    table = app.screen.query_one(DataTable)
    return [[str(cell) for cell in table.get_row_at(row)] for row in range(table.row_count)]


async def drawn(pilot: Pilot[None], app: CvaeApp, until: Until) -> None:
    await pilot.press(KEY)
    await until(pilot, lambda: "Gaussian score" in text(app, "#message"))


async def test_draws_are_marked_and_filtered_by_what_they_are(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await drawn(pilot, app, until)
        samples = app.models.load(trained, "best").sample(100, 0)
        judge = Plausibility.of(trained.corpus())
        expected = [[MARKS[judge.kind(forms)], *forms] for forms in samples]
        assert listed(app) == expected
        counts = text(app, "#counts")
        for kind, mark in MARKS.items():
            number = sum(row[0] == mark for row in expected)
            assert f"{mark} {number} {kind}" in counts
        for marks in ("✓", "+~", "✗", "✓+~✗"):
            await pilot.press("f")
            await pilot.pause()
            assert listed(app) == [row for row in expected if row[0] in marks]


async def test_a_checkpoint_that_is_replaced_is_said_and_the_draws_stay(
    copied: RunDirectory, until: Until
) -> None:
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await drawn(pilot, app, until)
        before = listed(app)
        os.utime(copied.checkpoint("best"))
        await until(pilot, lambda: "best was replaced; d samples" in text(app, "#message"))
        assert listed(app) == before
        await pilot.press("d")
        await until(pilot, lambda: "Gaussian score" in text(app, "#message"))


async def test_a_temperature_draws_characters_and_is_not_called_the_gaussian_score(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await drawn(pilot, app, until)
        app.screen.query_one("#seed", Input).value = "4"
        app.screen.query_one("#temperature", Input).value = "1.5"
        await pilot.press("d")
        await until(pilot, lambda: "Hits at temperature 1.5" in text(app, "#message"))
        model = app.models.load(trained, "best")
        samples = model.sample(100, 4, Decoding(temperature=1.5, seed=4))
        assert [tuple(row[1:]) for row in listed(app)] == samples
        app.screen.query_one("#temperature", Input).value = "9"
        await pilot.press("d")
        assert "Temperature takes a number from 0" in text(app, "#message")


async def test_many_draws_show_how_far_they_are_and_are_cancelled(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await drawn(pilot, app, until)
        before = listed(app)
        screen = app.screen
        assert isinstance(screen, GenerateScreen)
        assert not screen.check_action("cancel", ())
        app.screen.query_one("#draws", Input).value = "100000"
        await pilot.press("d")
        await until(pilot, lambda: "%" in text(app, "#message").partition("Sampling")[2])
        await pilot.press("c")
        await until(pilot, lambda: not app.workers)
        assert "Cancelled" in text(app, "#message")
        assert listed(app) == before


async def test_coming_back_shows_the_same_draws_and_draws_no_others(
    trained: RunDirectory, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await drawn(pilot, app, until)
        monkeypatch.setattr(GenerateScreen, "compute", lambda *_: pytest.fail("drew again"))
        await pilot.press("f1")
        await pilot.pause()
        await pilot.press(KEY)
        await pilot.pause(0.2)
        assert len(listed(app)) == 100


async def test_what_the_filter_lets_through_is_saved(
    trained: RunDirectory, tmp_path: Path, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await drawn(pilot, app, until)
        app.screen.query_one("#show", Select).value = "broken"
        await pilot.pause()
        rows = listed(app)
        await pilot.press("s")
        await pilot.pause()
        app.screen.query_one("#path", Input).value = str(tmp_path / "draws.tsv")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "draws.tsv").exists)
    header, *lines = (tmp_path / "draws.tsv").read_text(encoding="utf-8").splitlines()
    assert header.split("\t")[-2:] == ["simple-past", "kind"]
    assert [line.split("\t") for line in lines] == [[*row[1:], "broken"] for row in rows]
