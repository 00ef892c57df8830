import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.schema import Config
from core.errors import InputError
from core.runs.commands import LARGEST, RemoteControl, _decoder, listening
from core.runs.directory import RunDirectory
from core.runs.journal import JournalFollower
from core.session import prepare, train
from core.training import events
from core.training.control import Control

Tiny = Callable[..., Config]


def wait_until(condition: Callable[[], object], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.02)


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path)


@pytest.fixture
def control(run: RunDirectory) -> Iterator[Control]:
    """The control of a training that listens to the run's inbox."""
    control = Control()
    with listening(run, control):
        yield control


def put(run: RunDirectory, command: bytes) -> Path:
    path = run.inbox / "1.json"
    path.write_bytes(command)
    return path


def test_every_command_arrives(run: RunDirectory, control: Control) -> None:
    remote = RemoteControl(run)
    remote.pause()
    wait_until(lambda: control.pausing)
    remote.resume()
    wait_until(lambda: not control.pausing)
    remote.checkpoint()
    wait_until(control.take_checkpoint)
    remote.evaluate()
    wait_until(control.take_evaluate)
    assert not remote.stopping
    remote.stop()
    wait_until(lambda: control.stopping)
    assert remote.stopping


def test_commands_are_applied_in_order(run: RunDirectory, control: Control) -> None:
    remote = RemoteControl(run)
    for _ in range(10):
        remote.pause()
        remote.resume()
    remote.pause()
    wait_until(lambda: not list(run.inbox.iterdir()))
    assert control.pausing


def test_an_edit_arrives(run: RunDirectory) -> None:
    control = Control()
    with listening(run, control):
        remote = RemoteControl(run)
        with pytest.raises(InputError, match="wrong"):
            remote.edit("wrong", 1.0)
        remote.edit("beta", 0.5)
        wait_until(lambda: control.take_edits() == {"beta": 0.5})
        remote.edit("beta", None)
        wait_until(lambda: control.take_edits() == {"beta": None})


def test_the_inbox_is_the_owners_alone_and_goes_with_the_training(run: RunDirectory) -> None:
    seen: set[int] = set()

    def watch() -> bool:
        with contextlib.suppress(OSError):
            seen.update(path.stat().st_mode & 0o777 for path in run.inbox.iterdir())
        return bool(seen)

    before = os.umask(0)
    try:
        with listening(run, Control()):
            assert run.inbox.stat().st_mode & 0o777 == 0o700
            RemoteControl(run).pause()
            wait_until(watch)
    finally:
        os.umask(before)
    assert seen == {0o600}
    assert not run.inbox.exists()
    RemoteControl(run).pause()
    assert not run.inbox.exists(), "a command without a receiver leaves nothing behind"


def test_what_was_asked_of_a_dead_process_is_void(run: RunDirectory) -> None:
    run.inbox.mkdir()
    put(run, b'{"ask":"do","what":"stop"}')
    control = Control()
    with listening(run, control):
        RemoteControl(run).checkpoint()
        wait_until(control.take_checkpoint)
        assert not control.stopping


@pytest.mark.parametrize(
    "command",
    [
        b"",
        b"stop",
        b'"stop"',
        b'{"ask":"do","what":"explode"}',
        b'{"ask":"do","what":"stop","now":true}',
        b'{"ask":"edit","name":"beta","value":"much"}',
        b'{"what":"stop"}',
        b'{"ask":"do","what":"stop"}' + b" " * LARGEST,
        b"\xff\xfe",
        b"[" * LARGEST,
    ],
)
def test_anything_else_is_ignored_with_a_line_in_the_log(
    run: RunDirectory, control: Control, caplog: pytest.LogCaptureFixture, command: bytes
) -> None:
    with caplog.at_level(logging.WARNING):
        path = put(run, command)
        wait_until(lambda: not path.exists())
    assert "ignored a command" in caplog.text
    RemoteControl(run).checkpoint()
    wait_until(control.take_checkpoint)
    assert not control.stopping


@pytest.mark.parametrize("kind", ["link", "pipe", "directory"])
def test_what_is_no_plain_file_neither_holds_nor_misleads(
    run: RunDirectory, control: Control, tmp_path: Path, kind: str
) -> None:
    path = run.inbox / "1.json"
    target = tmp_path / "target"
    target.write_bytes(b'{"ask":"do","what":"stop"}')
    make: dict[str, Callable[[], Any]] = {
        "link": lambda: path.symlink_to(target),
        "pipe": lambda: os.mkfifo(path),
        "directory": path.mkdir,
    }
    make[kind]()
    RemoteControl(run).checkpoint()
    wait_until(control.take_checkpoint)
    assert not control.stopping
    assert target.exists()


def test_an_inbox_that_leads_elsewhere_is_refused(run: RunDirectory, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    run.inbox.symlink_to(tmp_path / "target")
    (tmp_path / "target" / "precious").touch()
    refused = pytest.raises(InputError, match="not a directory of this user")
    with refused, listening(run, Control()):
        raise AssertionError
    assert (tmp_path / "target" / "precious").exists()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_command_or_an_error_that_is_caught(raw: bytes) -> None:
    with contextlib.suppress(msgspec.DecodeError):
        _decoder.decode(raw)


def test_a_training_is_steered_through_its_directory(tiny: Tiny, tmp_path: Path) -> None:
    directory = prepare(tiny("training.epochs=100000"), tmp_path, "mine")
    follower, told = JournalFollower(directory.journal_file), list[events.Event]()

    def has(kind: type[events.Event]) -> bool:
        told.extend(follower.read_new())
        return any(isinstance(event, kind) for event in told)

    training = threading.Thread(target=lambda: list(train(directory, Control())))
    training.start()
    remote = RemoteControl(directory)
    wait_until(lambda: has(events.Progress))
    remote.pause()
    wait_until(lambda: has(events.Paused))
    assert remote.pausing
    remote.checkpoint()
    wait_until(lambda: has(events.Saved))
    assert remote.pausing, "a checkpoint does not end the pause"
    remote.resume()
    wait_until(lambda: has(events.Unpaused))
    assert not remote.pausing
    remote.stop()
    training.join(240)
    assert has(events.Stopped)
