import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import session
from core.config.schema import Config
from core.errors import TrainingError
from core.runs.directory import RunDirectory
from core.training import events
from tui.hosting import headless
from tui.hosting.headless import train_detached, train_headless

AT = {"step": 120, "epoch": 12.0, "time": 0.0, "elapsed": 6.0}


def alarm(message: str, advice: str = "") -> events.Alarm:
    return events.Alarm(**AT, kind="collapse", message=message, advice=advice, begins=bool(advice))


def test_plain_lines_tell_an_alarm_as_it_begins_and_as_it_ends(
    trained: RunDirectory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*_: object) -> Iterator[events.Event]:
        yield alarm("the latent has collapsed", "Lower \x1b[31mbeta.")
        yield alarm("the decoder uses the latent again")
        yield events.Finished(**AT)

    monkeypatch.setattr(session, "train", told)
    assert train_headless(trained) == 0
    begins, ends, finished = capsys.readouterr().out.splitlines()
    assert begins.startswith("epoch 12.0: alarm: the latent has collapsed. Lower ")
    assert "\x1b" not in begins
    assert ends == "epoch 12.0: alarm over: the decoder uses the latent again"
    assert finished == "trained finished after 0:06"


@pytest.fixture
def begun(tmp_path: Path, tiny: Callable[..., Config]) -> RunDirectory:
    return session.prepare(tiny(), tmp_path, "begun")


@pytest.mark.parametrize(
    ("child", "reason"),
    [
        (
            "print('one'); raise SystemExit('a [red]bug')",
            r"ended with exit code 1: a \[red\]bug\. ",
        ),
        ("raise SystemExit(3)", r"ended with exit code 3: without a message\. "),
        ("import os; os.kill(os.getpid(), 9)", r"was ended by signal 9: without a message\. "),
    ],
)
def test_a_process_that_does_not_train_is_one_sentence(
    begun: RunDirectory, monkeypatch: pytest.MonkeyPatch, child: str, reason: str
) -> None:
    begun.log_file.write_text("an earlier line\n")
    monkeypatch.setattr(headless, "PROGRAM", (sys.executable, "-c", child))
    with pytest.raises(TrainingError, match=f"begun does not train: its process {reason}"):
        train_detached(begun)


def test_a_process_that_does_not_begin_in_time_is_one_sentence(
    begun: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = (sys.executable, "-c", "import time; time.sleep(5)")
    monkeypatch.setattr(headless, "PROGRAM", child)
    monkeypatch.setattr(headless, "HANDOVER_SECONDS", 0.3)
    with pytest.raises(TrainingError, match=r"begun does not train yet: process \d+ is still"):
        train_detached(begun)
