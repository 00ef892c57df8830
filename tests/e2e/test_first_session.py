"""What a person does on the first day, with the real program in a real terminal."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal import Terminal

from core.catalogue.listing import list_runs

OpenTerminal = Callable[..., Terminal]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 48)])
def test_train_watch_stop_convert_and_leave(
    open_terminal: OpenTerminal, tmp_path: Path, columns: int, rows: int
) -> None:
    terminal = open_terminal(columns=columns, rows=rows)
    terminal.wait_for("Nothing is trained yet")
    terminal.press("t")
    first = terminal.wait_for(r"CE nats/word ([\d.]+)")
    terminal.wait_for(r"words/s")

    def another_value() -> str:
        return rf"CE nats/word (?!{re.escape(first[1])} )[\d.]+"

    terminal.wait_for(another_value())
    assert re.search("[⠁-⣿]", terminal.text), "no line on the charts"
    terminal.press("s")
    terminal.wait_for("· stopped")

    terminal.press("3")
    terminal.wait_for("Model verbs-default-1")
    terminal.press("access")
    terminal.wait_for("present-progressive +[a-z]+")
    terminal.press("\x1b[14~")
    terminal.wait_for("Gaussian score [01]")
    terminal.press("6")
    terminal.wait_for("verbs-default-1 +. stopped")
    terminal.press("q")
    assert terminal.wait_for_exit() == 0
    terminal.assert_clean()
    (run,) = list_runs(tmp_path / "runs")
    assert run.state == "stopped"
    assert run.step > 0


def test_leaving_while_training_asks_and_writes_a_checkpoint(
    open_terminal: OpenTerminal, tmp_path: Path
) -> None:
    terminal = open_terminal("train", "--name", "mine")
    terminal.wait_for(r"CE nats/word ([\d.]+)")
    terminal.press("q")
    terminal.wait_for("Stop and leave")
    terminal.press("n")
    terminal.wait_for("words/s")
    terminal.press("q")
    terminal.wait_for("Stop and leave")
    terminal.press("y")
    assert terminal.wait_for_exit() == 0
    terminal.assert_clean()
    assert (tmp_path / "runs" / "mine" / "checkpoints" / "last.safetensors").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_with_a_checkpoint_and_a_clean_terminal(
    open_terminal: OpenTerminal, tmp_path: Path, number: signal.Signals
) -> None:
    terminal = open_terminal("train", "--name", "mine")
    terminal.wait_for(r"CE nats/word ([\d.]+)")
    terminal.kill(number)
    assert terminal.wait_for_exit() == 128 + number
    terminal.assert_clean()
    (run,) = list_runs(tmp_path / "runs")
    assert run.state == "stopped"


def test_ctrl_c_ends_a_headless_training_with_a_checkpoint(
    open_terminal: OpenTerminal, tmp_path: Path
) -> None:
    terminal = open_terminal("train", "--headless", "--name", "mine")
    terminal.wait_for(r"CE [\d.]+")
    terminal.press("\x03")
    assert terminal.wait_for_exit() == 130
    terminal.assert_clean()
    (run,) = list_runs(tmp_path / "runs")
    assert run.state == "stopped"
    assert (tmp_path / "runs" / "mine" / "checkpoints" / "last.safetensors").exists()


def test_the_app_follows_a_resize(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    terminal.wait_for("Nothing is trained yet")
    terminal.resize(120, 36)
    terminal.press("6")
    terminal.wait_for("No run yet in")
    terminal.press("q")
    assert terminal.wait_for_exit() == 0
    terminal.assert_clean()
