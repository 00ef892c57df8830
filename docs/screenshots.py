"""Draws the pictures of the docs from the real app on the demonstration run, and writes the page of
each screen from its own help and bindings. Setup has a page written by hand.

python docs/screenshots.py
"""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot

from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp
from tui.charts.board import Board
from tui.charts.chart import Chart
from tui.screens.base import SCREENS

HERE = Path(__file__).resolve().parent
RUNS = Path("runs")
SIZE = (120, 36)


async def train(pilot: Pilot[None]) -> None:
    """The curves of the demonstration run."""
    await pilot.press("1")


async def setup(pilot: Pilot[None]) -> None:
    """The settings of the next run."""
    await pilot.press("2")


async def convert(pilot: Pilot[None]) -> None:
    """A word in four tenses."""
    await pilot.press("3")
    await pilot.pause()
    await pilot.press(*"carry")


async def generate(pilot: Pilot[None]) -> None:
    """A hundred draws."""
    await pilot.press("f4")


async def latent(pilot: Pilot[None]) -> None:
    """The map of the latent space, and ways through it."""
    await pilot.press("5")


async def runs(pilot: Pilot[None]) -> None:
    """The list of runs."""
    await pilot.press("6")


async def compare(pilot: Pilot[None]) -> None:
    """Two runs beside one another."""
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
    Chart: "On a chart that has the focus",
    Board: "On all charts",
}


def keys(place: type[DOMNode], app: CvaeApp) -> list[str]:
    """A table of the bindings that a place of ours brings along."""
    rows = ["| key | |", "|---|---|"]
    for binding in vars(place).get("BINDINGS", ()):
        names = [
            app.get_key_display(one) for one in Binding.make_bindings([binding]) if one.description
        ]
        rows.append(
            f"| {', '.join(f'`{name}`' for name in dict.fromkeys(names))} | {binding.description} |"
        )
    return rows


def page(room: str, app: CvaeApp) -> str:
    """What the help of a screen says, with its picture and its keys."""
    screen = app.MODES[room]
    places = [screen, *(ABOUT if room == "train" else ())]
    lines = [f"# {SCREENS[room]}", "", f"![The {SCREENS[room]} screen](../pictures/{room}.svg)", ""]
    lines += [screen.HELP.strip(), ""]
    for place in places:
        if vars(place).get("BINDINGS"):
            lines += [f"{ABOUT[place]}:", ""] if place in ABOUT else []
            lines += [*keys(place, app), ""]
    return "\n".join(lines)


async def main() -> None:
    """Write every picture and every page."""
    # The pictures show the path of the runs as it is written here.
    os.chdir(HERE.parent)
    app = CvaeApp(RUNS)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.view(RunDirectory(RUNS / "demo"))
        for picture in PICTURES:
            name = picture.__name__
            if name == "compare":
                # A run is compared with a copy of itself that was stopped half way.
                other = half_of(RunDirectory(RUNS / "demo"))
            await picture(pilot)
            await app.workers.wait_for_complete()
            await pilot.pause(0.5)
            svg = app.export_screenshot(title=f"cvae-tui: {name}")
            # The picture must not load a font from elsewhere.
            svg = re.sub(r"@font-face\s*{[^}]*}", "", svg)
            (HERE / "pictures").mkdir(exist_ok=True)
            (HERE / "pictures" / f"{name}.svg").write_text(svg, encoding="utf-8")
            if name != "setup":
                (HERE / "screens" / f"{name}.md").write_text(page(name, app), encoding="utf-8")
        shutil.rmtree(other.path)


def half_of(directory: RunDirectory) -> RunDirectory:
    """A run beside another with the first half of its journal."""
    half = RunDirectory(directory.path.with_name("half"))
    shutil.copytree(directory.path, half.path)
    lines = half.journal_file.read_text(encoding="utf-8").splitlines(keepends=True)
    half.journal_file.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    return half


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as nobody:
        # The pictures show neither the presets nor the theme of whoever draws them.
        os.environ |= {"XDG_CONFIG_HOME": nobody, "XDG_STATE_HOME": nobody}
        asyncio.run(main())
