import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.listing import Catalogue, list_runs, summarize
from core.config.schema import Config
from core.runs import recorder, summary
from core.runs.directory import RunDirectory
from core.runs.history import STATE_AFTER, History
from core.runs.journal import JournalWriter, read_whole
from core.runs.ownership import owning
from core.runs.summary import (
    NOTHING,
    Summary,
    journal_part,
    read_summary,
    summed_up,
    write_summary,
)
from core.session import prepare, train
from core.training import events
from core.training.control import Control
from core.training.events import to_line
from core.training.metrics import metrics_of

Tiny = Callable[..., Config]


def whole(run: RunDirectory) -> Summary:
    """The summary by all events of the journal."""
    history = History()
    history.add(read_whole(run.journal_file))
    return summed_up(history, journal_part(run.journal_file))


def stored(run: RunDirectory) -> Summary:
    return msgspec.json.decode(run.summary_file.read_bytes(), type=Summary)


def settled(found: Summary) -> Summary:
    """A summary without alarms, of which a training knows before they are in the journal."""
    return msgspec.structs.replace(found, alarms=())


def test_a_training_leaves_its_summary(trained: RunDirectory) -> None:
    assert stored(trained) == whole(trained)
    told = json.loads(trained.summary_file.read_text())
    assert told["state"] == "finished" and told["epoch"] == 40.0
    assert told["report"].keys() == metrics_of(events.Progress).keys()
    assert told["best"].keys() == metrics_of(events.Evaluated).keys() | {"epoch"}


def test_a_run_is_summed_up_at_each_moment_of_its_training(tmp_path: Path, tiny: Tiny) -> None:
    run, control = prepare(tiny("training.epochs=20"), tmp_path), Control()
    known = NOTHING
    for event in train(run, control):
        known = read_summary(run, known)
        assert settled(known) == settled(read_summary(run)) == settled(whole(run))
        if event.step == 20:
            control.stop()
    assert known.state == "stopped"
    for _ in train(run, Control()):
        known = read_summary(run, known)
        assert settled(known) == settled(read_summary(run)) == settled(whole(run))
    assert known == read_summary(run) == whole(run) and known.state == "finished"


def test_a_training_replaces_its_summary_at_once_when_its_state_changes(
    tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "SUMMARY_SECONDS", 1000.0)
    run, control = prepare(tiny(), tmp_path), Control()
    control.pause()
    states = []
    for event in train(run, control):
        if isinstance(event, events.Paused):
            control.resume()
        if type(event) in STATE_AFTER:
            states.append(stored(run).state)
    assert states == ["training", "paused", "training", "finished"]


def test_a_training_does_not_replace_its_summary_all_the_time(
    tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def write(directory: RunDirectory, summed_up: Summary) -> None:
        written.append(time.monotonic())

    monkeypatch.setattr(recorder, "write_summary", write)
    began = time.monotonic()
    list(train(prepare(tiny("training.epochs=200"), tmp_path), Control()))
    assert 2 <= len(written) <= 3 + (time.monotonic() - began) / recorder.SUMMARY_SECONDS


def test_a_summary_that_the_disk_refuses_does_not_disturb_a_training(
    tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(recorder, "write_summary", refuse)
    run = prepare(tiny(), tmp_path)
    told = list(train(run, Control()))
    assert isinstance(told[-1], events.Finished)
    assert not any(isinstance(event, events.Alarm) and event.kind == "disk" for event in told)
    assert not run.summary_file.exists() and summarize(run).state == "finished"


def spoilt(head: bytes) -> bytes:
    """Lines that say nothing, in as many bytes."""
    return b"".join(b"?" * (len(line) - 1) + b"\n" for line in head.splitlines(keepends=True))


def test_of_a_journal_that_is_newer_than_its_summary_the_rest_alone_is_read(
    copied: RunDirectory,
) -> None:
    lines = copied.journal_file.read_bytes().splitlines(keepends=True)
    expected = whole(copied)
    copied.journal_file.write_bytes(b"".join(lines[:-20]))
    write_summary(copied, whole(copied))
    head = b"".join(lines[:-25])
    copied.journal_file.write_bytes(spoilt(head) + b"".join(lines[-25:]))
    found = read_summary(copied)
    assert found == msgspec.structs.replace(expected, journal=found.journal)


def test_a_run_that_goes_on_from_before_its_summary_is_read_anew(copied: RunDirectory) -> None:
    first = read_whole(copied.journal_file)[0]
    alarm = events.Alarm(
        step=100, epoch=30.0, time=1.5, elapsed=1.0, kind="gap", message="m", advice="a",
        begins=True,
    )  # fmt: skip
    with JournalWriter(copied.journal_file) as journal:
        journal.write(alarm)
        write_summary(copied, whole(copied))
        assert read_summary(copied).alarms == ("gap",)
        journal.write(msgspec.structs.replace(first, resumed=True, step=90))  # type: ignore[call-arg]
    assert read_summary(copied).alarms == ()
    assert read_summary(copied) == whole(copied)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"version": 1}',
        b'{"state": "asleep"}',
        b'{"state": "new", "journal": {"bytes": -1}}',
        b'{"state": "new", "journal": {"bytes": 1e300}}',
        b'{"version": 2, "state": "new", "journal": {"bytes": 18446744073709551616, "crc32": 0}}',
        b'{"state": "failed", "journal": {"bytes": 500, "crc32": 1}}',
        b'{"state": "failed", "journal": {"bytes": 999999999, "crc32": 0}}',
    ],
)
def test_a_damaged_or_foreign_summary_is_ignored(copied: RunDirectory, text: bytes) -> None:
    copied.summary_file.write_bytes(text)
    assert read_summary(copied) == whole(copied)
    assert read_summary(copied, keep=True) == stored(copied) == whole(copied)


def test_a_summary_that_is_no_file_is_ignored(copied: RunDirectory) -> None:
    def pipe() -> None:
        os.mkfifo(copied.summary_file)

    def loop() -> None:
        copied.summary_file.symlink_to(copied.summary_file)

    for make in (pipe, loop, copied.summary_file.mkdir):
        copied.summary_file.unlink()
        make()
        assert read_summary(copied, keep=True) == whole(copied)
        if copied.summary_file.is_dir():
            break


def test_the_summary_of_an_older_run_is_stored_once(copied: RunDirectory, tmp_path: Path) -> None:
    copied.summary_file.unlink()
    expected = list_runs(tmp_path)
    assert not copied.summary_file.exists(), "a list stores nothing unless it is asked to"
    with owning(copied):
        Catalogue(tmp_path, keep=True).summaries()
        assert not copied.summary_file.exists(), "a run that a process owns is its own affair"
    (found,) = Catalogue(tmp_path, keep=True).summaries()
    assert stored(copied) == whole(copied)
    assert found.size == expected[0].size + copied.summary_file.stat().st_size
    spoilt_head = spoilt(copied.journal_file.read_bytes()[:-300])
    copied.journal_file.write_bytes(spoilt_head + copied.journal_file.read_bytes()[-300:])
    assert list_runs(tmp_path) == [found], "the journal was read again"


def test_a_directory_that_cannot_be_written_is_listed_all_the_same(
    copied: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    copied.summary_file.unlink()
    monkeypatch.setattr(summary, "write_summary", refuse)
    assert Catalogue(tmp_path, keep=True).summaries()[0].state == "finished"


def test_a_journal_of_another_json_writer_is_summed_up_rightly(
    copied: RunDirectory, tmp_path: Path
) -> None:
    (expected,) = list_runs(tmp_path)
    lines = map(json.loads, copied.journal_file.read_bytes().splitlines())
    copied.journal_file.write_text(
        "".join(json.dumps(line, indent=None, sort_keys=True) + "\r\n" for line in lines)
    )
    (found,) = list_runs(tmp_path)
    assert found == msgspec.structs.replace(expected, size=found.size)


NAMES = st.sampled_from(["gap", "plateau"])
STEPS = st.integers(0, 30)


@st.composite
def some_events(draw: st.DrawFn) -> list[events.Event]:
    """Events of a training that is paused, killed and goes on, as they may come."""
    told: list[events.Event] = []
    step = 0
    for number in range(draw(st.integers(1, 25))):
        at = {"step": step, "epoch": step / 3, "time": float(number), "elapsed": float(step)}
        kind = draw(st.sampled_from(["start", "report", "alarm", "pause", "go", "save", "stop"]))
        match kind:
            case "start":
                at["step"] = step = draw(st.integers(0, step))
                sizes = {"steps": 40, "steps_per_epoch": 3, "words": 9, "paradigms": 3}
                told.append(events.Started(**at, resumed=step > 0, **sizes, duplicates=0))  # type: ignore[arg-type]
            case "report":
                at["step"] = step = step + 1
                told.append(
                    events.Progress(
                        **at, ce=draw(st.floats(0, 9)), ce_per_character=1.0, kl=1.0, beta=1.0,
                        teacher_forcing_ratio=1.0, learning_rate=0.1, gradient_norm=1.0,
                        words_per_second=9.0, eta=3.0,
                    )  # type: ignore[arg-type]
                )  # fmt: skip
            case "alarm":
                begins = draw(st.booleans())
                told.append(
                    events.Alarm(**at, kind=draw(NAMES), message="m", advice="a", begins=begins)  # type: ignore[arg-type]
                )
            case "pause":
                told.append(events.Paused(**at))  # type: ignore[arg-type]
            case "go":
                told.append(events.Unpaused(**at))  # type: ignore[arg-type]
            case "save":
                told.append(events.Saved(**at, checkpoint="last"))  # type: ignore[arg-type]
            case "stop":
                told.append(events.Stopped(**at))  # type: ignore[arg-type]
    return told


@given(told=some_events(), cuts=st.lists(st.integers(0, 25), max_size=4))
def test_a_summary_and_the_rest_of_a_journal_come_to_the_whole(
    tmp_path_factory: pytest.TempPathFactory, told: list[events.Event], cuts: list[int]
) -> None:
    run = RunDirectory(tmp_path_factory.mktemp("run"))
    lines, known = [to_line(event) for event in told], NOTHING
    for cut in [*sorted(cuts), len(lines)]:
        run.journal_file.write_bytes(b"".join(lines[:cut]))
        known = read_summary(run, known)
        assert known == read_summary(run) == whole(run)
        if cut % 2:
            write_summary(run, known)


def test_whatever_stands_among_the_runs_the_others_are_listed(
    copied: RunDirectory, tmp_path: Path
) -> None:
    import socket

    for name in ("pipe", "folder", "socket", "loop", "private", "labels"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.toml").write_bytes(copied.config_file.read_bytes())
    os.mkfifo(tmp_path / "pipe/journal.jsonl")
    (tmp_path / "folder/journal.jsonl").mkdir()
    (tmp_path / "loop/journal.jsonl").symlink_to("journal.jsonl")
    for file in ("labels.json", "owner.lock", "summary.json"):
        os.mkfifo(tmp_path / "labels" / file)
    (tmp_path / "private").chmod(0)
    (tmp_path / "self").symlink_to("self")
    os.mkfifo(tmp_path / "a-pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket/journal.jsonl"))
        states = {run.name: run.state for run in Catalogue(tmp_path, keep=True).summaries()}
    (tmp_path / "private").chmod(0o700)
    assert states.pop("copied") == "finished"
    states.pop("private", None)
    assert states == dict.fromkeys(("pipe", "folder", "socket", "loop", "labels"), "new")
