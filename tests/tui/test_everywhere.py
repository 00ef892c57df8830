from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.color import Color
from textual.command import CommandPalette
from textual.widgets import Footer, Input, Static

from core.config.schema import Config
from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp
from tui.app.help import HelpScreen
from tui.charts.chart import Chart
from tui.hosting.host import REFRESH_SECONDS, SPARSE_SECONDS
from tui.screens.base import SCREENS
from tui.widgets.navigation import Navigation
from tui.widgets.themes import DARK, LIGHT, RIGHT, THEMES, WRONG

Until = Callable[..., Awaitable[None]]


RUNS = Path(__file__).parents[2] / "runs"


def navigation(app: CvaeApp) -> str:
    return str(app.screen.query_one(Navigation).render())


async def test_help_names_every_key_of_the_place_and_fits(tmp_path: Path) -> None:
    size = (80, 24)
    app = CvaeApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        for room in SCREENS:
            app.action_go(room)
            await pilot.pause()
            app.screen.set_focus(None)
            there = {one.binding.action for one in app.screen.active_bindings.values()}
            bindings = [
                one
                for one in type(app.screen).BINDINGS
                if isinstance(one, Binding) and one.action in there
            ]
            await pilot.press("question_mark")
            await pilot.pause()
            shown = app.screen
            assert isinstance(shown, HelpScreen)
            text = str(shown.query_one("#keys", Static).render())
            assert str(shown.query_one("#about", Static).render())
            for binding in bindings:
                if binding.action != "leave_field":
                    assert binding.description in text, (room, binding.description)
            assert all(title in text for title in (*SCREENS.values(), "Quit", "Help"))
            assert all(widget.region.right <= size[0] for widget in shown.query("*"))
            await pilot.press("escape")
            assert not isinstance(app.screen, HelpScreen)


async def test_help_scrolls_to_its_end_at_80_by_24(tmp_path: Path) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "question_mark")
        await pilot.pause()
        frame = app.screen.query_one("VerticalScroll")
        await pilot.press(*["pagedown"] * 5)
        await pilot.pause()
        assert frame.max_scroll_y > 0
        assert frame.scroll_y == frame.max_scroll_y


async def test_the_palette_does_what_the_keys_of_the_screen_do(
    tmp_path: Path, until: Until
) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        screen = app.screen
        commands = {one.title: one for one in app.get_system_commands(screen)}
        titles = [one.title for one in app.get_system_commands(screen)]
        assert len(titles) == len(set(titles))
        assert {"Train screen", "Train", "Only changed", "Save as preset", "Quit", "Theme"} <= set(
            titles
        )
        await pilot.press("ctrl+p", *"only changed")
        assert isinstance(app.screen, CommandPalette)
        await until(pilot, lambda: app.screen.query_one("CommandList").option_count == 1)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen)
        count = screen.query_one("#count", Static)
        await until(pilot, lambda: "only these" in str(count.render()))
        assert commands["Only changed"].help == "Key c"


async def test_the_theme_the_screen_and_the_run_are_remembered(copied: RunDirectory) -> None:
    runs = copied.path.parent
    app = CvaeApp(runs)
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.theme == DARK.name
        app.view(copied)
        app.theme = LIGHT.name
        await pilot.press(str(list(SCREENS).index("runs") + 1))
        await pilot.pause()
    again = CvaeApp(runs)
    async with again.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert again.theme == LIGHT.name
        assert again.current_mode == "runs"
        assert again.viewed == copied
    elsewhere = CvaeApp(runs / "elsewhere")
    async with elsewhere.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert elsewhere.theme == LIGHT.name
        assert elsewhere.current_mode == "train"
        assert elsewhere.viewed is None


async def test_the_smoothing_is_remembered(copied: RunDirectory) -> None:
    for expected in (0.9, 0.98, 0.0, 0.6):
        app = CvaeApp(copied.path.parent, view=copied)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("m")
            await pilot.pause()
            assert app.screen.query_one("#ce", Chart)._smoothing == expected


async def test_a_remembered_run_that_is_gone_is_no_error(tmp_path: Path) -> None:
    app = CvaeApp(tmp_path)
    app.view_state.set("run", "gone")
    app.view_state.set("theme", "of another version", everywhere=True)
    again = CvaeApp(tmp_path)
    async with again.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert again.viewed is None
        assert again.theme == DARK.name


async def test_the_hint_goes_away_for_good_once_help_was_asked_for(
    tmp_path: Path, until: Until
) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "? " in navigation(app))
        await pilot.press("question_mark")
        await pilot.press("escape")
    again = CvaeApp(tmp_path)
    async with again.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        assert "? " not in navigation(again)


async def test_every_screen_says_what_the_training_does(
    tmp_path: Path, tiny: Callable[..., Config], until: Until
) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        app.start_training(tiny("training.epochs=100000"), "[red]lab", "default")
        await until(pilot, lambda: app.training is None)
        app.start_training(tiny("training.epochs=100000"), "lab", "default")
        await pilot.press("2")
        await until(pilot, lambda: "training lab 0 %" in navigation(app))
        assert app.training
        app.training.control.pause()
        await until(pilot, lambda: "paused lab" in navigation(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "%" in navigation(app))
        assert app.screen.query_one(Navigation).region.width == 80
        app.training.control.stop()
        await until(pilot, lambda: app.training is None)
        await until(pilot, lambda: "lab" not in navigation(app))


async def test_a_picture_of_the_screen_is_saved_where_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = CvaeApp(tmp_path / "runs")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        await pilot.press("f12")
        await pilot.pause()
        (picture,) = tmp_path.glob("cvae-tui-setup-*.svg")
        (notice,) = app._notifications
        assert notice.message == str(picture)
        assert "learning" in picture.read_text() or "corpus" in picture.read_text()


async def test_a_picture_that_cannot_be_saved_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    app = CvaeApp(tmp_path / "runs")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        gone.rmdir()
        app.action_picture()
        await pilot.pause()
        (notice,) = app._notifications
        assert "cannot write" in notice.message


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_coloured_text_stands_out_in_both_themes(tmp_path: Path, theme: object) -> None:
    """Contrast of at least 4.5, WCAG 2.2, 1.4.3."""
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = theme.name  # type: ignore[attr-defined]
        await pilot.pause()
        colours = app.get_css_variables()
        for name in (RIGHT, WRONG):
            cell = app.console.get_style(name).color
            assert cell
            for back in ("background", "surface", "panel"):
                back_colour = Color.parse(colours[back])
                assert contrast(Color.from_rich_color(cell), back_colour) >= 4.5, (name, back)
        for back in ("background", "surface", "panel"):
            for name in ("success", "warning", "error", "accent", "primary"):
                text = Color.parse(colours[f"text-{name}"])
                assert contrast(text, Color.parse(colours[back])) >= 4.5, (name, back)


def contrast(one: Color, other: Color) -> float:
    """Contrast ratio. Source: WCAG 2.2, relative luminance."""
    low, high = sorted(luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Color) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


async def test_without_colour_the_screen_is_still_told_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        (strip,) = app.screen.query_one(Navigation).render_lines(
            app.screen.query_one(Navigation).region.reset_offset
        )
        here = [part for part in strip if part.style and part.style.reverse]
        assert "".join(part.text for part in here).strip() == "1 Train"


def test_a_slow_link_is_redrawn_less_often(tmp_path: Path) -> None:
    assert CvaeApp(tmp_path).refresh_seconds == REFRESH_SECONDS
    assert CvaeApp(tmp_path, sparse=True).refresh_seconds == SPARSE_SECONDS >= 3


async def test_no_screen_is_cut_off(tmp_path: Path) -> None:
    size = (80, 24)
    app = CvaeApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        for room in SCREENS:
            app.action_go(room)
            await pilot.pause()
            bar = app.screen.query_one(Navigation)
            assert (bar.region.y, bar.region.width) == (0, size[0])
            assert len(navigation(app).rstrip()) <= size[0]
            assert app.screen.query_one(Footer).region.bottom == size[1]
            for field in app.screen.query(Input):
                if field.display and field.region:
                    assert field.region.right <= size[0]
