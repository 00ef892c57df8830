"""Cost of the app for a training: its speed in the app over its speed headless.

The trainings run in turns, each in a process of its own. The app draws on a pseudo-terminal of
160x48 whose output is read at once, as over a fast link.
"""

import fcntl
import os
import signal
import struct
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
from core.runs.journal import JournalFollower
from core.training import events
from tui.hosting.program import PROGRAM

PAIRS = 5
EPOCHS = 40
COLUMNS, ROWS = 160, 48
LONGEST_SECONDS = 300.0


def live_over_headless(hardware: Hardware, pairs: int = PAIRS) -> Iterator[float]:
    """Yield the ratio of words per second for each pair of trainings, live over headless.

    Raises CvaeError when a training does not finish.
    """
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
    command += [] if live else ["--headless"]
    command += ["--name", name]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
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
        return _words_per_second(RunDirectory(runs / name), process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _drain(master: int) -> None:
    """Read the output of the app until the app ends."""
    try:
        while os.read(master, 65536):
            pass
    except OSError:
        pass
    finally:
        os.close(master)


def _words_per_second(directory: RunDirectory, process: subprocess.Popen[bytes]) -> float:
    follower = JournalFollower(directory.journal_file)
    deadline = time.monotonic() + LONGEST_SECONDS
    progress: list[events.Progress] = []
    words = 0.0
    while time.monotonic() < deadline:
        gone = process.poll() is not None
        for event in follower.read_new():
            if isinstance(event, events.Started):
                words = event.words
            elif isinstance(event, events.Progress):
                progress.append(event)
            elif isinstance(event, events.Evaluated) and progress:
                first, last = progress[0], progress[-1]
                return (last.epoch - first.epoch) * words / (last.elapsed - first.elapsed)
        if gone:
            break
        time.sleep(0.2)
    raise CvaeError(f"{directory.name} of the benchmark did not finish; run `bench` again")
