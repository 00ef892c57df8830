"""Draw the pictures of the docs and write the page of each screen.

    python docs/screenshots.py [FOLDER]

The real app runs on a copy of the demonstration run. A page has the help and the bindings of its
screen; the page of Setup is written by hand. FOLDER is docs/ unless another is given.
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest import mock

from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import Input

from core.runs.directory import RunDirectory
from core.runs.journal import read_whole
from tui.app.app import CvaeApp
from tui.charts.board import Board
from tui.charts.gestures import Gestures
from tui.screens.base import SCREENS, AppScreen
from tui.widgets.metric_board import MetricBoard

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "runs" / "demo"
SIZE = (120, 36)
HALF_A_DAY = 43_200


async def train(pilot: Pilot[None]) -> None:
    """Show the curves of the demonstration run."""
    await pilot.press("1")


async def setup(pilot: Pilot[None]) -> None:
    """Show the settings of the next run."""
    await pilot.press("2")


async def convert(pilot: Pilot[None]) -> None:
    """Show a word in four tenses."""
    await pilot.press("3")
    await pilot.pause()
    await pilot.press(*"carry")


async def generate(pilot: Pilot[None]) -> None:
    """Show 100 samples."""
    await pilot.press("f4")


async def latent(pilot: Pilot[None]) -> None:
    """Show the map of the latent space."""
    await pilot.press("5")


async def runs(pilot: Pilot[None]) -> None:
    """Show the list of runs."""
    await pilot.press("6")


async def compare(pilot: Pilot[None]) -> None:
    """Show two runs beside one another."""
    await pilot.press("6")
    await pilot.pause(0.5)
    await pilot.press("space", "down", "space", "c")


PICTURES: tuple[Callable[[Pilot[None]], Awaitable[None]], ...] = (
    train,
    setup,
    convert,
    generate,
    latent,
    runs,
    compare,
)


ABOUT: dict[type[DOMNode], str] = {
    Gestures: "On a chart that has the focus",
    Board: "On a board of charts",
    MetricBoard: "On the charts of Train and Compare",
}


def keys(place: type[DOMNode], app: CvaeApp) -> list[str]:
    """Return a table of the bindings that a screen or a widget of ours defines."""
    rows = ["| key | |", "|---|---|"]
    for binding in vars(place).get("BINDINGS", ()):
        names = [
            app.get_key_display(one) for one in Binding.make_bindings([binding]) if one.description
        ]
        rows.append(
            f"| {', '.join(f'`{name}`' for name in dict.fromkeys(names))} | {binding.description} |"
        )
    return rows


def page(screen: AppScreen, app: CvaeApp) -> str:
    """Return the page of a screen: its picture, its help and its keys."""
    title = SCREENS[screen.MODE]
    lines = [f"# {title}", "", f"![The {title} screen](../pictures/{screen.MODE}.svg)", ""]
    lines += [screen.HELP.strip(), ""]
    for place in (type(screen), *(ABOUT if screen.MODE == "train" else ())):
        if vars(place).get("BINDINGS"):
            lines += [f"{ABOUT[place]}:", ""] if place in ABOUT else []
            lines += [*keys(place, app), ""]
    return "\n".join(lines)


async def draw(folder: Path) -> None:
    """Write every picture and every page of the screens to a folder, from the runs in runs/."""
    for name in ("pictures", "screens"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    app = CvaeApp(Path("runs"))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.view(RunDirectory(Path("runs") / "demo"))
        for picture in PICTURES:
            name = picture.__name__
            if name == "compare":
                half_of(RunDirectory(Path("runs") / "demo"))
            await picture(pilot)
            for field in app.screen.query(Input):
                field.cursor_blink = False
            # The picture must not load a font from elsewhere.
            svg = re.sub(r"@font-face\s*{[^}]*}", "", await settled(pilot, name))
            (folder / "pictures" / f"{name}.svg").write_text(svg, encoding="utf-8")
            if name != "setup":
                text = page(app.screen, app)  # type: ignore[arg-type]
                (folder / "screens" / f"{name}.md").write_text(text, encoding="utf-8")


async def settled(pilot: Pilot[None], name: str) -> str:
    """Return the picture of a screen once it has stopped changing."""
    before, now = "", " "
    while before != now:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.7)
        before, now = now, pilot.app.export_screenshot(title=f"cvae-tui: {name}")
    return now


def half_of(directory: RunDirectory) -> None:
    """Copy a run to one beside it, with the first half of its journal."""
    half = RunDirectory(directory.path.with_name("half"))
    shutil.copytree(directory.path, half.path)
    lines = half.journal_file.read_text(encoding="utf-8").splitlines(keepends=True)
    half.journal_file.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")


def main(folder: Path) -> None:
    """Draw half a day after the demonstration run, with nobody's presets and theme."""
    now = read_whole(RunDirectory(DEMO).journal_file)[-1].time + HALF_A_DAY
    folder = folder.resolve()
    with (
        tempfile.TemporaryDirectory() as empty,
        mock.patch("tui.text.run_table.time", mock.Mock(wraps=time, time=lambda: now)),
    ):
        shutil.copytree(DEMO, Path(empty) / "runs" / "demo")
        os.environ |= {"XDG_CONFIG_HOME": empty, "XDG_STATE_HOME": empty}
        os.chdir(empty)
        asyncio.run(draw(folder))
        os.chdir(folder)


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else HERE)
