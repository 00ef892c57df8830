"""Every key does what the help says: each is pressed in a real app, and something specific follows.

`PLACES` names all keys of each place of ours; a test fails when a binding is not in it.
"""

import importlib
import inspect
import operator
import pkgutil
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.command import CommandList
from textual.content import Content
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import DataTable, Input, Log, Select, Static, TabbedContent

import tui
from core.catalogue.trash import Discarded, discard
from core.config.schema import Config
from core.runs.directory import RunDirectory
from core.runs.journal import JournalFollower
from core.training import events
from core.training.schedules import SCHEDULED
from tui.app.app import CvaeApp
from tui.app.help import HelpScreen
from tui.app.palette import Palette
from tui.app.quit_dialog import QuitDialog
from tui.charts.board import Board
from tui.charts.chart import Chart
from tui.charts.gestures import Gestures
from tui.screens.base import SCREENS, AppScreen
from tui.screens.compare.screen import CompareScreen
from tui.screens.convert.screen import ConvertScreen
from tui.screens.generate.screen import GenerateScreen
from tui.screens.latent.latent_plot import LatentPlot
from tui.screens.latent.screen import LatentScreen
from tui.screens.runs.prompt_dialog import PromptDialog
from tui.screens.runs.screen import RunsScreen
from tui.screens.runs.trash_list import EMPTY, TrashList
from tui.screens.setup.command_dialog import CommandDialog
from tui.screens.setup.field_editor import FieldInput
from tui.screens.setup.field_list import FieldList
from tui.screens.setup.preset_dialog import PresetDialog
from tui.screens.setup.screen import SetupScreen
from tui.screens.train.adjust_dialog import AdjustDialog
from tui.screens.train.alarm_list import AlarmList
from tui.screens.train.screen import TrainScreen
from tui.widgets.choice_dialog import ChooseOne, ChooseSome
from tui.widgets.confirm_dialog import ButtonDialog, ConfirmDialog
from tui.widgets.dialog import Dialog
from tui.widgets.keyed_table import KeyedTable
from tui.widgets.metric_board import MetricBoard
from tui.widgets.save_dialog import SaveDialog
from tui.widgets.text_dialog import TextDialog

Until = Callable[..., Awaitable[None]]
Tiny = Callable[..., Config]
Look = Callable[[CvaeApp], object]
Before = Callable[[Pilot[None]], Awaitable[None]]


@dataclass(frozen=True)
class Press:
    """A key, what is looked at, and how that must differ after it."""

    key: str
    look: Look
    holds: Callable[[object, object], bool] = operator.ne
    """Of what was seen before the key and what is seen after it."""
    before: Before | None = None
    after: Sequence[str] = ()
    """Keys that lead back."""


def gives(expected: object) -> Callable[[object, object], bool]:
    """What is seen must become this, and have been something else."""
    return lambda before, after: after == expected != before


def opens(key: str, kind: type[ModalScreen[object]], *back: str) -> Press:
    """A key that opens a dialog, and keys that close it."""
    return Press(key, lambda app: type(app.screen), gives(kind), after=back or ("escape",))


def focusing(selector: str) -> Before:
    async def focus(pilot: Pilot[None]) -> None:
        pilot.app.screen.query_one(selector).focus()
        await pilot.pause()

    return focus


def pressing(*keys: str) -> Before:
    async def press(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await pilot.pause()

    return press


def text(selector: str, app: CvaeApp) -> str:
    return str(app.screen.query_one(selector, Static).render())


def typed(selector: str, app: CvaeApp) -> str:
    return app.screen.query_one(selector, Input).value


def focus(app: CvaeApp) -> str | None:
    return app.screen.focused.id if app.screen.focused else None


def room(app: CvaeApp) -> str:
    return app.current_mode


def told(kind: type[events.Event], app: CvaeApp) -> int:
    assert app.viewed
    found = JournalFollower(app.viewed.journal_file).read_new()
    return sum(isinstance(event, kind) for event in found)


def has(part: str) -> Callable[[object, object], bool]:
    """The text must have come to hold this."""
    return lambda before, after: part in str(after) and part not in str(before)


def chart(app: CvaeApp) -> Chart:
    return app.screen.query_one("#ce", Chart)


def extent(app: CvaeApp) -> tuple[float, float]:
    return chart(app).window.limits(chart(app).last)


def width(before: object, after: object, grows: bool) -> bool:
    (start, end), (first, last) = before, after  # type: ignore[misc]
    return bool((last - first > end - start) if grows else (last - first < end - start))


def higher(before: object, after: object) -> bool:
    return bool(after > before)  # type: ignore[operator]


def lower(before: object, after: object) -> bool:
    return bool(after < before)  # type: ignore[operator]


def cursor(app: CvaeApp) -> int:
    return app.screen.query_one(LatentPlot).cursor


def values(app: CvaeApp) -> tuple[float, float]:
    shown = chart(app)._view
    assert shown
    return shown.low, shown.high


def latent_screen(app: CvaeApp) -> LatentScreen:
    assert isinstance(app.screen, LatentScreen)
    return app.screen


def names(app: CvaeApp) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in app.runs_dir.iterdir() if path.name[0] != "."))


def setup_list(app: CvaeApp) -> FieldList:
    return app.screen.query_one(FieldList)


def known(app: CvaeApp) -> str:
    field = setup_list(app).field
    return field.key if field else ""


def draft(key: str, app: CvaeApp) -> str:
    from core.config.fields import field

    return setup_list(app)._draft.text(field(key))


def on_field(key: str) -> Before:
    async def go(pilot: Pilot[None]) -> None:
        there = pilot.app.screen.query_one(FieldList)
        there.highlighted = there.get_option_index(key)
        there.focus()
        await pilot.pause()

    return go


async def stop_training(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, CvaeApp)
    while app.training:
        app.training.control.stop()
        await pilot.pause(0.05)


async def row_of_alpha(pilot: Pilot[None]) -> None:
    table = pilot.app.screen.query_one(KeyedTable)
    for _ in range(100):
        if "alpha" in [row.value for row in table.rows]:
            break
        await pilot.pause(0.1)
    table.move_cursor(row=table.get_row_index("alpha"))
    table.focus()
    await pilot.pause()


async def back_to_runs(pilot: Pilot[None]) -> None:
    await pilot.press("f6")
    await row_of_alpha(pilot)


def draws(number: int) -> Before:
    async def ask(pilot: Pilot[None]) -> None:
        pilot.app.screen.query_one("#draws", Input).value = str(number)
        pilot.app.screen.query_one("#draw").focus()
        await pilot.pause()

    return ask


async def drawing(pilot: Pilot[None]) -> None:
    await draws(100_000)(pilot)
    await pilot.press("d")


async def put_in_trash(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, CvaeApp)
    discard(RunDirectory(pilot.app.runs_dir / "gamma"))


TRAIN = [
    Press("space", partial(text, "#status"), has("· training")),
    Press("c", partial(told, events.Saved), operator.lt),
    Press("e", partial(told, events.Evaluated), operator.lt),
    opens("a", AdjustDialog),
    opens("o", ChooseSome),
    opens("w", AlarmList),
    Press("g", lambda app: app.screen.query_one(Log).display, gives(True), after=["g"]),
    Press("s", partial(text, "#status"), has("· stopped")),
    Press("t", names),
]
CHART = [
    Press("left", lambda app: chart(app).window.cursor, lambda one, two: one is None != two),
    Press("right", lambda app: chart(app).window.cursor, higher, pressing("left", "left")),
    Press("plus", extent, partial(width, grows=False)),
    Press("minus", extent, partial(width, grows=True), pressing("plus", "plus")),
    Press("equals_sign", extent, partial(width, grows=False)),
    Press("shift+left", extent, lower),
    Press("shift+right", extent, higher, pressing("less_than_sign")),
    Press("less_than_sign", extent, lower),
    Press("greater_than_sign", extent, higher, pressing("less_than_sign")),
    Press("home", lambda app: extent(app)[0], gives(0.0)),
    Press("end", lambda app: chart(app).window.held, gives(False)),
    Press("0", lambda app: chart(app).window.span, gives(None)),
    Press("shift+up", values, partial(width, grows=False)),
    Press("shift+down", values, partial(width, grows=True)),
    Press("up", values, higher),
    Press("down", values, lower),
    Press("l", lambda app: chart(app).logarithmic, gives(True)),
    Press("x", lambda app: chart(app).window.axis, gives("step")),
]
BOARD = [
    Press("m", lambda app: chart(app)._smoothing, gives(0.9)),
    Press("full_stop", focus, gives("kl"), focusing("#ce")),
    Press("escape", lambda app: chart(app).window.cursor, gives(None), pressing("left")),
    Press("enter", lambda app: app.screen.query_one(Board).has_class("-one"), gives(True)),
    Press("z", lambda app: app.screen.query_one(Board).has_class("-one"), gives(False)),
]
METRIC_BOARD = [opens("v", ChooseOne)]
SETUP = [
    Press("t", names, has("named"), lambda pilot: named(pilot, "named")),
    Press("ctrl+t", names, has("again"), lambda pilot: named(pilot, "again")),
    Press("slash", focus, gives("find"), lambda pilot: named(pilot, "idle"), after=["escape"]),
    Press("c", partial(text, "#count"), has("only these"), after=["c"]),
    Press("b", partial(draft, "training.epochs"), gives("300"), on_field("training.epochs")),
    Press("u", partial(draft, "training.epochs"), gives("100000")),
    Press("ctrl+r", partial(draft, "training.epochs"), gives("300")),
    opens("w", PresetDialog),
    opens("y", CommandDialog),
]
FIELD_LIST = [
    Press(
        "right",
        partial(draft, "optimizer.schedule.kind"),
        before=on_field("optimizer.schedule.kind"),
    ),
    Press("left", partial(draft, "optimizer.schedule.kind")),
    Press("space", partial(draft, "optimizer.schedule.kind")),
    Press("enter", focus, gives("value"), on_field("training.epochs")),
]
FIELD_INPUT = [
    Press("down", known, before=pressing("enter")),
    Press("up", known, gives("training.epochs")),
]
CONVERT = [
    Press("ctrl+o", lambda app: app.screen.query_one("#second").display, gives(True)),
    opens("ctrl+s", SaveDialog),
]
GENERATE = [
    Press("d", partial(text, "#message"), has("37 samples"), draws(37)),
    Press("r", partial(typed, "#seed"), gives("1")),
    Press("enter", partial(text, "#message"), has("53 samples"), draws(53)),
    Press("f", lambda app: app.screen.query_one("#show", Select).value, gives("hits")),
    opens("s", SaveDialog),
    Press("c", partial(text, "#message"), has("Cancelled"), drawing),
]
LATENT = [
    Press("i", focus, gives("between")),
    Press("w", focus, gives("walk")),
    Press("m", focus, gives("plot")),
    Press("slash", focus, gives("a"), after=["escape"]),
    Press("a", partial(typed, "#a"), before=lambda pilot: at_form(pilot, 9)),
    Press("b", partial(typed, "#b"), before=lambda pilot: at_form(pilot, 14)),
    Press("g", partial(text, "#legend"), has("-ing")),
    Press("greater_than_sign", partial(typed, "#steps"), gives("10"), pressing("i")),
    Press("less_than_sign", partial(typed, "#steps"), gives("9")),
    Press("right_square_bracket", lambda app: latent_screen(app)._rank, gives(1), pressing("w")),
    Press("left_square_bracket", lambda app: latent_screen(app)._rank, gives(0)),
]
LATENT_PLOT = [
    *(
        Press(key, cursor, before=lambda pilot, index=index: at_form(pilot, edge(pilot, index)))
        for index, key in enumerate(("right", "left", "down", "up"))
    ),
    Press("n", cursor, before=lambda pilot: at_form(pilot, crowded(pilot))),
    Press("plus", lambda app: app.screen.query_one(LatentPlot)._zoom, higher),
    Press("minus", lambda app: app.screen.query_one(LatentPlot)._zoom, lower),
]
RUNS = [
    Press("slash", focus, gives("filter"), after=["escape"]),
    Press("s", lambda app: runs_screen(app).order[0]),
    Press("S", lambda app: runs_screen(app).order[1], gives(True)),
    Press("space", lambda app: len(app.chosen), gives(1), row_of_alpha),
    Press("c", room, gives("compare"), after=["f6"]),
    opens("f", ChooseOne),
    opens("n", PromptDialog),
    opens("t", PromptDialog),
    opens("w", PromptDialog),
    Press("o", room, gives("train"), after=["f6"]),
    Press(
        "delete", lambda app: type(app.screen), gives(ConfirmDialog), row_of_alpha, after=["escape"]
    ),
    opens("d", ConfirmDialog),
    Press("u", names, has("gamma"), put_in_trash),
    Press("x", lambda app: type(app.screen), gives(TrashList), put_in_trash, after=["escape"]),
    Press("r", room, gives("train"), row_of_alpha),
]
COMPARE = [
    opens("p", ChooseSome),
    Press("e", lambda app: [one.message for one in app._notifications], has("no experiment")),
    Press("n", lambda app: app.screen.query_one(TabbedContent).active, gives("scores")),
]
ROOM = [Press("escape", focus, gives(None), focusing("#word"))]
APP = [
    *(Press(str(at), room, gives([*SCREENS][at - 1])) for at in (2, 4, 5, 6, 7, 1)),
    *(Press(f"f{at}", room, gives([*SCREENS][at - 1])) for at in (2, 3, 4, 5, 6, 7, 1)),
    Press("3", room, gives("convert"), after=["f1"]),
    opens("question_mark", HelpScreen),
    Press("f12", lambda app: len([*Path.cwd().glob("*.svg")]), gives(1)),
    opens("q", QuitDialog),
    opens("ctrl+q", QuitDialog),
    opens("ctrl+c", QuitDialog),
]
ELSEWHERE = {
    (CvaeApp, "ctrl+z"): "tests/e2e/test_lost_terminal.py::test_ctrl_z_and_back",
}
"""Keys that only a real terminal can show to act."""


def runs_screen(app: CvaeApp) -> RunsScreen:
    assert isinstance(app.screen, RunsScreen)
    return app.screen


async def named(pilot: Pilot[None], name: str) -> None:
    """Back on Setup, nothing trained, a name for the next run, the focus on the list."""
    await stop_training(pilot)
    await pilot.press("f2")
    await pilot.pause()
    pilot.app.screen.query_one("#name", Input).value = name
    pilot.app.screen.query_one(FieldList).focus()
    await pilot.pause()


async def at_form(pilot: Pilot[None], index: int) -> None:
    await pilot.press("m")
    pilot.app.screen.query_one(LatentPlot).cursor = index
    await pilot.pause()


def edge(pilot: Pilot[None], direction: int) -> int:
    """The point that lies furthest away from where a direction leads."""
    points = pilot.app.screen.query_one(LatentPlot)._points
    axis, sign = direction // 2, (1, -1)[direction % 2]
    if axis:
        sign = -sign
    return min(range(len(points)), key=lambda at: sign * points[at][axis])


def crowded(pilot: Pilot[None]) -> int:
    """A point that shares its cell with another."""
    cells = pilot.app.screen.query_one(LatentPlot)._cells()
    return next(at for at, cell in enumerate(cells) if cells.count(cell) > 1)


# How each place is reached


async def training(pilot: Pilot[None]) -> None:
    """A paused training with an alarm, in view."""
    await pilot.press("f2", "escape")
    await pilot.press("ctrl+t")
    app = pilot.app
    assert isinstance(app, CvaeApp)
    for _ in range(600):
        await pilot.pause(0.05)
        if app.viewed and told(events.Alarm, app):
            break
    assert app.training
    app.training.control.pause()
    while "· paused" not in text("#status", app):
        await pilot.pause(0.05)


async def on_chart(pilot: Pilot[None]) -> None:
    pilot.app.screen.query_one("#ce").focus()
    await pilot.pause()


async def setup_list_in_hand(pilot: Pilot[None]) -> None:
    await pilot.press("f2")
    await pilot.pause()


async def in_field(pilot: Pilot[None]) -> None:
    await pilot.press("f2")
    await on_field("training.epochs")(pilot)


async def a_word(pilot: Pilot[None]) -> None:
    await pilot.press("f3")
    await pilot.press(*"talk")
    await filled(pilot, "#forms")


async def drawn(pilot: Pilot[None]) -> None:
    await pilot.press("f4")
    await filled(pilot, "#table")


async def a_map(pilot: Pilot[None]) -> None:
    await pilot.press("f5")
    await filled(pilot, "#walk")


async def listed(pilot: Pilot[None]) -> None:
    await back_to_runs(pilot)


async def compared(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, CvaeApp)
    for name in ("alpha", "beta"):
        pilot.app.chosen.toggle(RunDirectory(pilot.app.runs_dir / name))
    await pilot.press("f7")
    for _ in range(100):
        await pilot.pause(0.05)
        if pilot.app.screen.query_one(TabbedContent).display:
            return


async def filled(pilot: Pilot[None], table: str) -> None:
    for _ in range(300):
        await pilot.pause(0.05)
        if pilot.app.screen.query_one(table, DataTable).row_count:
            return


PLACES: dict[type[DOMNode], tuple[Before, list[Press]]] = {
    CvaeApp: (training, APP),
    TrainScreen: (training, TRAIN),
    Gestures: (on_chart, CHART),
    Board: (on_chart, BOARD),
    MetricBoard: (on_chart, METRIC_BOARD),
    SetupScreen: (setup_list_in_hand, SETUP),
    FieldList: (setup_list_in_hand, FIELD_LIST),
    FieldInput: (in_field, FIELD_INPUT),
    ConvertScreen: (a_word, CONVERT),
    AppScreen: (a_word, ROOM),
    GenerateScreen: (drawn, GENERATE),
    LatentScreen: (a_map, LATENT),
    LatentPlot: (a_map, LATENT_PLOT),
    RunsScreen: (listed, RUNS),
    CompareScreen: (compared, COMPARE),
}


@pytest.fixture
def runs(trained: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three finished runs, in the current directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("alpha", "beta", "gamma"):
        shutil.copytree(trained.path, tmp_path / "runs" / name)
    return tmp_path / "runs"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
async def test_every_key_of_a_place_acts(
    place: type[DOMNode], runs: Path, tiny: Tiny, until: Until
) -> None:
    reach, presses = PLACES[place]
    app = CvaeApp(runs, view=RunDirectory(runs / "alpha"))
    app.proposed = tiny(
        "training.epochs=100000", "objective.annealing.beta_max=2", "prior.start=0.0001"
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await reach(pilot)
        for press in presses:
            if press.before:
                await press.before(pilot)
            seen = press.look(app)
            await pilot.press(press.key)
            try:
                await until(pilot, lambda: press.holds(seen, press.look(app)))  # noqa: B023
            except AssertionError as error:
                now = press.look(app)
                raise AssertionError(f"{press.key}: from {seen!r} to {now!r}") from error
            await pilot.press(*press.after)
        await stop_training(pilot)


CLOSING: dict[
    type[ModalScreen[object]], tuple[Callable[[], ModalScreen[object]], dict[str, object]]
]
CLOSING = {
    AdjustDialog: (lambda: AdjustDialog({}, SCHEDULED), {"escape": None}),
    Dialog: (Dialog, {"escape": None}),
    AlarmList: (lambda: AlarmList([]), {"w": None}),
    ChooseOne: (lambda: ChooseOne("?", [("a", "A"), ("b", "B")]), {"escape": None}),
    ChooseSome: (
        lambda: ChooseSome("?", [("a", "A"), ("b", "B")], ["b"], 2),
        {"escape": None, "enter": ["b"]},
    ),
    CommandDialog: (lambda: CommandDialog("cvae-tui"), {"escape": None, "enter": None, "q": None}),
    ConfirmDialog: (
        lambda: ConfirmDialog("?", yes="Yes"),
        {"escape": False, "n": False, "y": True},
    ),
    QuitDialog: (
        QuitDialog,
        {"k": "keep", "s": "stop", "y": "stop", "escape": "stay", "n": "stay"},
    ),
    PromptDialog: (lambda: PromptDialog("?", "", print), {"escape": None}),
    TextDialog: (
        lambda: TextDialog("?", {"all": Content("line\n" * 100)}, "Escape"),
        {"escape": None, "question_mark": None, "q": None},
    ),
    PresetDialog: (PresetDialog, {"escape": None}),
    SaveDialog: (lambda: SaveDialog("x.tsv", [], []), {"escape": None}),
    TrashList: (lambda: TrashList([Discarded(Path("0/gamma"))]), {"x": EMPTY}),
}
"""Dialogs, with the keys that close them and the answers that they give."""
SCROLLING = {
    "down": 1, "j": 2, "up": 1, "k": 0, "pagedown": 10, "space": 20, "pageup": 10
}  # fmt: skip
"""Where the keys of a page lead, one after the other."""


@pytest.mark.parametrize("dialog", CLOSING, ids=lambda dialog: dialog.__name__)
async def test_every_key_of_a_dialog_answers(
    dialog: type[ModalScreen[object]], tmp_path: Path, until: Until
) -> None:
    make, keys = CLOSING[dialog]
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        for key, expected in keys.items():
            answers: list[object] = []
            app.push_screen(make(), answers.append)
            await pilot.pause()
            assert isinstance(app.screen, dialog)
            await pilot.press(key)
            await until(pilot, lambda: answers)  # noqa: B023
            assert answers == [expected], key


@pytest.mark.parametrize("dialog", CLOSING, ids=lambda dialog: dialog.__name__)
async def test_a_dialog_that_is_closed_twice_closes_once(
    dialog: type[ModalScreen[object]], tmp_path: Path
) -> None:
    make, keys = CLOSING[dialog]
    key = next(iter(keys))
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        for twice in (lambda shown: shown.dismiss(None), lambda _: app.simulate_key(key)):
            answers: list[object] = []
            await app.push_screen(make(), answers.append)
            await pilot.pause()
            shown = app.screen
            twice(shown)
            twice(shown)
            await pilot.pause()
            assert len(answers) == 1
            assert app.screen_stack == [app.screen]
            assert isinstance(app.screen, TrainScreen)


@pytest.mark.parametrize("dialog", [PromptDialog, SaveDialog, AdjustDialog])
async def test_enter_twice_accepts_an_input_once(
    dialog: type[ModalScreen[object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.chdir(tmp_path)
    acted: list[str] = []
    make = CLOSING[dialog][0]
    app = CvaeApp(tmp_path / "runs")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(
            PromptDialog("?", "", acted.append) if dialog is PromptDialog else make()
        )
        await pilot.pause()
        field = app.screen.query(Input).first()
        for _ in range(3):
            field.post_message(Input.Submitted(field, field.value))
        await until(pilot, lambda: isinstance(app.screen, TrainScreen), 5)
        assert len(acted) == (dialog is PromptDialog)


async def test_enter_twice_in_the_palette_runs_a_command_once(
    tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(CvaeApp, "action_help", lambda app: ran.append(app.screen.id or ""))
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p", "pagedown", "pageup", *"help")
        palette = app.screen
        assert isinstance(palette, Palette)
        await until(pilot, lambda: palette.query_one(CommandList).option_count)
        field = palette.query_one(Input)
        for _ in range(3):
            field.post_message(Input.Submitted(field, field.value))
        await until(pilot, lambda: ran, 5)
        await pilot.pause(0.2)
        assert len(ran) == 1
        assert isinstance(app.screen, TrainScreen)


async def test_every_key_of_a_page_scrolls_it(tmp_path: Path, until: Until) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(CLOSING[TextDialog][0]())
        await pilot.pause()
        frame = app.screen.query_one("VerticalScroll")
        for key, line in SCROLLING.items():
            await pilot.press(key)
            await until(pilot, lambda: frame.scroll_y == line)  # noqa: B023


async def test_the_arrows_go_from_answer_to_answer(tmp_path: Path) -> None:
    app = CvaeApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(QuitDialog())
        await pilot.pause()
        for key, answer in (("right", "stop"), ("right", "keep"), ("left", "stop")):
            await pilot.press(key)
            assert focus(app) == answer


def bindings(place: type[DOMNode]) -> set[str]:
    """The keys that a place of ours brings along."""
    return {one.key for one in Binding.make_bindings(vars(place)["BINDINGS"])}


def places() -> dict[type[DOMNode], set[str]]:
    """Every place of ours that has keys, screens and dialogs and widgets."""
    found = {}
    for known in pkgutil.walk_packages(tui.__path__, "tui."):
        module = importlib.import_module(known.name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            ours = issubclass(kind, DOMNode) and kind.__module__ == known.name
            if ours and vars(kind).get("BINDINGS"):
                found[kind] = bindings(kind)
    return found


def test_every_binding_has_a_test() -> None:
    pressed: dict[type[DOMNode], set[str]] = {
        place: {press.key for press in presses} for place, (_, presses) in PLACES.items()
    }
    for dialog, (_, keys) in CLOSING.items():
        pressed[dialog] = set(keys)
    pressed[TextDialog] |= set(SCROLLING)
    pressed[ButtonDialog] = {"left", "right"}
    for (place, key), test in ELSEWHERE.items():
        file, _, name = test.partition("::")
        assert f"def {name}(" in (Path(__file__).parents[2] / file).read_text()
        pressed[place].add(key)
    there = places()
    assert there.keys() <= pressed.keys()
    for place, tested in pressed.items():
        inherited = set().union(*(there.get(kind, set()) for kind in place.__mro__[1:]))
        keys = there.get(place, set())
        assert keys <= tested <= keys | inherited, place
