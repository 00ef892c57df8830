import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Select, Static

from core.model.inference import Inference
from core.model.latent import interpolate, latent_map, walk
from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp
from tui.screens.base import SCREENS
from tui.screens.latent.latent_plot import LatentPlot
from tui.screens.latent.screen import AUTO, OFFSETS, LatentScreen

Until = Callable[..., Awaitable[None]]
KEY = f"f{[*SCREENS].index('latent') + 1}"
SIZES = [(80, 24), (120, 36)]


def rows(app: CvaeApp, name: str) -> list[tuple[str, ...]]:
    table = app.screen.query_one(f"#{name}", DataTable)
    return [tuple(str(cell) for cell in table.get_row_at(row)) for row in range(table.row_count)]


def forms(app: CvaeApp, name: str) -> list[tuple[str, ...]]:
    return [row[1:] for row in rows(app, name)]


def message(app: CvaeApp) -> str:
    return str(app.screen.query_one("#message", Static).render())


def drawing(plot: LatentPlot) -> str:
    return "\n".join(plot.render_line(y).text for y in range(plot.size.height))


async def opened(pilot: Pilot[None], app: CvaeApp, until: Until) -> LatentPlot:
    await pilot.press(KEY)
    await until(pilot, lambda: rows(app, "walk"))
    return app.screen.query_one(LatentPlot)


def mean(model: Inference, word: str, condition: int):  # type: ignore[no-untyped-def]
    return model.posterior([word], [condition]).mean[0]


@pytest.mark.parametrize("size", SIZES)
async def test_a_narrow_terminal_shows_one_pane_and_a_wide_one_all(
    trained: RunDirectory, until: Until, size: tuple[int, int]
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, until)
        panes = ("plot", "between", "walk")
        for key, pane in (("i", "between"), ("w", "walk"), ("m", "plot")):
            await pilot.press(key)
            await pilot.pause()
            seen = [name for name in panes if app.screen.query_one(f"#{name}").region.area]
            assert seen == ([pane] if size[0] < 110 else list(panes))
            assert app.focused is app.screen.query_one(f"#{pane}")
        legend = app.screen.query_one("#legend", Static)
        assert legend.region.height and legend.region.bottom < size[1]


async def test_the_map_names_the_form_under_the_cursor_and_takes_it_as_a_word(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        plot = await opened(pilot, app, until)
        model = app.models.load(trained, "best")
        places = latent_map(model, trained.corpus().split("train")).places
        assert any(character in drawing(plot) for character in "ox+*")
        start = plot.cursor
        await pilot.press("right", "left", "down", "up", "right")
        await pilot.pause()
        place = places[plot.cursor]
        assert plot.cursor != start
        names = model.vocabulary.conditions
        assert f"{place.word} · {names[place.condition]}" in str(plot.border_subtitle)
        await pilot.press("b")
        await until(pilot, lambda: place.word in str(app.screen.query_one("#between").border_title))
        assert app.screen.query_one("#b", Input).value == place.word
        assert app.screen.query_one("#tense-b", Select).value == place.condition
        first = places[0]
        line = interpolate(
            mean(model, first.word, first.condition), mean(model, place.word, place.condition), 9
        )
        assert forms(app, "between") == model.paradigms(line)


async def test_a_click_and_the_next_key_reach_every_form(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        plot = await opened(pilot, app, until)
        here = plot._together()
        for _ in here:
            await pilot.press("n")
        assert plot.cursor == here[0]
        target = next(index for index, cell in enumerate(plot._cells()) if cell != plot._cells()[0])
        column, row = plot._cells()[target] or (0, 0)
        await pilot.click("#plot", offset=(column + 1, row + 1))
        await pilot.pause()
        assert target in plot._together()


async def test_zooming_in_spreads_the_forms_and_keeps_the_cursor_in_view(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        plot = await opened(pilot, app, until)
        whole = drawing(plot)
        await pilot.press(*["plus"] * 4, "right", "right")
        assert drawing(plot) != whole
        assert None in plot._cells()
        assert plot._cells()[plot.cursor] is not None
        await pilot.press(*["minus"] * 9)
        assert None not in plot._cells()


async def test_the_map_is_grouped_by_tense_and_by_ending(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, until)
        legend = app.screen.query_one("#legend", Static)
        assert "o simple-present" in str(legend.render())
        await pilot.press("g")
        await pilot.pause()
        assert "-ing" in str(legend.render()) and "no ending" in str(legend.render())


async def test_a_walk_goes_along_one_dimension_of_the_first_word(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, until)
        model = app.models.load(trained, "best")
        found = latent_map(model, trained.corpus().split("train"))
        app.screen.query_one("#tense-a", Select).value = AUTO
        app.screen.query_one("#a", Input).value = "talking"
        table = app.screen.query_one("#walk")
        await until(pilot, lambda: "talking" in str(table.border_title))
        (guess,) = model.likeliest_conditions(["talking"])
        for rank in (0, 1, 2, 3, 0):
            dimension = found.dimensions[rank]
            await until(
                pilot, lambda wanted=dimension: f"dimension {wanted + 1}," in table.border_subtitle
            )
            around = walk(mean(model, "talking", guess), dimension, OFFSETS)
            assert forms(app, "walk") == model.paradigms(around)
            await pilot.press("right_square_bracket")


async def test_steps_are_adjusted_by_keys_and_judged(trained: RunDirectory, until: Until) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, until)
        await pilot.press("greater_than_sign", "greater_than_sign", "less_than_sign")
        await until(pilot, lambda: len(rows(app, "between")) == 10)
        app.screen.query_one("#steps", Input).value = "1"
        await until(pilot, lambda: "from 2 to" in message(app))
        app.screen.query_one("#steps", Input).value = "2"
        await until(pilot, lambda: len(rows(app, "between")) == 2)
        app.screen.query_one("#b", Input).value = "9"
        await until(pilot, lambda: "not in the alphabet" in message(app))
        app.screen.query_one("#b", Input).value = ""
        await until(pilot, lambda: "Type a word at B" in message(app))


async def test_without_a_model_it_says_so_and_a_torn_one_is_explained(
    copied: RunDirectory, tmp_path: Path, until: Until
) -> None:
    app = CvaeApp(tmp_path / "none")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(KEY)
        await pilot.pause()
        assert "Train a model first" in message(app)
        await pilot.press("a", "g", "right", "plus", "n")
    shutil.copy(copied.config_file, copied.checkpoint("best"))
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(KEY)
        await until(pilot, lambda: "is not a whole checkpoint" in message(app))


async def test_the_map_of_a_replaced_checkpoint_is_read_anew(
    copied: RunDirectory, until: Until
) -> None:
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, until)
        screen = app.screen
        assert isinstance(screen, LatentScreen)
        before = screen._seen
        os.utime(copied.checkpoint("best"))
        await until(pilot, lambda: screen._seen is not before)
        assert str(screen.query_one("#said", Static).render()).startswith("replaced ")


async def test_it_can_be_read_without_colour(
    trained: RunDirectory, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        plot = await opened(pilot, app, until)
        assert {character for character in drawing(plot) if character in "ox+*"}
