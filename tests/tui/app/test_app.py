import shutil
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from textual.widgets import DataTable, Input, Static

from core.catalogue.listing import summarize
from core.config.schema import Config
from core.runs.directory import RunDirectory
from core.runs.ownership import Owner, living_owner, owning
from core.session import prepare, train
from core.training import events
from core.training.control import Control
from tui.app.app import CvaeApp
from tui.app.help import HelpScreen
from tui.app.quit_dialog import QuitDialog
from tui.charts.chart import Chart
from tui.screens.generate.screen import GenerateScreen
from tui.screens.train.screen import TrainScreen
from tui.widgets.model_picker import ModelPicker

Until = Callable[..., Awaitable[None]]

SIZE = (120, 36)
Tiny = Callable[..., Config]


def text_of(app: CvaeApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).render())


def test_the_app_is_there_before_torch() -> None:
    script = "import sys, tui.app.app; sys.exit('torch' in sys.modules or 'nltk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


async def test_every_screen_is_one_key_away(tmp_path: Path) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        for key, room in (("2", "setup"), ("6", "runs"), ("f4", "generate"), ("f1", "train")):
            await pilot.press(key)
            await pilot.pause()
            assert app.current_mode == room


async def test_digits_are_text_in_a_field_until_it_is_left(tmp_path: Path) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("3")
        await pilot.pause()
        await pilot.press("5")
        assert app.current_mode == "convert"
        assert app.screen.query_one("#word", Input).value == "5"
        await pilot.press("escape", "6")
        await pilot.pause()
        assert app.current_mode == "runs"


async def test_help_shows_and_hides_the_keys(tmp_path: Path) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("question_mark")
        await pilot.pause()
        assert not isinstance(app.screen, HelpScreen)


async def test_a_training_moves_the_charts_and_finishes(
    tmp_path: Path, tiny: Tiny, until: Until
) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        assert app.start_training(tiny(), "mine", "default")
        await until(pilot, lambda: "finished" in text_of(app, "#status"))
        assert app.training is None
        chart = app.screen.query_one("#ce", Chart)
        assert str(chart.border_title).startswith("CE nats/word ")
        assert any("\u2801" <= c <= "\u28ff" for y in range(8) for c in chart.render_line(y).text)
    assert summarize(RunDirectory(tmp_path / "mine")).state == "finished"


async def test_a_training_pauses_goes_on_and_stops_by_keys(
    tmp_path: Path, tiny: Tiny, until: Until
) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        app.start_training(tiny("training.epochs=100000"), "mine", "default")
        await until(pilot, lambda: "training" in text_of(app, "#status"))
        await pilot.press("space")
        await until(pilot, lambda: "paused" in text_of(app, "#status"))
        await pilot.press("space")
        await until(pilot, lambda: "training" in text_of(app, "#status"))
        assert not app.start_training(tiny(), "other", "default")
        await pilot.press("c", "e", "s")
        await until(pilot, lambda: "stopped" in text_of(app, "#status"))
    kinds = [type(event) for event in journal(tmp_path / "mine")]
    assert kinds.count(events.Paused) == kinds.count(events.Unpaused) == 1
    assert kinds[-2:] == [events.Saved, events.Stopped]


async def test_a_stopped_run_is_resumed_from_the_list(
    tmp_path: Path, tiny: Tiny, until: Until
) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        app.start_training(tiny("training.epochs=20"), "mine", "default")
        assert app.training
        app.training.control.pause()
        await until(pilot, lambda: "paused" in text_of(app, "#status"))
        await until(pilot, lambda: app.screen.check_action("stop", ()))
        await pilot.press("s")
        await until(pilot, lambda: "stopped" in text_of(app, "#status"))
        await pilot.press("6")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count == 1)
        await pilot.press("r")
        await until(pilot, lambda: app.current_mode == "train")
        await until(pilot, lambda: "finished" in text_of(app, "#status"))
    starts = [e for e in journal(tmp_path / "mine") if isinstance(e, events.Started)]
    assert [start.resumed for start in starts] == [False, True]


async def test_what_cannot_be_trained_is_said_in_one_sentence(
    tmp_path: Path, tiny: Tiny, until: Until
) -> None:
    app = CvaeApp(tmp_path)
    (tmp_path / "mine").mkdir()
    async with app.run_test(size=SIZE) as pilot:
        app.start_training(tiny(), "mine", "default")
        await until(pilot, lambda: app.training is None)
        (notice,) = app._notifications
        assert "there is a run 'mine'" in notice.message
        await pilot.pause(0.6)
        assert app.screen.query_one("#welcome").display


async def test_leaving_while_training_asks_first(tmp_path: Path, tiny: Tiny, until: Until) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        app.start_training(tiny("training.epochs=100000"), "mine", "default")
        await until(pilot, lambda: "training" in text_of(app, "#status"))
        await pilot.press("q")
        assert isinstance(app.screen, QuitDialog)
        await pilot.press("n")
        await pilot.pause()
        assert not isinstance(app.screen, QuitDialog)
        await pilot.press("q", "y")
        await until(pilot, lambda: not app.is_running)
    assert summarize(RunDirectory(tmp_path / "mine")).state == "stopped"


async def test_the_keys_steer_a_training_in_another_process(
    tmp_path: Path, tiny: Tiny, until: Until
) -> None:
    directory = prepare(tiny("training.epochs=100000"), tmp_path, "mine")
    training = threading.Thread(target=lambda: list(train(directory, Control())))
    training.start()
    app = CvaeApp(tmp_path, view=directory)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "#status"))
        assert app.training is None and app.steered is not None
        await pilot.press("space")
        await until(pilot, lambda: "paused" in text_of(app, "#status"))
        await pilot.press("space")
        await until(pilot, lambda: "training" in text_of(app, "#status"))
        await pilot.press("c", "e", "s")
        await until(pilot, lambda: "stopped" in text_of(app, "#status"))
        training.join()
        await until(pilot, lambda: app.steered is None, 5)
    kinds = [type(event) for event in journal(tmp_path / "mine")]
    assert kinds.count(events.Paused) == kinds.count(events.Unpaused) == 1
    assert kinds[-2:] == [events.Saved, events.Stopped]


async def test_the_last_word_counts_even_while_the_lock_is_held(copied: RunDirectory) -> None:
    app = CvaeApp(copied.path.parent, view=copied)
    with owning(copied):
        async with app.run_test(size=SIZE) as pilot:
            assert app.steered is not None
            app.steered.control.stop()
            app.view(copied)
            await pilot.pause()
            assert "finished" in text_of(app, "#status")


async def test_a_training_that_is_told_to_stop_says_so_until_it_has(
    copied: RunDirectory, until: Until
) -> None:
    lines = copied.journal_file.read_bytes().splitlines(keepends=True)
    copied.journal_file.write_bytes(b"".join(lines[:-1]))
    app = CvaeApp(copied.path.parent, view=copied)
    with owning(copied):
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: "· training" in text_of(app, "#status"))
            await pilot.press("s")
            await until(pilot, lambda: "· stopping" in text_of(app, "#status"))
            copied.journal_file.write_bytes(b"".join(lines))
            await until(pilot, lambda: "· finished" in text_of(app, "#status"))


async def test_a_run_owned_by_another_machine_is_only_watched(
    copied: RunDirectory, until: Until
) -> None:
    lines = copied.journal_file.read_bytes().splitlines(keepends=True)
    copied.journal_file.write_bytes(b"".join(lines[:-1]))
    copied.lock_file.write_bytes(msgspec.json.encode(Owner("far-[b]away", 4711, 0)))
    app = CvaeApp(copied.path.parent, view=copied)
    async with app.run_test(size=SIZE) as pilot:
        await until(
            pilot, lambda: "training on far-[b]away, read-only here" in text_of(app, "#status")
        )
        assert app.steered is None
        assert app.screen.check_action("stop", ()) is None


async def test_a_training_of_the_app_is_no_training_of_another_process(
    tmp_path: Path, tiny: Callable[..., Config], until: Until
) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        app.start_training(tiny("training.epochs=100000"), "mine", "default")
        await until(pilot, lambda: app.viewed and living_owner(app.viewed))
        app._poll()
        assert app._poller
        await app._poller.wait()
        assert app.training and app.steered is app.training
        app.training.control.stop()
        await until(pilot, lambda: app.training is None)
        assert app.steered is None


async def test_convert_shows_all_tenses_as_one_types(trained: RunDirectory, until: Until) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("3")
        await pilot.pause()
        await pilot.press(*"talk")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count == 4)
        assert [str(table.get_cell_at((row, 0))) for row in range(4)] == [
            "simple-present",
            "third-person",
            "present-progressive",
            "simple-past",
        ]
        await pilot.press("space", *"zzz")
        await until(pilot, lambda: "which is not in the alphabet" in text_of(app, "#message"))
        await pilot.press(*["backspace"] * 3, *"cut")
        await until(pilot, lambda: table.row_count == 2)


async def test_generate_marks_hits_and_shows_the_score(trained: RunDirectory, until: Until) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "Gaussian score" in text_of(app, "#message"))
        table = app.screen.query_one(DataTable)
        assert table.row_count == 100
        score = float(text_of(app, "#message").split()[2].rstrip(","))
        marks = sum(str(table.get_cell_at((row, 0))) == "✓" for row in range(100))
        assert score == pytest.approx(marks / 100)
        app.screen.query_one("#draws", Input).value = "0"
        screen = app.screen
        assert isinstance(screen, GenerateScreen)
        screen.action_draw()
        assert "takes a whole number" in text_of(app, "#message")
        await pilot.press("r")


async def test_a_run_is_opened_and_deleted_from_the_list(
    copied: RunDirectory, until: Until
) -> None:
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "train")
        assert "finished" in text_of(app, "#status")
        await pilot.press("6")
        await pilot.pause()
        await pilot.press("d", "escape")
        await pilot.pause()
        assert copied.path.exists()
        await pilot.press("d", "y")
        await until(pilot, lambda: not copied.path.exists())
        await pilot.press("1")
        await pilot.pause()
        assert app.screen.query_one("#welcome").display


async def test_names_and_words_are_never_markup(
    trained: RunDirectory, tmp_path: Path, until: Until
) -> None:
    evil = tmp_path / "[red]evil\x1b[31m"
    shutil.copytree(trained.path, evil)
    app = CvaeApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count == 1)
        assert str(table.get_cell_at((0, 1))) == "[red]evil\\x1b[31m"
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "train")
        assert "[red]evil\\x1b[31m" in text_of(app, "#status")
        await pilot.press("3")
        await until(pilot, lambda: app.screen.query_one(ModelPicker).picked)


async def test_an_unreadable_run_says_why(copied: RunDirectory) -> None:
    copied.config_file.write_text("training = 3")
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        app.view(copied)
        await pilot.pause()
        assert "must be a table" in text_of(app, "#status")
        assert isinstance(app.screen, TrainScreen)


def journal(run: Path) -> list[events.Event]:
    return list(events.from_lines((run / "journal.jsonl").read_bytes()))
