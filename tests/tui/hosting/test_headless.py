from collections.abc import Iterator

import pytest

from core import session
from core.runs.directory import RunDirectory
from core.training import events
from tui.hosting.headless import train_headless

AT = {"step": 120, "epoch": 12.0, "time": 0.0, "elapsed": 6.0}


def alarm(message: str, advice: str = "") -> events.Alarm:
    return events.Alarm(**AT, kind="collapse", message=message, advice=advice, begins=bool(advice))


def test_plain_lines_tell_an_alarm_as_it_begins_and_as_it_ends(
    trained: RunDirectory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*_: object) -> Iterator[events.Event]:
        yield alarm("the latent has collapsed", "Lower \x1b[31mbeta.")
        yield alarm("the latent is in use again")
        yield events.Finished(**AT)

    monkeypatch.setattr(session, "train", told)
    assert train_headless(trained) == 0
    begins, ends, finished = capsys.readouterr().out.splitlines()
    assert begins.startswith("epoch 12.0: alarm: the latent has collapsed. Lower ")
    assert "\x1b" not in begins
    assert ends == "epoch 12.0: alarm over: the latent is in use again"
    assert finished == "trained finished after 0:06"
