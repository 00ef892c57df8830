"""A run of a million reports is drawn whole, in at most three times the aim of 2 s.

Measured in processor time, which the load of a shared machine changes little.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.runs.directory import RunDirectory
from core.training import events

REPORTS = 1_000_000
SPIKE_AT, SPIKE = 637_123, 99.0

DRAWN = """
import asyncio, re, sys, time
from pathlib import Path
from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp

async def draw(directory):
    app = CvaeApp(directory.path.parent)
    async with app.run_test(size=(160, 48)) as pilot:
        start = time.process_time()
        app.view(directory)
        while "reading" in str(app.screen.query_one("#status").render()):
            await asyncio.sleep(0.01)
        await pilot.pause()
        took = time.process_time() - start
        chart = app.screen.query_one("#ce")
        top = max(chart.render_line(y).text.split("┤")[0] for y in range(3))
        # Unlike that of getrusage, this highest memory is not that of who started the process.
        memory = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
        print(took, 1024 * int(memory[1]), top)
        assert "torch" not in sys.modules

asyncio.run(draw(RunDirectory(Path(sys.argv[1]))))
"""


def report(step: int) -> events.Progress:
    value = (step * 2_654_435_761 % 2**32) / 2**32
    return events.Progress(
        step=step,
        epoch=step / 42,
        time=1.7e9 + step * 0.7123,
        elapsed=step * 0.71234567,
        ce=SPIKE if step == SPIKE_AT else 20 + value,
        ce_per_character=3 + value / 8,
        kl=8 * value,
        beta=value,
        teacher_forcing_ratio=1 - value / 3,
        learning_rate=value / 1000,
        gradient_norm=3 * value,
        words_per_second=20_000 + 1000 * value,
        eta=1e5 * value,
    )


@pytest.mark.slow
def test_a_million_reports_are_drawn_in_2_seconds_and_300_megabytes(
    copied: RunDirectory, tmp_path: Path
) -> None:
    first = copied.journal_file.read_bytes().splitlines(keepends=True)[0]
    with copied.journal_file.open("wb") as journal:
        journal.write(first)
        journal.writelines(events.to_line(report(step)) for step in range(1, REPORTS + 1))
    took, memory = [], []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", DRAWN, copied.path], check=True, capture_output=True, text=True
        )
        seconds, size, top = map(float, done.stdout.split())
        took.append(seconds)
        memory.append(size)
        assert top >= SPIKE, "the spike is lost"
    shutil.rmtree(copied.path)
    assert max(memory) < 300e6
    assert min(took) < 3 * 2
