"""Run directories from strangers: whatever is in a file, it is read or refused in one sentence.

Each reader gets real files with random damage, so that most of them nearly hold: 200 of them, and
10,000 in the slow lane.
"""

import contextlib
import io
import pickle
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch

from core.catalogue.labels import Labels, read_labels, write_labels
from core.catalogue.listing import list_runs, summarize
from core.config.presets import preset, save_preset
from core.corpus.formats import read_pairs
from core.errors import CvaeError
from core.runs.checkpoint import load_inference
from core.runs.commands import _receive
from core.runs.directory import RunDirectory, open_run
from core.runs.environment import read_environment
from core.runs.journal import JournalFollower, read_tail
from core.runs.ownership import Owner, is_owned, owner
from core.session import check_resumable, prepare, train
from core.training.control import Control
from tui.state.view_state import ViewState, state_file

PIECES = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"\n",
    b"\t",
    b'"',
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b"nan",
    b"null",
    b"[]",
    b"{}",
    b"[" * 2000,
    b"../../etc/passwd",
    b"\x1b]0;owned\x07",
    "‮​é".encode(),
]
READERS: dict[str, Callable[[RunDirectory], object]] = {
    "config.toml": lambda run: run.config(),
    "vocabulary.json": lambda run: run.vocabulary(),
    "corpus.tsv": lambda run: run.corpus(),
    "pairs.tsv": lambda run: run.pairs(run.corpus()),
    "journal.jsonl": lambda run: (
        JournalFollower(run.journal_file).read_new(),
        read_tail(run.journal_file),
        summarize(run),
    ),
    "environment.json": read_environment,
    "checkpoints/best.safetensors": lambda run: load_inference(run, "best").sample(2, seed=0),
    "checkpoints/last.safetensors": check_resumable,
    "labels.json": lambda run: (read_labels(run), summarize(run)),
    "inbox/1.json": lambda run: _receive(run.inbox / "1.json", Control()),
    "owner.lock": lambda run: (owner(run), is_owned(run)),
    "a pair file": lambda run: read_pairs(run.path / "a pair file", run.corpus()),
    "a preset": lambda _: preset("mine"),
    "the view": lambda run: ViewState(run.path.parent).get("screen", "train"),
}


def place(run: RunDirectory, file: str) -> Path:
    """A whole file for each reader."""
    run.pairs_file.write_text(PAIRS)
    (run.path / "a pair file").write_text("walk walked\ntalk talking\n")
    write_labels(run, Labels(("kept", "long"), "the one with the slow rise"))
    run.lock_file.write_bytes(msgspec.json.encode(Owner("far", 1, 0.0)))
    run.inbox.mkdir()
    (run.inbox / "1.json").write_text('{"ask":"edit","name":"beta","value":0.25}')
    ViewState(run.path.parent).set("screen", "runs")
    own = save_preset("mine", run.config(), "One of mine.")
    return {"a preset": own, "the view": state_file()}.get(file, run.path / file)


PAIRS = "source\ttarget\tsource_tense\ttarget_tense\nwalk\twalked\tsimple-present\tsimple-past\n"


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """The bytes with one to three pieces cut out, doubled, replaced or put in."""
    raw = bytearray(whole)
    for _ in range(chance.randint(1, 3)):
        # What matters stands at the head of most files.
        reach = len(raw) if chance.random() < 0.5 else min(len(raw), 2000)
        start = chance.randint(0, reach)
        end = min(len(raw), start + chance.choice([0, 1, 4, 20, 400]))
        kind = chance.randrange(4)
        if kind == 0:
            raw[start:end] = chance.choice(PIECES)
        elif kind == 1:
            raw[start:end] = chance.randbytes(end - start)
        elif kind == 2:
            raw[start:start] = raw[start:end] * chance.randint(1, 3)
        else:
            del raw[start:end]
    return bytes(raw)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("cases", [200, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("file", READERS)
def test_a_damaged_file_is_read_or_refused(
    file: str, cases: int, trained: RunDirectory, tmp_path: Path
) -> None:
    run = RunDirectory(tmp_path / "runs" / "run")
    shutil.copytree(trained.path, run.path)
    target, outside = place(run, file), sorted(tmp_path.iterdir())
    whole = target.read_bytes()
    for case in range(cases):
        target.write_bytes(damaged(whole, random.Random(f"{file} {case}")))
        start = time.monotonic()
        try:
            READERS[file](run)
        except CvaeError as error:
            assert "\n" not in str(error)
            assert len(str(error)) < 5000
        assert time.monotonic() - start < 60, f"case {case} took too long"
    assert sorted(tmp_path.iterdir()) == outside


@pytest.mark.skipif(sys.platform != "linux", reason="only there is memory counted in KiB")
def test_a_configuration_takes_no_memory_that_its_checkpoint_does_not_fill(
    copied: RunDirectory,
) -> None:
    text = copied.config_file.read_text().replace("hidden_size = 16", "hidden_size = 16384")
    assert "16384" in text
    copied.config_file.write_text(text)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CvaeError, match="does not fit config"):
        load_inference(copied, "best")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_header_of_a_hundred_gigabytes_is_refused(copied: RunDirectory) -> None:
    with copied.checkpoint("best").open("wb") as file:
        file.write((100 * 2**30).to_bytes(8, "little") + b'{"a"')
        file.truncate(2**20)
    with pytest.raises(CvaeError, match="is not a whole checkpoint"):
        load_inference(copied, "best")


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_brackets_without_end_are_read_or_refused(
    file: str, bracket: str, trained: RunDirectory, tmp_path: Path
) -> None:
    run = RunDirectory(shutil.copytree(trained.path, tmp_path / "runs" / "run"))
    place(run, file).write_text('{"x":' + bracket * 100_000)
    with contextlib.suppress(CvaeError):
        READERS[file](run)


class Dangerous:
    """What a pickle may be: a call of whatever it likes."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.victim,)


@pytest.mark.parametrize("file", READERS)
def test_a_pickle_is_not_executed(file: str, trained: RunDirectory, tmp_path: Path) -> None:
    run = RunDirectory(shutil.copytree(trained.path, tmp_path / "runs" / "run"))
    target, victim = place(run, file), tmp_path / "victim"
    for written in (pickle.dumps(Dangerous(victim)), torch_pickle(victim)):
        target.write_bytes(written)
        with contextlib.suppress(CvaeError):
            READERS[file](run)
        assert not victim.exists()
    pickle.loads(pickle.dumps(Dangerous(victim)))
    assert victim.exists(), "it would have done something"


def torch_pickle(victim: Path) -> bytes:
    written = io.BytesIO()
    torch.save(Dangerous(victim), written)
    return written.getvalue()


@pytest.mark.parametrize("name", ["../run", "..", "/etc", "run/../../run", ".run", "~"])
def test_a_name_that_leads_out_of_the_runs_directory_is_refused(
    name: str, trained: RunDirectory, tmp_path: Path
) -> None:
    with pytest.raises(CvaeError, match="cannot be the name of a run"):
        prepare(trained.config(), tmp_path / "runs", name)
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_a_torn_file_is_not_swept(
    copied: RunDirectory, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    link = copied.checkpoints / ".last.safetensors.0123abcd"
    link.symlink_to(victim)
    copied.sweep()
    assert link.is_symlink() and victim.read_text() == "mine\n"


def test_a_link_out_of_the_runs_directory_is_no_run(trained: RunDirectory, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "there").symlink_to(trained.path)
    assert list_runs(runs) == []
    with pytest.raises(CvaeError, match="there is no run"):
        open_run(runs, "there")


def test_a_link_in_a_run_is_not_followed_out_of_it(copied: RunDirectory, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(copied.checkpoint("best").read_bytes())
    copied.checkpoint("best").unlink()
    copied.checkpoint("best").symlink_to(secret)
    with pytest.raises(CvaeError, match="link"):
        load_inference(copied, "best")


def test_nothing_is_written_through_a_link(copied: RunDirectory, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    copied.log_file.unlink()
    copied.log_file.symlink_to(victim)
    with pytest.raises(CvaeError, match="link"):
        next(train(copied, Control()))
    assert victim.read_text() == "mine\n"
