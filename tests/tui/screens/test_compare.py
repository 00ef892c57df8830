import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, SelectionList, Static, TabbedContent

from core.experiments.membership import Membership
from core.runs.directory import RunDirectory
from core.runs.journal import JournalFollower
from core.training.events import Evaluated, Progress
from tui.app.app import CvaeApp
from tui.charts.chart import Chart
from tui.screens.base import SCREENS
from tui.screens.compare.screen import CompareScreen
from tui.state.selection import MARKERS, MOST
from tui.text.sparkline import sparkline
from tui.widgets.keyed_table import KeyedTable

SIZES = [(80, 24), (200, 60)]
KEY = str(list(SCREENS).index("compare") + 1)


@pytest.fixture
def runs(trained: RunDirectory, tmp_path: Path) -> Path:
    """Eight copies of the finished run with other latent sizes and ever shorter journals."""
    lines = trained.journal_file.read_bytes().splitlines(keepends=True)
    for number in range(MOST):
        run = RunDirectory(shutil.copytree(trained.path, tmp_path / f"run-{number}"))
        config = run.config_file.read_text()
        run.config_file.write_text(config.replace("latent_size = 4", f"latent_size = {4 + number}"))
        run.journal_file.write_bytes(b"".join(lines[: len(lines) - 8 * number]))
    return tmp_path


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = 240) -> None:
    for _ in range(int(seconds / 0.05)):
        await pilot.pause(0.05)
        if condition():
            return
    raise AssertionError("it did not come to hold")


async def compared(pilot: Pilot[None], runs: Path, count: int) -> CompareScreen:
    """The screen with the first runs on it."""
    app = pilot.app
    assert isinstance(app, CvaeApp)
    for number in range(count):
        app.chosen.toggle(RunDirectory(runs / f"run-{number}"))
    await pilot.press(KEY)
    await until(pilot, lambda: isinstance(app.screen, CompareScreen))
    screen = app.screen
    assert isinstance(screen, CompareScreen)
    await until(pilot, lambda: len(screen._compared) == count)
    await pilot.pause()
    return screen


def picture(chart: Chart) -> str:
    return "\n".join(chart.render_line(y).text for y in range(chart.size.height))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [2, 8])
async def test_runs_are_drawn_on_one_another_each_with_its_marker(
    runs: Path, size: tuple[int, int], count: int
) -> None:
    async with CvaeApp(runs).run_test(size=size) as pilot:
        screen = await compared(pilot, runs, count)
        charts = [chart for chart in screen.query(Chart) if chart.display]
        assert len(charts) == (4 if size == SIZES[0] else 6)
        ce = picture(charts[0])
        assert all((marker in ce) is (MARKERS.index(marker) < count) for marker in MARKERS)
        legend = str(screen.query_one("#legend", Static).render())
        assert [legend.count(f"{MARKERS[n]}\N{NO-BREAK SPACE}run-{n}") for n in range(count)] == [
            1
        ] * count
        bottom = max(chart.region.bottom for chart in charts)
        assert bottom < size[1], "nothing is cut off"


async def test_the_scores_stand_side_by_side_with_their_intervals(runs: Path) -> None:
    async with CvaeApp(runs).run_test(size=SIZES[1]) as pilot:
        screen = await compared(pilot, runs, 3)
        table = screen.query_one("#score-table", KeyedTable)
        assert table.row_count == 3
        told = JournalFollower(runs / "run-0/journal.jsonl").read_new()
        best = [event for event in told if isinstance(event, Evaluated) and event.best][-1]
        low, high = best.scores.gaussian.ci95
        assert str(table.get_cell("run-0", "95 % interval")) == f"{low:.4f} - {high:.4f}"
        assert str(table.get_cell("run-0", "joint")) == f"{best.joint:.4f}"


async def test_only_settings_that_differ_are_listed(runs: Path) -> None:
    async with CvaeApp(runs).run_test(size=SIZES[0]) as pilot:
        screen = await compared(pilot, runs, 2)
        table = screen.query_one("#setting-table", KeyedTable)
        assert [str(cell) for cell in table.get_row("model.latent_size")] == [
            "model.latent_size",
            "4",
            "5",
        ]
        assert table.row_count == 1


async def test_the_keys_change_view_and_axis_and_enlarge_a_chart(runs: Path) -> None:
    async with CvaeApp(runs).run_test(size=SIZES[0]) as pilot:
        screen = await compared(pilot, runs, 2)
        chart = screen.query(Chart).first()
        assert "epoch 40" in picture(chart)
        await pilot.press("x")
        assert "step 120" in picture(chart)
        await pilot.press("z")
        await until(pilot, lambda: chart.size.height > 15)
        await pilot.press("z", "n")
        await until(pilot, lambda: screen.query_one("#score-table").has_focus)
        assert screen.query_one(TabbedContent).active == "scores"
        await pilot.press("n", "n")
        assert screen.query_one(TabbedContent).active == "curves"


async def test_runs_are_picked_here_too(runs: Path) -> None:
    app = CvaeApp(runs)
    async with app.run_test(size=SIZES[0]) as pilot:
        await pilot.press(KEY)
        await pilot.pause()
        assert app.screen.query_one("#empty").display
        await pilot.press("p")
        await until(pilot, lambda: app.screen.query(SelectionList))
        await pilot.press("space", "down", "space", "enter")
        await until(pilot, lambda: not app.screen.query_one("#empty").display)
        assert [run.name for _, run in app.chosen] == ["run-0", "run-1"]


async def test_a_run_that_grows_is_drawn_on(runs: Path) -> None:
    whole = (runs / "run-0/journal.jsonl").read_bytes()
    async with CvaeApp(runs).run_test(size=SIZES[0]) as pilot:
        screen = await compared(pilot, runs, 8)
        assert screen._compared[7].states == ["crashed"]
        grown = runs / "run-7/journal.jsonl"
        with grown.open("ab") as file:
            file.write(whole[grown.stat().st_size :])
        await until(pilot, lambda: screen._compared[7].states == ["finished"])


def test_a_sparkline_keeps_to_its_width_and_its_bounds() -> None:
    assert sparkline([0, 1], 8) == "▁█"
    assert sparkline([0.5] * 100, 4, (0.0, 1.0)) == "▅▅▅▅"
    assert sparkline(range(80), 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([3, 3], 5) == "▁▁"
    assert sparkline([-5, 9], 5, (0.0, 1.0)) == "▁█"
    assert sparkline([], 5) == ""


@pytest.fixture
def experiment(runs: Path) -> Path:
    """Two variants with three seeds each, the third of which has lost its second half; two more
    runs beside them."""
    for number in range(6):
        run = RunDirectory(runs / f"run-{number}")
        variant, seed = ("cyclical", "monotonic")[number % 2], number // 2
        told = Membership("annealing", variant, seed)
        run.experiment_file.write_bytes(msgspec.json.encode(told))
        text = run.journal_file.read_text()
        run.journal_file.write_text(text.replace('"ce":1', f'"ce":{number + 1}'))
    return runs


async def whole(pilot: Pilot[None]) -> CompareScreen:
    """The screen with the experiment on it."""
    await pilot.press(KEY)
    await pilot.pause()
    await pilot.press("e")
    await until(pilot, lambda: pilot.app.screen.query(OptionList))
    await pilot.press("enter")
    await until(pilot, lambda: getattr(pilot.app.screen, "_compared", ()))
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    await pilot.pause()
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_an_experiment_is_compared_as_bands_over_its_seeds(
    experiment: Path, size: tuple[int, int]
) -> None:
    async with CvaeApp(experiment).run_test(size=size) as pilot:
        screen = await whole(pilot)
        assert [group.name for group in screen._compared] == ["cyclical", "monotonic"]
        line = screen._compared[0].line("ce")
        assert line
        told = [
            {event.epoch: event.ce for event in events_of(experiment / f"run-{number}")}
            for number in (0, 2, 4)
        ]
        shared = sorted(set(told[0]).intersection(*told[1:]))
        assert 0 < len(shared) < len(told[0])
        assert list(line.series.epochs) == shared
        assert list(line.series.values) == [
            statistics.median(one[x] for one in told) for x in shared
        ]
        assert list(line.low) == [min(one[x] for one in told) for x in shared]
        assert list(line.high) == [max(one[x] for one in told) for x in shared]
        legend = str(screen.query_one("#legend", Static).render())
        assert "\N{NO-BREAK SPACE}cyclical\N{NO-BREAK SPACE}✓\N{NO-BREAK SPACE}1" in legend
        charts = [chart for chart in screen.query(Chart) if chart.display]
        assert max(chart.region.bottom for chart in charts) < size[1]
        await pilot.press("x", "x")
        assert "time 0:" in picture(charts[0])


def events_of(path: Path) -> list[Progress]:
    told = JournalFollower(RunDirectory(path).journal_file).read_new()
    return [event for event in told if isinstance(event, Progress)]


async def test_the_table_of_an_experiment_has_medians_with_ranges(experiment: Path) -> None:
    async with CvaeApp(experiment).run_test(size=SIZES[0]) as pilot:
        screen = await whole(pilot)
        await pilot.press("n")
        table = screen.query_one("#score-table", KeyedTable)
        assert table.row_count == 2
        bests = []
        for number in (1, 3, 5):
            told = JournalFollower(experiment / f"run-{number}/journal.jsonl").read_new()
            bests.append([e for e in told if isinstance(e, Evaluated) and e.best][-1])
        joints = [best.joint for best in bests]
        middle, low, high = statistics.median(joints), min(joints), max(joints)
        cell = str(table.get_cell("monotonic", "joint"))
        assert cell == f"{middle:.3f} {low:.3f}-{high:.3f}"
        assert str(table.get_cell("monotonic", "finished")).endswith(" of 3")


async def test_marked_trials_of_one_experiment_are_grouped_and_others_are_not(
    experiment: Path,
) -> None:
    app = CvaeApp(experiment)
    async with app.run_test(size=SIZES[0]) as pilot:
        for number in (1, 0, 2):
            app.chosen.toggle(RunDirectory(experiment / f"run-{number}"))
        await pilot.press(KEY)
        await until(pilot, lambda: getattr(app.screen, "_compared", ()))
        screen = app.screen
        assert isinstance(screen, CompareScreen)
        assert [(one.place, one.name) for one in screen._compared] == [
            (0, "monotonic"),
            (1, "cyclical"),
        ]
        app.chosen.toggle(RunDirectory(experiment / "run-7"))
        screen._begin()
        await until(pilot, lambda: len(screen._compared) == 4)
        assert [one.name for one in screen._compared] == ["run-1", "run-0", "run-2", "run-7"]


async def test_from_an_experiment_one_comes_back_to_the_marked_runs(experiment: Path) -> None:
    app = CvaeApp(experiment)
    async with app.run_test(size=SIZES[0]) as pilot:
        app.chosen.toggle(RunDirectory(experiment / "run-6"))
        screen = await whole(pilot)
        await until(pilot, lambda: len(screen._compared) == 2)
        await pilot.press("e")
        await until(pilot, lambda: app.screen.query(OptionList))
        await pilot.press("down", "enter")
        await until(pilot, lambda: [one.name for one in screen._compared] == ["run-6"])


async def test_without_an_experiment_the_screen_says_how_to_run_one(runs: Path) -> None:
    app = CvaeApp(runs)
    async with app.run_test(size=SIZES[0]) as pilot:
        await pilot.press(KEY)
        await pilot.pause()
        await pilot.press("e")
        await until(pilot, lambda: app._notifications)
        (told,) = app._notifications
        assert "`cvae-tui experiment` runs one" in told.message


async def test_the_charts_of_compare_have_the_gestures_of_train(runs: Path) -> None:
    async with CvaeApp(runs).run_test(size=SIZES[1]) as pilot:
        screen = await compared(pilot, runs, 3)
        charts = list(screen.query(Chart))
        await pilot.press(*["left"] * 30, "plus")
        await pilot.pause()
        assert len({chart.window for chart in charts}) == 1
        assert charts[0].window.cursor is not None and charts[0].window.span is not None
        reading = str(screen.query_one(".reading", Static).render())
        assert all(f"{marker} ~" in reading for marker in MARKERS[:3])
        await pilot.press("m", "m", "m", "l")
        assert charts[0].logarithmic and "~" not in charts[0].reading()


async def test_a_metric_chosen_here_is_drawn_for_all_runs_and_remembered(runs: Path) -> None:
    app = CvaeApp(runs)
    async with app.run_test(size=SIZES[0]) as pilot:
        screen = await compared(pilot, runs, 2)
        await pilot.press("v")
        await until(pilot, lambda: app.screen.query(OptionList))
        options = app.screen.query_one(OptionList)
        names = [options.get_option_at_index(at).id for at in range(options.option_count)]
        options.highlighted = names.index("loss")
        await pilot.press("enter")
        await until(pilot, lambda: screen.query(Chart).first().border_title == "Loss nats")
        assert len(screen.query(Chart).first()._lines) == 2
    async with CvaeApp(runs).run_test(size=SIZES[0]) as pilot:
        screen = await compared(pilot, runs, 2)
        assert screen.query(Chart).first().name_of_metric == "loss"
