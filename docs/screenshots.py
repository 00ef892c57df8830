"""Draws the pictures of the docs from the real app on the demonstration run.

python docs/screenshots.py
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from core.runs.directory import RunDirectory
from tui.app import CvaeApp

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


PICTURES: tuple[Callable[[Pilot[None]], Awaitable[None]], ...] = (
    train,
    setup,
    convert,
    generate,
    latent,
    runs,
)


async def main() -> None:
    """Write every picture."""
    # The pictures show the path of the runs as it is written here.
    os.chdir(HERE.parent)
    app = CvaeApp(RUNS)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.view(RunDirectory(RUNS / "demo"))
        for picture in PICTURES:
            await picture(pilot)
            await app.workers.wait_for_complete()
            await pilot.pause(0.5)
            name = picture.__name__
            svg = app.export_screenshot(title=f"cvae-tui: {name}")
            # The picture must not load a font from elsewhere.
            svg = re.sub(r"@font-face\s*{[^}]*}", "", svg)
            (HERE / "pictures").mkdir(exist_ok=True)
            (HERE / "pictures" / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as nobody:
        # The pictures show neither the presets nor the theme of whoever draws them.
        os.environ |= {"XDG_CONFIG_HOME": nobody, "XDG_STATE_HOME": nobody}
        asyncio.run(main())
