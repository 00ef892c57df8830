import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select, Static

from core.catalogue.listing import list_runs
from core.config import presets
from core.config.build import with_settings
from core.config.fields import field, fields, fields_of
from core.config.presets import preset, save_preset
from core.config.schema import Config
from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp
from tui.screens.setup.command_dialog import CommandDialog
from tui.screens.setup.field_editor import FieldEditor
from tui.screens.setup.field_list import FieldList
from tui.screens.setup.preset_dialog import PresetDialog
from tui.screens.setup.schedule_chart import SchedulePicture
from tui.screens.setup.screen import SetupScreen

Until = Callable[..., Awaitable[None]]

SIZES = [(80, 24), (120, 36), (200, 60)]


@asynccontextmanager
async def setup(
    runs: Path, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Pilot[None], SetupScreen]]:
    """The Setup screen of an app."""
    app = CvaeApp(runs)
    async with app.run_test(size=size) as pilot:
        await pilot.press("2")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, SetupScreen)
        yield pilot, screen


async def settled(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.pause(0.05)


async def fill(pilot: Pilot[None], key: str, text: str) -> None:
    """Find a setting, edit it, leave it."""
    await pilot.press("slash")
    pilot.app.screen.query_one("#find", Input).value = key
    await settled(pilot)
    await pilot.press("enter", "enter")
    await settled(pilot)
    editor = pilot.app.screen.query_one(FieldEditor)
    assert editor.field and editor.field.key == key
    pilot.app.screen.query_one("#value", Input).value = text
    await settled(pilot)
    await pilot.press("escape")
    await settled(pilot)


def said(screen: SetupScreen, selector: str) -> str:
    return str(screen.query_one(selector, Static).render())


def line(screen: SetupScreen, key: str) -> str:
    return str(screen.query_one(FieldList).get_option(key).prompt)


def keys(screen: SetupScreen) -> list[str]:
    return [option.id for option in screen.query_one(FieldList).options if option.id]


async def test_every_field_is_listed_under_its_section_with_its_value(tmp_path: Path) -> None:
    async with setup(tmp_path, (120, 36)) as (_, screen):
        assert keys(screen) == [known.key for known in fields_of(preset("default"))]
        assert line(screen, "training.epochs").split() == [
            *("·", "epochs", "300"),
            *["a", "whole", "number", "from", "1", "to", "1000000"],
        ]


async def test_setup_judges_as_one_types_and_trains(
    tmp_path: Path, corpus_file: Path, until: Until
) -> None:
    async with setup(tmp_path / "runs") as (pilot, screen):
        train = screen.query_one("#train", Button)
        await fill(pilot, "training.epochs", "many")
        assert train.disabled
        assert "'many' is not accepted; it takes a whole number" in said(screen, "#problem")
        assert "'many' is not accepted" in said(screen, "#about")
        assert line(screen, "training.epochs").startswith("✗")
        await fill(pilot, "training.epochs", "2")
        assert not train.disabled
        await fill(pilot, "model.hidden_size", "4")
        assert "must not exceed" in said(screen, "#problem")
        await fill(pilot, "model.hidden_size", "16")
        await fill(pilot, "data.corpus", str(corpus_file) + "x")
        assert "there is no" in said(screen, "#problem")
        await fill(pilot, "data.corpus", str(corpus_file))
        assert not screen.query_one("#problem").display
        assert said(screen, "#count") == "3 settings differ from default"
        await pilot.press("t")
        await until(pilot, lambda: pilot.app.current_mode == "train")
        status = pilot.app.screen.query_one("#status", Static)
        await until(pilot, lambda: "finished" in str(status.render()))
    (run,) = list_runs(tmp_path / "runs")
    assert run.name == "tiny-default-1"
    config = RunDirectory(tmp_path / "runs" / run.name).config()
    assert (config.training.epochs, config.model.hidden_size) == (2, 16)


async def test_words_narrow_the_list_by_key_and_by_explanation(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        await pilot.press("slash", *"bowman")
        await settled(pilot)
        assert keys(screen) == ["model.latent_every_step", "objective.word_dropout"]
        await pilot.press("space", *"dropout")
        await settled(pilot)
        assert keys(screen) == ["objective.word_dropout"]
        await pilot.press(*"xyz")
        await settled(pilot)
        assert screen.query_one("#none").display


async def test_only_what_was_changed_is_listed_on_a_key(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        await fill(pilot, "training.epochs", "7")
        screen.query_one("#find", Input).value = ""
        await pilot.press("c")
        await settled(pilot)
        assert keys(screen) == ["training.epochs"]
        assert line(screen, "training.epochs").startswith("*")
        await pilot.press("c")
        await settled(pilot)
        assert len(keys(screen)) == len(fields_of(preset("default")))


async def test_changes_are_taken_back_one_or_all_and_undone(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        await fill(pilot, "training.epochs", "7")
        await fill(pilot, "training.seed", "5")
        await pilot.press("b")
        assert screen.settings() == with_settings(preset("default"), ["training.epochs=7"])
        await pilot.press("ctrl+r")
        assert screen.settings() == preset("default")
        await pilot.press("u")
        assert screen.settings() == with_settings(preset("default"), ["training.epochs=7"])
        await pilot.press("u")
        assert screen.settings().training.seed == 5


async def test_choices_are_turned_with_the_arrows(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        await pilot.press("slash", *"objective.annealing.shape", "enter")
        await settled(pilot)
        await pilot.press("right")
        assert screen.settings().objective.annealing.shape == "sigmoid"
        await pilot.press("left", "left")
        assert screen.settings().objective.annealing.shape == "cosine"
        await settled(pilot)
        assert "[cosine]" in said(screen, "#choices")


async def test_a_turned_choice_shows_the_settings_that_it_brings(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        await pilot.press("slash", *"teacher_forcing", "enter")
        await settled(pilot)
        assert keys(screen) == ["teacher_forcing.kind"]
        await pilot.press("right")
        await settled(pilot)
        assert keys(screen) == [f"teacher_forcing.{name}" for name in ("kind", "start", "end")]
        assert screen.query_one(FieldList).field == field("teacher_forcing.kind")
        await pilot.press("u")
        await settled(pilot)
        assert keys(screen) == ["teacher_forcing.kind"]


async def test_the_arrows_go_from_field_to_field_while_editing(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        await fill(pilot, "training.epochs", "7")
        screen.query_one("#find", Input).value = "training."
        await settled(pilot)
        await pilot.press("enter", *"8", "down", *"64")
        await settled(pilot)
        training = screen.settings().training
        assert (training.epochs, training.batch_size) == (8, 64)


async def test_setup_takes_over_a_preset_and_takes_changes_back(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        screen.query_one("#preset", Select).value = "lab4"
        await settled(pilot)
        assert screen.settings() == preset("lab4")
        await fill(pilot, "optimizer.learning_rate", "0.5")
        assert screen.settings().optimizer.learning_rate == 0.5
        await pilot.press("ctrl+r")
        assert screen.settings() == preset("lab4")


async def test_the_picture_follows_what_is_typed(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        picture = screen.query_one(SchedulePicture)
        assert not picture.display
        await fill(pilot, "objective.annealing.beta_max", "3")
        assert picture.display
        (chart,) = [chart for chart in picture.charts if chart.display]
        assert chart.id == "beta"
        assert chart.pointed and max(chart.pointed.values) == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_nothing_is_cut_off_or_overlaps(tmp_path: Path, size: tuple[int, int]) -> None:
    async with setup(tmp_path, size) as (_, screen):
        bottom = 0
        for selector in ("Navigation", "#head", "#search", "#board", "FieldEditor", "Footer"):
            region = screen.query_one(selector).region
            assert region.y >= bottom and region.right <= size[0], selector
            bottom = region.bottom
        assert bottom == size[1]
        assert screen.query_one(FieldList).size.height >= 10


async def test_every_explanation_fits_at_80_columns(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        about = screen.query_one("#about", Static)
        for known in fields():
            screen.query_one(FieldEditor).show(known)
            await pilot.pause()
            width = about.content_region.width
            assert about.visual.get_height(about.styles, width) <= about.size.height, known.key


async def test_a_preset_is_saved_listed_and_never_overwritten_silently(tmp_path: Path) -> None:
    save_preset("taken", Config(), "another")
    async with setup(tmp_path) as (pilot, screen):
        await fill(pilot, "training.epochs", "7")
        await pilot.press("w")
        await settled(pilot)
        asked = pilot.app.screen
        assert isinstance(asked, PresetDialog)
        await pilot.press(*"lab4")
        assert asked.query_one("#yes", Button).disabled
        asked.query_one("#name", Input).value = "taken"
        await settled(pilot)
        assert str(asked.query_one("#yes", Button).label) == "Replace it"
        asked.query_one("#name", Input).value = "mine"
        await settled(pilot)
        await pilot.press("enter", *"Seven", "enter", "enter")
        await settled(pilot)
        assert screen.preset_name == "mine"
        assert said(screen, "#description") == "Seven"
        assert said(screen, "#count") == "no settings differ from mine"
    assert preset("mine").training.epochs == 7
    assert preset("taken") == Config()


async def test_a_damaged_preset_is_said_and_the_settings_stay(tmp_path: Path) -> None:
    presets.own_folder().mkdir(parents=True)
    (presets.own_folder() / "bad.toml").write_text("[trainer]")
    async with setup(tmp_path) as (pilot, screen):
        screen.query_one("#preset", Select).value = "bad"
        await settled(pilot)
        (notice,) = pilot.app._notifications
        assert "is not a section" in notice.message
        assert screen.query_one("#preset", Select).value == "default"
        assert screen.settings() == preset("default")


async def test_the_command_line_is_shown_and_copied(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        await fill(pilot, "training.epochs", "7")
        await pilot.press("y")
        await settled(pilot)
        shown = pilot.app.screen
        assert isinstance(shown, CommandDialog)
        words = shlex.split(pilot.app.clipboard)
        assert words[-2:] == ["--set", "training.epochs=7"]
        assert str(shown.query_one("#command", Static).render()) == pilot.app.clipboard
        await pilot.press("escape")
        assert pilot.app.screen is screen


async def test_a_text_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    async with setup(tmp_path) as (pilot, screen):
        await fill(pilot, "data.corpus", "[red]x\x1b[31m")
        assert "[red]x\\x1b[31m" in line(screen, "data.corpus")
        assert "[red]x" in said(screen, "#problem")
        assert field("data.corpus").key in said(screen, "#problem")
