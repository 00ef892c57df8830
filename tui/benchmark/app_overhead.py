"""Cost of the app for a training: its speed in the app over its speed headless.

The trainings run in turns, each in a process of its own. The app draws on a pseudo-terminal of
160x48 whose output is read at once, as over a fast link.
"""

import contextlib
import os
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from core.compute.hardware import Hardware
from core.compute.search_path import child_environment
from core.errors import CvaeError
from core.runs.directory import RunDirectory
from core.runs.followed import FollowedRun
from tui.hosting.program import PROGRAM

EPOCHS = 40
COLUMNS, ROWS = 160, 48
LONGEST_SECONDS = 300.0


def live_over_headless(hardware: Hardware, pairs: int) -> Iterator[float]:
    """Yield the ratio of each pair. Raises CvaeError when a training does not finish."""
    with tempfile.TemporaryDirectory() as runs:
        for pair in range(pairs):
            headless = _speed(Path(runs), f"headless-{pair}", hardware, live=False)
            yield _speed(Path(runs), f"live-{pair}", hardware, live=True) / headless


def _speed(runs: Path, name: str, hardware: Hardware, *, live: bool) -> float:
    """Return words per second of a short training of `default`, without start and evaluations."""
    settings = {
        "training.epochs": EPOCHS,
        "evaluation.every_epochs": EPOCHS,
        "checkpoints.every_epochs": EPOCHS,
        "hardware.device": hardware.device,
        "hardware.threads": hardware.threads,
        "hardware.precision": hardware.precision,
    }
    command = [*PROGRAM, "--runs-dir", str(runs), "train"]
    command += ["--name", name, *(() if live else ("--headless",))]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (ROWS, COLUMNS))
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={**child_environment(), "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    os.close(slave)
    threading.Thread(target=_drain, args=(master,), daemon=True).start()
    try:
        return _words_per_second(FollowedRun(RunDirectory(runs / name)), process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _drain(master: int) -> None:
    """Read the output of the app until the app ends."""
    with contextlib.suppress(OSError), open(master, "rb", buffering=0) as output:
        while output.read(65536):
            pass


def _words_per_second(run: FollowedRun, process: subprocess.Popen[bytes]) -> float:
    """Return the speed from the first report of progress to the last before the evaluation."""
    deadline = time.monotonic() + LONGEST_SECONDS
    gone = False
    while not gone and time.monotonic() < deadline:
        gone = process.poll() is not None
        run.update()
        reports, started = run.history.find("ce"), run.history.started
        if run.history.evaluations and reports and started:
            epochs, seconds = (column[-1] - column[0] for column in (reports.epochs, reports.times))
            return epochs * started.words / seconds
        time.sleep(0.2)
    raise CvaeError(f"{run.name} of the benchmark did not finish; run `bench` again")
