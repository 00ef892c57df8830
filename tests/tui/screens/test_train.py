import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input, Log, OptionList, SelectionList, Static

from core.config.schema import Config
from core.exports.palette import COLOURS, MARKERS
from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import JournalFollower, JournalWriter
from core.training import events
from tui.app.app import CvaeApp
from tui.charts.board import Board
from tui.charts.chart import Chart
from tui.charts.series_cache import Line
from tui.screens.train.adjust_dialog import AdjustDialog
from tui.screens.train.alarm_list import AlarmList
from tui.screens.train.kl_strip import KlStrip, bars

Until = Callable[..., Awaitable[None]]

Tiny = Callable[..., Config]


def text_of(app: CvaeApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).render())


def journal(run: RunDirectory) -> list[events.Event]:
    return JournalFollower(run.journal_file).read_new()


def drawn(chart: Chart) -> str:
    return "\n".join(chart.render_line(y).text for y in range(chart.size.height))


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)], ids=str)
async def test_everything_has_room(trained: RunDirectory, size: tuple[int, int]) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=size) as pilot:
        app.view(trained)
        await pilot.press("left")
        await pilot.pause()
        charts = app.screen.query_one(Board).charts
        assert len(charts) == 6
        for chart in charts:
            assert chart.size.width >= 20 and chart.size.height >= 5
            assert app.screen.region.contains_region(chart.region)
        status = text_of(app, "#status").splitlines()
        assert len(status) == 2 and all(len(line) <= size[0] - 2 for line in status)
        assert "ln N = 2.1 (N = 8 paradigms)" in status[1]
        assert text_of(app, "KlStrip").endswith("over 0.01")
        assert "step 120, epoch 40.00" in text_of(app, ".reading")


async def test_cursor_and_zoom_are_the_same_on_all_charts(trained: RunDirectory) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(120, 36)) as pilot:
        app.view(trained)
        await pilot.press("left", "left", "plus")
        await pilot.pause()
        board = app.screen.query_one(Board)
        assert board.window.cursor is not None and board.window.cursor < 120
        assert {chart.window for chart in board.charts} == {board.window}
        assert all("▾" in drawn(chart) for chart in board.charts)
        await pilot.press("shift+left")
        assert board.window.held
        assert "held, End follows" in text_of(app, ".reading")
        await pilot.press("end")
        assert not board.window.held
        assert not app.screen.query_one(".reading").display


async def test_a_chart_is_enlarged_and_shows_another_number(trained: RunDirectory) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(120, 36)) as pilot:
        app.view(trained)
        await pilot.press("enter")
        await pilot.pause()
        (alone,) = [chart for chart in app.screen.query_one(Board).charts if chart.display]
        assert alone.size.width > 100
        await pilot.press("v")
        await pilot.pause()
        options = app.screen.query_one(OptionList)
        names = [options.get_option_at_index(at).id for at in range(options.option_count)]
        assert {"gradient_norm", "words_per_second", "distinct"} <= set(names)
        await pilot.press(*["down"] * names.index("gradient_norm"), "enter")
        await pilot.pause()
        assert str(alone.border_title).startswith("Gradient norm ")
        await pilot.press("escape")
        await pilot.pause()
        assert all(chart.display for chart in app.screen.query_one(Board).charts)


async def test_another_run_is_drawn_with_a_line_of_its_own(
    trained: RunDirectory, copied: RunDirectory, until: Until
) -> None:
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=(120, 36)) as pilot:
        app.view(trained)
        await pilot.pause()
        await pilot.press("o")
        await pilot.pause()
        assert app.screen.query_one(SelectionList).option_count == 1
        await pilot.press("space", "enter")
        await until(pilot, lambda: any(found.display for found in app.screen.query("#legend")))
        legend = text_of(app, "#legend")
        assert "trained" in legend and "copied" in legend
        samples = legend.replace("trained", "").replace("copied", "").split()
        assert len(set(samples)) >= 2


async def test_a_run_chosen_here_has_the_same_colour_and_marker_on_compare(
    trained: RunDirectory, copied: RunDirectory, until: Until
) -> None:
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=(120, 36)) as pilot:
        app.view(trained)
        await pilot.press("o", "space", "enter")
        chart = app.screen.query_one("#ce", Chart)
        await until(pilot, lambda: len(chart._lines) > 1)
        assert [(place, run.name) for place, run in app.chosen] == [(0, "trained"), (1, "copied")]
        assert [line.place for line in chart._lines] == [0, 1]
        before = drawn(chart)
        assert MARKERS[0] in before and MARKERS[1] in before
        colours = {chart._style_of(f"run-{place}").color for place in (0, 1)}
        assert {colour.name for colour in colours if colour} == set(COLOURS[:2])
        await pilot.press("7")
        await until(pilot, lambda: getattr(app.screen, "_compared", ()))
        groups = app.screen._compared  # type: ignore[attr-defined]
        assert [(one.place, one.name) for one in groups] == [(0, "trained"), (1, "copied")]
        app.chosen.toggle(copied)
        await pilot.press("1")
        await until(pilot, lambda: len(chart._lines) == 1)
        assert chart._lines[0].place == 0 and not app.screen.query_one("#legend").display


async def test_a_run_chosen_elsewhere_is_followed_once_the_screen_is_back(
    trained: RunDirectory, copied: RunDirectory, until: Until
) -> None:
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view(trained)
        await pilot.press("6")
        await pilot.pause()
        app.chosen.toggle(copied)
        app.show_end()
        await pilot.press("1")
        chart = app.screen.query_one("#ce", Chart)
        await until(pilot, lambda: len(chart._lines) == 2)
        assert [line.place for line in chart._lines] == [None, 0]


async def test_every_series_is_offered_dimensions_last_and_the_choice_is_remembered(
    trained: RunDirectory,
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view(trained)
        await pilot.press("v")
        await pilot.pause()
        options = app.screen.query_one(OptionList)
        found = [options.get_option_at_index(at) for at in range(options.option_count)]
        names = [one.id for one in found]
        history = History()
        history.add(journal(trained))
        assert set(names) >= history.series.keys() and "loss" in names
        assert names[-1] == "kl_of_dimension_04" and str(found[-1].prompt).startswith("KL of dim")
        options.highlighted = names.index("loss")
        await pilot.press("enter")
        await pilot.pause()
        assert str(app.screen.query_one("#ce", Chart).border_title).startswith("Loss nats ")
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view(trained)
        await pilot.pause()
        assert app.screen.query_one(Board).metrics[:2] == ["loss", "kl"]


async def test_a_title_is_shortened_before_its_value(trained: RunDirectory) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view(trained)
        await pilot.pause()
        title = str(app.screen.query_one("#teacher_forcing_ratio", Chart).border_title)
        assert title.startswith("Teacher forcing") and title.endswith("… 1")


async def test_the_owner_of_a_run_is_not_looked_up_for_each_key(
    trained: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view(trained)
        await pilot.pause()
        asked: list[str] = []
        monkeypatch.setattr(
            "tui.hosting.host.living_owner",
            lambda _: asked.append(threading.current_thread().name),
        )
        for _ in range(10):
            app.screen.refresh_bindings()
            await pilot.pause(0.1)
        assert asked and threading.main_thread().name not in asked


async def test_only_cells_that_changed_are_drawn_again(
    trained: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = CvaeApp(trained.path.parent)
    told = journal(trained)
    async with app.run_test(size=(120, 36)) as pilot:
        app.view(trained)
        await pilot.pause()
        chart, history = app.screen.query_one("#ce", Chart), History()
        history.add(told[:-60])
        chart.show([Line(history.series["ce"], main=True)])
        await pilot.pause()
        sent: list[object] = []
        monkeypatch.setattr(chart, "refresh", lambda *regions, **_: sent.append(regions))
        chart.show([Line(history.series["ce"], main=True)])
        assert sent == []
        before = len(history.series["ce"])
        history.add(event for event in told[-60:] if isinstance(event, events.Progress))
        assert len(history.series["ce"]) > before
        chart.show([Line(history.series["ce"], main=True)])
        cells = sum(region.area for regions in sent for region in regions)  # type: ignore[attr-defined]
        assert 0 < cells < chart.size.area


async def test_a_number_is_set_by_hand_and_given_back(
    tmp_path: Path, tiny: Tiny, until: Until
) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.start_training(tiny("training.epochs=100000"), "mine", "default")
        await until(pilot, lambda: "training" in text_of(app, "#status"))
        await pilot.press("a")
        await pilot.pause()
        assert isinstance(app.screen, AdjustDialog)
        app.screen.query_one("#beta", Input).value = "2000"
        await pilot.press("enter")
        assert "a number from 0 to 1000, or schedule" in text_of(app, "#problem")
        app.screen.query_one("#beta", Input).value = "0.625"
        await pilot.press("enter")
        await until(pilot, lambda: "beta set by hand at 0.625" in text_of(app, "#status"))
        await until(pilot, lambda: "E" in drawn(app.screen.query_one("#beta", Chart)))
        await pilot.press("a")
        await pilot.pause()
        assert app.screen.query_one("#beta", Input).value == "0.625"
        app.screen.query_one("#beta", Input).value = "schedule"
        await pilot.press("enter")
        await until(pilot, lambda: "by hand" not in text_of(app, "#status"))
        await pilot.press("s")
        await until(pilot, lambda: app.training is None)
    told = journal(RunDirectory(tmp_path / "mine"))
    edits = [event.value for event in told if isinstance(event, events.Edited)]
    assert edits == [0.625, None]


ALARM = events.Alarm(
    step=100,
    epoch=33.3,
    time=0,
    elapsed=1,
    kind="collapse",
    message="the latent has [red]collapsed: KL is 0.02 nats",
    advice="Lower objective.beta_max.",
    begins=True,
)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)], ids=str)
async def test_an_alarm_takes_the_line_of_the_course_and_is_read_in_full(
    copied: RunDirectory, size: tuple[int, int]
) -> None:
    before = ALARM, msgspec.structs.replace(ALARM, begins=False, epoch=35.0)
    again = msgspec.structs.replace(ALARM, epoch=38.0)
    plateau = msgspec.structs.replace(ALARM, step=110, kind="plateau", message="it stands still")
    with JournalWriter(copied.journal_file) as file:
        for alarm in (*before, again, plateau):
            file.write(alarm)
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=size) as pilot:
        app.view(copied)
        await pilot.pause()
        first, second = text_of(app, "#status").splitlines()
        assert first.startswith("copied · ")
        assert second.startswith("! 2 alarms (w) It stands still. Lower objective.beta_max.")
        chart = app.screen.query_one("#ce", Chart)
        assert "!" in drawn(chart).splitlines()[0]
        assert app._notifications.__len__() == 0, "what is over is no news"
        await pilot.press("w")
        await pilot.pause()
        assert isinstance(app.screen, AlarmList)
        standing = text_of(app, "#active")
        assert "! collapse, since epoch 38.0\nThe latent has [red]collapsed" in standing
        assert "collapse, epoch 33.3 to 35.0: the latent has" in text_of(app, "#past")
        assert app.screen.region.contains_region(app.screen.query_one("VerticalScroll").region)
        await pilot.press("w")
        assert not isinstance(app.screen, AlarmList)


async def test_an_alarm_of_a_training_elsewhere_is_said_when_it_begins(
    copied: RunDirectory, until: Until
) -> None:
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view(copied)
        await pilot.pause()
        assert not app.screen.check_action("alarms", ())
        with JournalWriter(copied.journal_file) as file:
            file.write(msgspec.structs.replace(ALARM, time=time.time()))
        await until(pilot, lambda: len(app._notifications))
        (notice,) = app._notifications
        assert (notice.title, notice.severity) == ("Alarm: collapse", "warning")
        assert notice.message.startswith("The latent has [red]collapsed: KL is 0.02 nats. Lower")


async def test_an_alarm_of_the_app_s_own_training_is_said_on_every_screen(
    tmp_path: Path, tiny: Tiny, until: Until
) -> None:
    never = ("training.epochs=100000", "objective.annealing.beta_max=2", "prior.start=0.0001")
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.start_training(tiny(*never), "mine", "default")
        await until(pilot, lambda: app.viewed)
        await pilot.press("6")
        await until(pilot, lambda: [one for one in app._notifications if "Alarm" in one.title])
        alarms = [one for one in app._notifications if "Alarm" in one.title]
        assert {one.severity for one in alarms} == {"warning"}
        assert app.current_mode == "runs"
        assert app.training
        app.training.control.stop()
        await pilot.press("1")
        await until(pilot, lambda: app.training is None)
        await until(pilot, lambda: "stopped" in text_of(app, "#status"))
        (stopped,) = (one for one in app._notifications if one.title == "Stopped")
        assert stopped.message.split()[0] == "mine"


async def test_another_run_grows_on_the_charts(
    trained: RunDirectory, copied: RunDirectory, until: Until
) -> None:
    told = journal(copied)
    copied.journal_file.write_bytes(b"".join(events.to_line(event) for event in told[:-40]))
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=(120, 36)) as pilot:
        app.view(trained)
        await pilot.press("o", "space", "enter")
        chart = app.screen.query_one("#ce", Chart)
        await until(pilot, lambda: len(chart._lines) > 1)
        before = len(chart._lines[1].series)
        with copied.journal_file.open("ab") as file:
            file.write(b"".join(events.to_line(event) for event in told[-40:]))
        await until(pilot, lambda: len(chart._lines[1].series) > before)


async def test_the_log_of_the_libraries_is_one_key_away(copied: RunDirectory, until: Until) -> None:
    copied.log_file.write_text("a warning [red]of a library\x1b[31m\n")
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view(copied)
        await pilot.press("g")
        log = app.screen.query_one(Log)
        await until(pilot, lambda: "a warning [red]of a library\\x1b[31m" in list(log.lines))
        await pilot.press("g")
        assert not log.display


async def test_a_long_journal_is_seen_at_once_and_then_whole(
    copied: RunDirectory, until: Until
) -> None:
    reports = [event for event in journal(copied) if isinstance(event, events.Progress)]
    count = 20_000
    with copied.journal_file.open("wb") as file:
        file.write(events.to_line(journal_start(count)))
        for step in range(1, count + 1):
            file.write(line_at(reports[step % len(reports)], step))
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=(120, 36)) as pilot:
        app.view(copied)
        await until(pilot, lambda: "reading the rest" in text_of(app, "#status"))
        screen = app.screen
        await until(pilot, lambda: "reading" not in text_of(app, "#status"))
        assert len(screen._history.series["ce"]) == count  # type: ignore[attr-defined]


def journal_start(steps: int) -> events.Event:
    return events.Started(
        step=0,
        epoch=0,
        time=0,
        elapsed=0,
        resumed=False,
        steps=steps,
        steps_per_epoch=10,
        words=36,
        paradigms=8,
        duplicates=0,
    )


def line_at(event: events.Progress, step: int) -> bytes:
    moved = msgspec.structs.replace(event, step=step, epoch=step / 10, elapsed=step / 100)
    return events.to_line(moved)


def test_a_bar_shows_idle_and_broken_dimensions() -> None:
    assert bars([0.0, 1.0, 2.0, None], 10) == "·▅█!"
    assert bars([0.0] * 8 + [1.0] * 8, 8) == "····████"
    assert bars([], 8) == ""


async def test_the_strip_fits_whatever_the_number_of_dimensions(trained: RunDirectory) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view(trained)
        await pilot.pause()
        strip = app.screen.query_one(KlStrip)
        for latent in (1, 32, 512):
            strip.show([1.0] * latent)
            await pilot.pause()
            text = str(strip.render())
            assert len(text) <= 78 and f"{latent} of {latent}" in text
