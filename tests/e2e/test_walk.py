"""A walk through every screen while a run trains, with the real program in a real terminal."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from terminal import Terminal

from core.catalogue.listing import summarize
from core.runs.directory import RunDirectory
from core.runs.journal import JournalFollower
from core.training import events

OpenTerminal = Callable[..., Terminal]
DEMO = Path(__file__).parents[2] / "runs" / "demo"
F4 = "\x1b[14~"
UP, RIGHT = "\x1b[A", "\x1b[C"
TENSES = ("simple-present", "third-person", "present-progressive", "simple-past")


def reports(run: RunDirectory) -> int:
    told = JournalFollower(run.journal_file).read_new()
    return sum(isinstance(event, events.Progress) for event in told)


def test_every_screen_is_of_use_while_a_run_trains(
    open_terminal: OpenTerminal, tmp_path: Path
) -> None:
    shutil.copytree(DEMO, tmp_path / "runs" / "demo")
    mine = RunDirectory(tmp_path / "runs" / "verbs-default-1")
    terminal = open_terminal()
    terminal.wait_for("Nothing is trained yet")

    terminal.press("2")
    terminal.wait_for("no settings differ from default")
    terminal.press("/")
    terminal.wait_for("Leave the field")
    terminal.press("batch size\r")
    terminal.wait_for(r"batch size +512(?!(?s:.*)Leave the field)")
    terminal.press("\r")
    terminal.wait_for("Leave the field")
    terminal.press("128\r")
    terminal.wait_for("1 setting differs from default")
    terminal.press("t")
    first = terminal.wait_for(r"CE nats/word ([\d.]+)")
    before = reports(mine)

    terminal.press("3")
    terminal.wait_for("Model ")
    terminal.press("carry")
    for tense in TENSES:
        terminal.wait_for(f"{tense} +[a-z]+")

    terminal.press(F4)
    terminal.wait_for("Gaussian score [01]")
    seed = terminal.text
    terminal.press("r")
    terminal.wait_for("seed +1 ")
    assert terminal.text != seed

    terminal.press("5")
    terminal.wait_for("of the variance")
    place = terminal.wait_for(r"─ (\S+) · (simple|third|present)")
    terminal.press(RIGHT * 3)
    terminal.wait_for(rf"─ (?!{place[1]} · {place[2]})\S+ · (simple|third|present)")

    terminal.press("6")
    terminal.wait_for("2 runs in")
    terminal.press("s")
    terminal.wait_for("epoch▼")
    terminal.press(" ")
    terminal.wait_for("1 marked")
    terminal.press(f"{UP} ")
    terminal.wait_for("2 marked")
    terminal.press("c")
    terminal.wait_for("CE nats/word")
    assert re.search("[⠁-⣿]", terminal.text), "no line on the charts"
    terminal.press("n")
    terminal.wait_for("Gaussian +95")
    terminal.press("1")
    terminal.wait_for(rf"CE nats/word (?!{re.escape(first[1])} )[\d.]+")
    assert reports(mine) > before

    terminal.press("s")
    terminal.wait_for("· stopped")
    terminal.press("q")
    assert terminal.wait_for_exit() == 0
    terminal.assert_clean()
    assert summarize(mine).state == "stopped"
