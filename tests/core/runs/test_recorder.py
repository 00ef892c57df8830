"""A disk that refuses: for whatever call and whatever reason, nothing is lost that need not be."""

import contextlib
import errno
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from core.catalogue.listing import summarize
from core.config.schema import Config
from core.errors import InputError, TrainingError
from core.runs import recorder
from core.runs.checkpoint import load
from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import read_whole
from core.session import prepare, train
from core.training import events
from core.training.control import Control

Tiny = Callable[..., Config]
REASONS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO]


class Disk:
    """Counts the calls that change a run's files, and refuses some of them.

    refuse: tells of a call, by its name and its number among those of a training, whether it is.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.refuse: Callable[[str, int], bool] = lambda _name, _number: False
        self.reason = errno.ENOSPC
        for name in ("write", "fsync", "link"):
            patch.setattr(os, name, self._guarded(name, getattr(os, name)))
        patch.setattr(Path, "touch", self._guarded("touch", Path.touch))
        patch.setattr(Path, "write_bytes", self._torn(Path.write_bytes))
        patch.setattr(Path, "replace", self._guarded("replace", Path.replace))
        patch.setattr(shutil, "copyfile", self._guarded("copyfile", shutil.copyfile))

    def _check(self, name: str) -> None:
        self.calls.append(name)
        if self.refuse(name, len(self.calls) - 1):
            raise OSError(self.reason, os.strerror(self.reason))

    def _guarded(self, name: str, call: Callable[..., object]) -> Callable[..., object]:
        def guarded(*args: object, **kwargs: object) -> object:
            self._check(name)
            return call(*args, **kwargs)

        return guarded

    def _torn(self, call: Callable[[Path, bytes], int]) -> Callable[[Path, bytes], int]:
        def torn(path: Path, data: bytes) -> int:
            try:
                self._check("write_bytes")
            except OSError:
                # What fits is written, as on a disk that fills up.
                call(path, data[: len(data) // 2])
                raise
            return call(path, data)

        return torn


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture(scope="module")
def undisturbed(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    run = prepare(tiny("checkpoints.keep=1"), tmp_path_factory.mktemp("undisturbed"), "run")
    list(train(run, Control()))
    return run


def same(one: RunDirectory, other: RunDirectory, name: str) -> bool:
    here, there = load(one.checkpoint(name)), load(other.checkpoint(name))
    return all(
        a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)
        for a, b in ((here.model, there.model), (here.training, there.training))
    )


def series(run: RunDirectory) -> dict[str, list[float]]:
    history = History()
    history.add(read_whole(run.journal_file))
    return {
        name: list(one.values) for name, one in history.series.items() if name != "words_per_second"
    }


def ended_like(run: RunDirectory, other: RunDirectory) -> None:
    """The run is whole, as if nothing had been."""
    assert summarize(run).state == "finished"
    assert same(run, other, "last") and same(run, other, "best")
    assert run.checkpoint_names() == other.checkpoint_names()
    assert series(run) == series(other)
    assert not list(run.path.rglob(".*"))
    text = run.journal_file.read_bytes()
    assert text.count(b"\n") == len(read_whole(run.journal_file)), "a torn line"


@pytest.mark.parametrize(
    "every", [pytest.param(1, marks=pytest.mark.slow), 7], ids=lambda every: f"one in {every}"
)
def test_each_call_may_be_refused_once(
    tiny: Tiny, tmp_path: Path, undisturbed: RunDirectory, disk: Disk, every: int
) -> None:
    """Each call of a whole training in turn, its start excepted, which may end it in a sentence."""
    run = prepare(tiny("checkpoints.keep=1"), tmp_path, "counted")
    training = train(run, Control())
    next(training)
    del disk.calls[:]
    list(training)
    calls = list(disk.calls)
    assert {"touch", "write_bytes", "fsync", "replace", "link", "write"} <= set(calls)
    for refused, name in list(enumerate(calls))[::every]:
        run = prepare(tiny("checkpoints.keep=1"), tmp_path, f"{refused}-{name}")
        training = train(run, Control())
        next(training)
        del disk.calls[:]
        disk.reason = REASONS[refused % len(REASONS)]
        disk.refuse = lambda _name, number, refused=refused: number == refused  # type: ignore[misc]
        told = [*training]
        disk.refuse = lambda _name, _number: False
        assert isinstance(told[-1], events.Finished), f"{refused} {name}"
        ended_like(run, undisturbed)


@pytest.mark.parametrize("reason", REASONS, ids=errno.errorcode.__getitem__)
def test_a_disk_that_refuses_for_a_while_costs_nothing(
    tiny: Tiny, tmp_path: Path, undisturbed: RunDirectory, disk: Disk, reason: int
) -> None:
    run = prepare(tiny("checkpoints.keep=1"), tmp_path, "run")
    told: list[events.Event] = []
    disk.reason = reason
    for event in train(run, Control()):
        told.append(event)
        if event.step == 4:
            before = load(run.checkpoint("last")).position.step
            disk.refuse = lambda _name, _number: True
        if event.step == 8:
            assert load(run.checkpoint("last")).position.step == before == 3
            disk.refuse = lambda _name, _number: False
    ended_like(run, undisturbed)
    alarms = [event for event in told if isinstance(event, events.Alarm) and event.kind == "disk"]
    assert alarms[0].begins and os.strerror(reason) in alarms[0].message
    assert not alarms[-1].begins
    assert read_whole(run.journal_file) == told


def test_a_disk_that_refuses_for_good_ends_in_a_sentence_and_goes_on_later(
    tiny: Tiny, tmp_path: Path, undisturbed: RunDirectory, disk: Disk
) -> None:
    run = prepare(tiny("checkpoints.keep=1"), tmp_path, "run")
    for event in train(run, Control()):
        if event.step == 8:
            disk.refuse = lambda _name, _number: True
    assert isinstance(event, events.Failed)
    assert "the checkpoint last and the journal" in event.message
    assert "No space left on device" in event.message
    assert "after the checkpoint of step 6 is lost" in event.message
    assert load(run.checkpoint("last")).position.step == 6
    disk.refuse = lambda _name, _number: False
    list(train(run, Control()))
    ended_like(run, undisturbed)


def test_a_journal_alone_that_is_refused_to_the_end_costs_its_last_lines(
    tiny: Tiny, tmp_path: Path, undisturbed: RunDirectory, disk: Disk
) -> None:
    run = prepare(tiny("checkpoints.keep=1"), tmp_path, "run")
    for event in train(run, Control()):
        if event.step == 8:
            disk.refuse = lambda name, _number: name == "write"
    assert isinstance(event, events.Failed)
    assert "the weights are saved, the last lines of the journal are lost" in event.message
    assert same(run, undisturbed, "last")


def test_the_best_weights_wait_as_they_were(
    tiny: Tiny, tmp_path: Path, undisturbed: RunDirectory, disk: Disk
) -> None:
    run = prepare(tiny("checkpoints.keep=1"), tmp_path, "run")
    at = load(undisturbed.checkpoint("best")).position.step
    seen = 0
    for event in train(run, Control()):
        # From the best evaluation on, up to the next reading.
        if isinstance(event, events.Evaluated) and event.step == at:
            disk.refuse = lambda name, _number: name == "write_bytes"
        elif isinstance(event, events.Progress) and event.step > at:
            disk.refuse = lambda _name, _number: False
        seen += isinstance(event, events.Alarm) and event.kind == "disk"
    assert seen == 2
    ended_like(run, undisturbed)


def test_a_run_that_is_deleted_while_it_trains_says_so(tiny: Tiny, tmp_path: Path) -> None:
    run = prepare(tiny(), tmp_path, "run")
    for event in train(run, Control()):
        if event.step == 4:
            shutil.rmtree(run.path, ignore_errors=True)
    assert isinstance(event, events.Failed)
    assert event.step == 12
    assert "No such file or directory" in event.message or "it was deleted" in event.message
    assert not run.path.exists()


def test_a_directory_that_comes_back_takes_everything(
    tiny: Tiny, tmp_path: Path, undisturbed: RunDirectory
) -> None:
    run = prepare(tiny("checkpoints.keep=1"), tmp_path, "run")
    for event in train(run, Control()):
        if event.step == 4 and run.path.exists():
            run.path.rename(tmp_path / "away")
        if event.step == 8 and not run.path.exists():
            (tmp_path / "away").rename(run.path)
    ended_like(run, undisturbed)


class TestTheStart:
    def test_a_full_disk_leaves_no_run_behind(
        self, tiny: Tiny, tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        texts = []

        def full(path: Path, *_: object, **__: object) -> int:
            texts.append(path)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

        for call in ("write_text", "write_bytes", "touch", "mkdir"):
            with monkeypatch.context() as patch:
                patch.setattr(Path, call, full)
                with pytest.raises(InputError, match="No space left on device"):
                    prepare(tiny(), tmp_path / "runs", "run")
            assert list(tmp_path.iterdir()) == []
        assert len(texts) == 4

    def test_a_full_disk_ends_it_in_a_sentence(
        self, tiny: Tiny, tmp_path: Path, disk: Disk
    ) -> None:
        run = prepare(tiny(), tmp_path, "run")
        disk.refuse = lambda name, _number: name == "write_bytes"
        with pytest.raises(TrainingError, match=r"cannot train in .*/run: No space left on device"):
            next(train(run, Control()))
        disk.refuse = lambda _name, _number: False
        assert isinstance(list(train(run, Control()))[-1], events.Finished)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of a mebibyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    with contextlib.suppress(OSError):
        if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
            yield place
            subprocess.run(["umount", "-l", str(place)], check=True)
            return
    pytest.skip("only who may mount can have a disk that is really full")


def test_a_disk_that_is_really_full_costs_nothing(
    tiny: Tiny, small_disk: Path, undisturbed: RunDirectory
) -> None:
    run = prepare(tiny("checkpoints.keep=1"), small_disk, "run")
    ballast, refused = small_disk / "ballast", 0
    for event in train(run, Control()):
        if event.step == 4 and not ballast.exists():
            with contextlib.suppress(OSError), io.FileIO(ballast, "w") as file:
                while file.write(b"\0" * 4096):
                    pass
        if event.step == 8:
            ballast.unlink(missing_ok=True)
        refused += isinstance(event, events.Alarm) and event.kind == "disk" and event.begins
    assert refused
    ended_like(run, undisturbed)
