"""The program in a working directory that holds modules named as ours."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession
from terminal import Terminal, wait_until
from test_serve import Served

from core.catalogue.listing import summarize
from core.runs.directory import RunDirectory
from core.runs.journal import read_whole
from core.runs.ownership import living_owner
from core.training import events
from tui.hosting.program import PROGRAM

TINY = ("--set", "model.hidden_size=16", "--set", "hardware.threads=1")
BENCH = """
from core.compute.hardware import Hardware
from tui.benchmark import app_overhead as live
live.EPOCHS = 6
print(*live.live_over_headless(Hardware("cpu", 1, "float32", 512), pairs=1))
"""
DESIGN = """\
seeds = [0]
[set]
data.corpus = "{corpus}"
model.hidden_size = 16
training.epochs = 2
[vary]
objective.beta_max = [1e-4, 0.1]
"""
LOST = """
import sys, tui.hosting.headless as headless
headless.PROGRAM = (sys.executable, "-c", "raise SystemExit('there is no room')")
from tui.cli.main import main
sys.argv[0] = "cvae-tui"
main()
"""

Call = Callable[..., "subprocess.CompletedProcess[str]"]
OpenTerminal = Callable[..., Terminal]


@pytest.fixture
def call(foreign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command in the foreign directory, its runs under tmp_path/runs."""
    monkeypatch.setenv("CVAE_TUI_RUNS_DIR", str(tmp_path / "runs"))

    def run(*arguments: object, program: tuple[str, ...] = PROGRAM) -> object:
        return subprocess.run(
            [*program, *map(str, arguments)], cwd=foreign, capture_output=True, text=True
        )

    return run  # type: ignore[return-value]


def kept(terminal: Terminal) -> int:
    """Leave the app and keep its training; return the exit code."""
    terminal.wait_for(r"CE nats/word ([\d.]+)")
    terminal.press("q")
    terminal.wait_for("keep it training in the background")
    terminal.press("k")
    return terminal.wait_for_exit()


def starts(run: RunDirectory) -> int:
    return sum(isinstance(event, events.Started) for event in read_whole(run.journal_file))


def test_a_detached_training_trains(call: Call, corpus_file: Path, tmp_path: Path) -> None:
    done = call("train", "--detach", "--corpus", corpus_file, "--epochs", 2, "--name", "far", *TINY)
    assert (done.returncode, done.stdout) == (0, "far\n"), done.stderr
    far = RunDirectory(tmp_path / "runs" / "far")
    assert living_owner(far) or summarize(far).state == "finished"
    wait_until(lambda: summarize(far).state == "finished")


def test_a_kept_training_trains(
    open_terminal: OpenTerminal, foreign: Path, tmp_path: Path, call: Call
) -> None:
    terminal = open_terminal("train", "--name", "mine", *TINY, cwd=foreign)
    assert kept(terminal) == 0, terminal.text
    mine = RunDirectory(tmp_path / "runs" / "mine")
    assert living_owner(mine)
    wait_until(
        lambda: sum(isinstance(e, events.Started) for e in read_whole(mine.journal_file)) == 2
    )
    assert call("stop", "mine").returncode == 0


def test_a_kept_training_that_does_not_begin_is_one_sentence(
    open_terminal: OpenTerminal,
) -> None:
    program = [sys.executable, "-c", LOST]
    terminal = open_terminal("train", "--name", "mine", *TINY, program=program, columns=200)
    assert kept(terminal) == 1
    terminal.assert_clean()
    sentence = "mine does not train: its process ended with exit code 1: there is no room. "
    assert sentence in terminal.text


def test_a_child_that_ends_without_training_is_a_failure(
    call: Call, corpus_file: Path, tmp_path: Path
) -> None:
    lost = LOST.replace("raise SystemExit('there is no room')", "raise SystemExit(0)")
    options = ("--corpus", corpus_file, "--epochs", 2, "--name", "gone", *TINY)
    done = call("train", "--detach", *options, program=(sys.executable, "-P", "-c", lost))
    assert done.returncode == 1 and not done.stdout
    assert "gone does not train: its process ended with exit code 0" in done.stderr


async def test_serve_serves(foreign: Path, copied: RunDirectory, tmp_path: Path) -> None:
    served = Served(copied.path.parent, tmp_path, cwd=foreign, XDG_STATE_HOME=str(tmp_path))
    try:
        async with (
            ClientSession() as session,
            session.ws_connect(f"{served.url}ws?width=80&height=24") as visit,
        ):
            shown = b""
            while b"CE nats/word" not in shown:
                message = await visit.receive(240)
                assert isinstance(message.data, bytes), message
                shown += message.data
    finally:
        served.end()


def test_a_watched_training_is_compared_with_one_that_is_not(call: Call) -> None:
    done = call(program=(sys.executable, "-P", "-c", BENCH))
    assert done.returncode == 0, done.stderr
    # Both do the same work; on a busy machine either may be held up.
    assert 0.1 < float(done.stdout) < 10


@pytest.mark.parametrize("mode", ["--sequential", pytest.param("--jobs=2", marks=pytest.mark.slow)])
def test_the_trials_of_an_experiment_train(
    call: Call, corpus_file: Path, tmp_path: Path, mode: str
) -> None:
    design = tmp_path / "weights.toml"
    design.write_text(DESIGN.format(corpus=corpus_file))
    done = call("experiment", design, mode)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" finished: BLEU-4 ") == 2
