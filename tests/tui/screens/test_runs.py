import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from core.catalogue.labels import Labels, read_labels, write_labels
from core.catalogue.trash import discarded
from core.runs.directory import RunDirectory
from core.runs.journal import JournalWriter
from core.runs.ownership import owning
from core.training.events import Alarm, Started
from tui.app.app import CvaeApp
from tui.screens.base import SCREENS
from tui.screens.runs.prompt_dialog import PromptDialog
from tui.screens.runs.screen import RunsScreen
from tui.screens.setup.screen import SetupScreen
from tui.text.run_table import COLUMNS, SYMBOLS, sorted_runs, widths
from tui.widgets.keyed_table import KeyedTable

SMALL, LARGE = (80, 24), (200, 60)
KEY = str(list(SCREENS).index("runs") + 1)


@pytest.fixture
def runs(trained: RunDirectory, tmp_path: Path) -> Path:
    """Three copies of the finished run; one has another latent size, one has crashed."""
    for name in ("alpha", "beta", "gamma"):
        shutil.copytree(trained.path, tmp_path / name)
    config = (tmp_path / "beta/config.toml").read_text()
    changed = config.replace("latent_size = 4", "latent_size = 64")
    (tmp_path / "beta/config.toml").write_text(changed)
    with JournalWriter(tmp_path / "gamma/journal.jsonl") as journal:
        journal.write(
            Started(
                step=60, epoch=20.0, time=1e9, elapsed=1.0, resumed=True, steps=120,
                steps_per_epoch=3, words=36, paradigms=8, duplicates=1,
            )
        )  # fmt: skip
    return tmp_path


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = 240) -> None:
    for _ in range(int(seconds / 0.05)):
        await pilot.pause(0.05)
        if condition():
            return
    raise AssertionError("it did not come to hold")


async def opened(pilot: Pilot[None], count: int = 3) -> KeyedTable:
    """The table of the Runs screen with its runs in it."""
    await pilot.press(KEY)
    await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
    table = pilot.app.screen.query_one(KeyedTable)
    await until(pilot, lambda: table.row_count == count)
    return table


def cell(table: KeyedTable, name: str, title: str) -> str:
    return str(table.get_cell(name, title))


def names(table: KeyedTable) -> list[str]:
    return [str(key.value) for key in (row.key for row in table.ordered_rows)]


def text_of(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).render())


async def answer(pilot: Pilot[None], text: str) -> None:
    """Answer the question that is asked."""
    await until(pilot, lambda: isinstance(pilot.app.screen, PromptDialog))
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await pilot.pause()


async def test_a_state_is_told_by_a_symbol_and_a_word(runs: Path) -> None:
    async with CvaeApp(runs).run_test(size=SMALL) as pilot:
        table = await opened(pilot)
        assert cell(table, "alpha", "state") == "✓ finished"
        assert cell(table, "gamma", "state") == "! crashed"
        assert len(set(SYMBOLS.values())) == len(SYMBOLS)


async def test_runs_are_sorted_by_key_and_by_a_click_on_a_title(runs: Path) -> None:
    async with CvaeApp(runs).run_test(size=SMALL) as pilot:
        table = await opened(pilot)
        assert names(table)[-1] == "gamma"
        await pilot.click(KeyedTable, offset=(4, 0))
        await until(pilot, lambda: names(table) == ["alpha", "beta", "gamma"])
        await pilot.press("S")
        await until(pilot, lambda: names(table) == ["gamma", "beta", "alpha"])
        await pilot.press("s", "S")
        await until(pilot, lambda: str(table.columns["state"].label) == "state▼")
        assert names(table)[-1] == "gamma"


async def test_a_filter_lists_what_passes_and_says_what_is_wrong(runs: Path) -> None:
    async with CvaeApp(runs).run_test(size=SMALL) as pilot:
        table = await opened(pilot)
        await pilot.press("slash")
        field = pilot.app.screen.query_one("#filter", Input)
        assert field.has_focus
        field.value = "latent = 64 and state = finished"
        await until(pilot, lambda: names(table) == ["beta"])
        assert "1 of 3 runs" in text_of(pilot, "#where")
        field.value = "latent = much"
        await until(pilot, lambda: "model.latent_size is a number" in text_of(pilot, "#where"))
        assert names(table) == ["beta"], "while it is wrong, the last whole expression holds"
        field.value = ""
        await until(pilot, lambda: table.row_count == 3)
        await pilot.press("enter")
        assert table.has_focus


async def test_a_run_with_a_standing_alarm_is_marked(runs: Path) -> None:
    alarm = Alarm(
        step=60, epoch=20.0, time=1e9, elapsed=1.0, kind="collapse", message="m", advice="a",
        begins=True,
    )  # fmt: skip
    with JournalWriter(runs / "beta/journal.jsonl") as journal:
        journal.write(alarm)
    async with CvaeApp(runs).run_test(size=SMALL) as pilot:
        table = await opened(pilot)
        marked = {key.value: str(table.get_row(key)[2]).endswith(" !") for key in table.rows}
        assert marked == {"alpha": False, "beta": True, "gamma": False}
        table.move_cursor(row=table.get_row_index("beta"))
        await until(pilot, lambda: "! collapse (Enter, then w" in text_of(pilot, "#about"))


async def test_the_list_stays_steady_while_it_refreshes(trained: RunDirectory, runs: Path) -> None:
    for number in range(60):
        shutil.copytree(trained.path, runs / f"run-{number:02}")
    async with CvaeApp(runs).run_test(size=SMALL) as pilot:
        table = await opened(pilot, 63)
        await pilot.press("s", "s", "s", "s")
        await until(pilot, lambda: names(table)[0] == "alpha")
        while table.chosen != "run-30":
            await pilot.press("down")
        table.scroll_to(y=table.scroll_y + 3, animate=False)
        await pilot.pause()
        scroll, row = table.scroll_y, table.get_row("run-31")
        write_labels(RunDirectory(runs / "run-32"), Labels(("new",)))
        shutil.copytree(trained.path, runs / "zulu")
        shutil.rmtree(runs / "run-59")
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        screen.refresh_list()
        await until(pilot, lambda: "zulu" in names(table))
        await pilot.pause()
        assert "run-59" not in names(table)
        assert (table.chosen, table.scroll_y) == ("run-30", scroll)
        again = table.get_row("run-31")
        age = 1 + list(COLUMNS).index("age")
        kept = [a is b for a, b in zip(row, again, strict=True)]
        assert all(kept[:age] + kept[age + 1 :]), "cells that did not change are not written again"


async def test_tags_and_a_note_are_written_and_refused_where_they_do_not_hold(runs: Path) -> None:
    async with CvaeApp(runs).run_test(size=LARGE) as pilot:
        table = await opened(pilot)
        await pilot.press("s", "s", "s", "s", "s", "s", "s", "s", "s", "s", "s")
        name = str(table.chosen)
        await pilot.press("t")
        await answer(pilot, "good =bad")
        assert "'=bad' cannot be a tag" in text_of(pilot, "#message")
        await answer(pilot, "lab good")
        await until(pilot, lambda: cell(table, name, "tags") == "good lab")
        await pilot.press("w")
        await answer(pilot, "[red]keep\x1b[31m")
        await until(pilot, lambda: cell(table, name, "note") == "[red]keep\\x1b[31m")
        assert read_labels(RunDirectory(runs / name)).tags == ("good", "lab")


async def test_a_run_is_renamed_unless_it_trains(runs: Path) -> None:
    app = CvaeApp(runs)
    async with app.run_test(size=SMALL) as pilot:
        table = await opened(pilot)
        app.viewed = RunDirectory(runs / str(table.chosen))
        await pilot.press("space", "up", "n")
        await answer(pilot, "beta" if table.chosen == "alpha" else "alpha")
        assert "already; choose another name" in text_of(pilot, "#message")
        await answer(pilot, "delta")
        await until(pilot, lambda: "delta" in names(table))
        assert app.viewed == RunDirectory(runs / "delta")
        assert list(app.chosen) == [(0, app.viewed)]
        with owning(RunDirectory(runs / str(table.chosen))):
            await pilot.press("n")
            await answer(pilot, "epsilon")
            assert "is being written" in text_of(pilot, "#message")
            await pilot.press("escape")


async def test_a_deletion_is_undone_and_the_trash_emptied(runs: Path) -> None:
    app = CvaeApp(runs)
    async with app.run_test(size=SMALL) as pilot:
        table = await opened(pilot)
        name = str(table.chosen)
        await pilot.press("space", "up", "d", "y")
        await until(pilot, lambda: table.row_count == 2)
        assert "1 in the trash (x)" in text_of(pilot, "#where")
        assert len(app.chosen) == 0
        await pilot.press("u")
        await until(pilot, lambda: name in names(table))
        await pilot.press("d", "y")
        await until(pilot, lambda: table.row_count == 2)
        await pilot.press("x")
        await until(pilot, lambda: app.screen.query(OptionList))
        await pilot.press("x")
        await until(pilot, lambda: not discarded(runs))


async def test_a_fork_fills_setup_with_the_settings_and_the_weights(runs: Path) -> None:
    app = CvaeApp(runs)
    async with app.run_test(size=SMALL) as pilot:
        table = await opened(pilot)
        directory = RunDirectory(runs / str(table.chosen))
        await pilot.press("f")
        await until(pilot, lambda: app.screen.query(OptionList))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        screen = app.screen
        assert isinstance(screen, SetupScreen)
        await until(pilot, lambda: screen.settings().training.start_from)
        await pilot.pause(0.3)
        settings = screen.settings()
        assert settings.training.start_from == str(directory.checkpoint("best"))
        assert settings.model == directory.config().model
        assert settings.training.epochs == directory.config().training.epochs


async def test_what_is_marked_keeps_its_place_and_at_most_eight_are(
    trained: RunDirectory, runs: Path
) -> None:
    for number in range(7):
        shutil.copytree(trained.path, runs / f"run-{number}")
    app = CvaeApp(runs)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, 10)
        await pilot.press(*["space"] * 8)
        places = dict(app.chosen)
        assert len(places) == 8
        await pilot.press("space")
        assert len(app.chosen) == 8
        app.chosen.toggle(places[2])
        assert dict(app.chosen) == {place: run for place, run in places.items() if place != 2}


def test_runs_without_a_value_come_last_however_it_is_sorted(runs: Path) -> None:
    from core.catalogue.listing import RunSummary

    def run(name: str, bleu4: float | None) -> RunSummary:
        return RunSummary(name, "finished", 1.0, 1, None, {"bleu4": bleu4})

    three = [run("a", 0.5), run("b", None), run("c", 0.9)]
    assert [r.name for r in sorted_runs(three, "BLEU-4", False)] == ["c", "a", "b"]
    assert [r.name for r in sorted_runs(three, "BLEU-4", True)] == ["a", "c", "b"]


@pytest.mark.parametrize("room", range(60, 260, 7))
def test_the_columns_fill_the_room_and_no_more(room: int) -> None:
    found = widths(room, 2)
    used = sum(width + 2 for width in found.values())
    assert used <= max(room, sum(c.width + 2 for c in list(COLUMNS.values())[:6]))
    assert "note" not in found or used == room
