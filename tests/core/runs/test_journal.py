import errno
import os
from pathlib import Path

import pytest

from core.runs.journal import JournalFollower, JournalWriter, read_tail, read_whole
from core.training.events import Event, Saved, Stopped, to_line


def saved(step: int) -> Saved:
    return Saved(step=step, epoch=step / 3, time=1e9, elapsed=1.0, checkpoint="last")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def write(file: Path, *events: Event) -> None:
    with JournalWriter(file) as journal:
        for event in events:
            journal.write(event)
        journal.sync()


def steps(events: list[Event]) -> list[int]:
    return [event.step for event in events]


def test_what_is_written_is_read(file: Path) -> None:
    events = [saved(1), Stopped(step=2, epoch=0.5, time=1e9, elapsed=2.0)]
    write(file, *events)
    assert JournalFollower(file).read_new() == read_tail(file) == events


def test_a_journal_only_grows(file: Path) -> None:
    write(file, saved(1))
    before = file.read_bytes()
    write(file, saved(2))
    assert file.read_bytes() == before + to_line(saved(2))


@pytest.mark.parametrize("length", range(1, len(to_line(saved(2)))))
def test_a_torn_last_line_does_not_swallow_what_comes_after_it(file: Path, length: int) -> None:
    file.write_bytes(to_line(saved(1)) + to_line(saved(2))[:length])
    write(file, saved(3), saved(4))
    # A line that lacks its end alone is whole.
    whole = length == len(to_line(saved(2))) - 1
    assert steps(JournalFollower(file).read_new()) == [1, *[2] * whole, 3, 4]


def test_a_follower_reads_only_what_is_new(file: Path) -> None:
    follower = JournalFollower(file)
    assert follower.read_new() == []
    write(file, saved(1), saved(2))
    assert steps(follower.read_new()) == [1, 2]
    assert follower.read_new() == []
    write(file, saved(3))
    assert steps(follower.read_new()) == [3]


def test_a_follower_waits_for_the_end_of_a_line(file: Path) -> None:
    follower, line = JournalFollower(file), to_line(saved(1))
    file.write_bytes(line[:20])
    assert follower.read_new() == []
    file.write_bytes(line[:-1])
    assert follower.read_new() == []
    file.write_bytes(line)
    assert steps(follower.read_new()) == [1]


def test_a_follower_reads_a_long_journal_in_portions(file: Path) -> None:
    write(file, *map(saved, range(50)))
    follower, portions = JournalFollower(file), []
    while some := follower.read_new(at_most=300):
        portions.append(steps(some))
    assert [step for portion in portions for step in portion] == list(range(50))
    assert len(portions) > 10


def test_a_follower_gets_past_a_line_longer_than_a_portion(file: Path) -> None:
    file.write_bytes(b"x" * 1000 + b"\n" + to_line(saved(1)))
    follower = JournalFollower(file)
    found = [event for _ in range(10) for event in follower.read_new(at_most=300)]
    assert steps(found) == [1]


def test_what_a_disk_took_half_of_is_completed_and_nothing_twice(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, take = [30], os.write

    def little(handle: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = take(handle, data[: room[0]])
        room[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", little)
    with JournalWriter(file) as journal:
        for step in range(3):
            with pytest.raises(OSError, match="No space left"):
                journal.write(saved(step))
            assert steps(read_whole(file)) == []
        room[0] = 10_000
        journal.write(saved(3))
    assert steps(read_whole(file)) == [0, 1, 2, 3]
    assert file.read_bytes() == b"".join(map(to_line, map(saved, range(4))))


def test_no_more_lines_wait_than_memory_should_hold(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.runs.journal.MOST_WAITING", 5)
    with JournalWriter(file) as journal:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "I/O")))
            for step in range(20):
                with pytest.raises(OSError, match="I/O"):
                    journal.write(saved(step))
        journal.flush()
    # The one that the disk was asked to take, then the newest.
    assert steps(read_whole(file)) == [0, 15, 16, 17, 18, 19]


def test_a_journal_that_was_deleted_is_not_written_into_nowhere(file: Path) -> None:
    with JournalWriter(file) as journal:
        file.unlink()
        with pytest.raises(FileNotFoundError, match="it was deleted"):
            journal.write(saved(1))


def test_foreign_lines_are_passed_over(file: Path) -> None:
    write(file, saved(1))
    with file.open("ab") as journal:
        journal.write(b'\xff\n\n{"event": "unheard-of"}\n[1]\n')
    write(file, saved(2))
    assert steps(JournalFollower(file).read_new()) == steps(read_tail(file)) == [1, 2]


@pytest.mark.parametrize("size", [0, 1, 100, 200, 10_000])
def test_the_tail_of_a_journal_is_its_last_whole_lines(file: Path, size: int) -> None:
    write(file, *map(saved, range(20)))
    tail = file.read_bytes()[-size:] if size else b""
    whole = sum(to_line(saved(step)) in tail for step in range(20))
    assert steps(read_tail(file, size)) == list(range(20))[20 - whole :]


def test_the_whole_of_a_journal_is_all_of_it(file: Path) -> None:
    assert read_whole(file) == []
    write(file, *map(saved, range(2000)))
    assert steps(read_whole(file)) == list(range(2000))


def test_a_journal_that_is_not_there_tells_nothing(file: Path) -> None:
    assert read_tail(file) == JournalFollower(file).read_new() == []


def test_a_reader_never_sees_half_an_event_of_a_living_writer(file: Path) -> None:
    follower, seen = JournalFollower(file), []
    with JournalWriter(file) as journal:
        for step in range(100):
            journal.write(saved(step))
            seen += follower.read_new()
            assert steps(seen) == list(range(step + 1))
    assert file.stat().st_size == sum(len(to_line(event)) for event in seen)
