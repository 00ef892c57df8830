import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from core.errors import OwnedElsewhereError
from core.runs.directory import RunDirectory
from core.runs.ownership import STALE_SECONDS, Owner, is_owned, living_owner, owner, owning

HOLD = """
import sys
from pathlib import Path
from core.runs.directory import RunDirectory
from core.runs.ownership import owning
with owning(RunDirectory(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path)


@pytest.fixture
def holder(run: RunDirectory) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the run until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_run_is_owned_while_it_is_held(run: RunDirectory) -> None:
    assert not is_owned(run)
    with owning(run):
        assert is_owned(run)
        found = owner(run)
        assert found is not None and found.pid == os.getpid()
        assert f"process {os.getpid()} on " in str(found)
    assert not is_owned(run)
    assert owner(run) is None


def test_a_run_is_let_go_when_its_work_fails(run: RunDirectory) -> None:
    with pytest.raises(RuntimeError), owning(run):
        raise RuntimeError
    assert not is_owned(run)
    with owning(run):
        pass


def test_the_same_process_cannot_hold_a_run_twice(run: RunDirectory) -> None:
    with owning(run), pytest.raises(OwnedElsewhereError), owning(run):
        raise AssertionError
    assert not is_owned(run)


def test_a_second_process_is_refused_and_told_of_the_first(
    run: RunDirectory, holder: subprocess.Popen[str]
) -> None:
    assert is_owned(run)
    with pytest.raises(OwnedElsewhereError, match=f"by process {holder.pid} on "), owning(run):
        raise AssertionError
    assert is_owned(run), "being refused takes nothing from the owner"
    found = owner(run)
    assert found is not None and found.pid == holder.pid
    holder.communicate()
    with owning(run):
        pass


def test_a_lock_dies_with_its_process(run: RunDirectory, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not is_owned(run)
    with owning(run):
        found = owner(run)
        assert found is not None and found.pid == os.getpid()


def test_a_look_at_the_wrong_moment_does_not_keep_a_writer_out(run: RunDirectory) -> None:
    with owning(run):
        pass
    with run.lock_file.open() as look:
        # What `is_owned` does for some microseconds, stretched.
        fcntl.flock(look, fcntl.LOCK_SH)
        ended = threading.Timer(0.05, fcntl.flock, [look, fcntl.LOCK_UN])
        ended.start()
        with owning(run):
            assert is_owned(run)
        ended.join()


def test_a_lock_file_that_says_nothing_names_no_owner(run: RunDirectory) -> None:
    run.lock_file.write_bytes(b"\xff{")
    assert owner(run) is None


@pytest.fixture
def far(run: RunDirectory) -> Owner:
    """A process on another machine, whose lock does not reach here, holds the run."""
    found = Owner("far-away", 4711, time.time() - 3600)
    run.lock_file.write_bytes(msgspec.json.encode(found))
    return found


def test_a_run_held_on_another_machine_is_elsewhere(run: RunDirectory, far: Owner) -> None:
    assert is_owned(run)
    assert living_owner(run) == far and far.elsewhere
    with (
        pytest.raises(OwnedElsewhereError, match="by process 4711 on far-away, since"),
        owning(run),
    ):
        raise AssertionError
    assert living_owner(run) == far, "being refused takes nothing from the owner"


def test_an_owner_elsewhere_that_was_not_heard_of_is_gone(run: RunDirectory, far: Owner) -> None:
    silent = time.time() - STALE_SECONDS - 1
    os.utime(run.lock_file, (silent, silent))
    assert living_owner(run) is None
    with owning(run):
        found = living_owner(run)
        assert found is not None and not found.elsewhere


def test_an_owner_keeps_being_heard_of(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.runs.ownership.BEAT_SECONDS", 0.02)
    with owning(run):
        os.utime(run.lock_file, (0, 0))
        deadline = time.monotonic() + 240
        while run.lock_file.stat().st_mtime == 0:
            assert time.monotonic() < deadline
            time.sleep(0.02)
