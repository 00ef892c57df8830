"""Run directories from strangers: whatever is in a file, it is read or refused in one sentence.

Each reader gets real files with random damage, so that most of them nearly hold. `FUZZ=10000` in
the environment tries as many for each reader; without it there are 200.
"""

import os
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.control import Control
from core.errors import CvaeError
from core.runs.catalogue import list_runs, summarize
from core.runs.checkpoint import load_inference
from core.runs.directory import RunDirectory, open_run
from core.runs.journal import JournalFollower, read_tail
from core.session import check_resumable, read_environment, train

CASES = int(os.environ.get("FUZZ", "200"))
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
}


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


@pytest.mark.timeout(0 if CASES > 1000 else 300)
@pytest.mark.parametrize("file", READERS)
def test_a_damaged_file_is_read_or_refused(
    file: str, trained: RunDirectory, tmp_path: Path
) -> None:
    run = RunDirectory(tmp_path / "runs" / "run")
    shutil.copytree(trained.path, run.path)
    pairs = (
        "source\ttarget\tsource_tense\ttarget_tense\nwalk\twalked\tsimple-present\tsimple-past\n"
    )
    run.pairs_file.write_text(pairs)
    target, outside = run.path / file, sorted(tmp_path.iterdir())
    whole = target.read_bytes()
    for case in range(CASES):
        target.write_bytes(damaged(whole, random.Random(f"{file} {case}")))
        start = time.monotonic()
        try:
            READERS[file](run)
        except CvaeError as error:
            assert "\n" not in str(error)
            assert len(str(error)) < 5000
        assert time.monotonic() - start < 10, f"case {case} took too long"
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
