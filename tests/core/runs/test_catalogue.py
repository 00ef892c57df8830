from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from core.config import Config
from core.control import Control
from core.corpus import Corpus
from core.errors import OwnedElsewhereError
from core.events import Evaluated, Finished, Started
from core.runs.catalogue import TAILS, delete_run, list_runs, run_directories, summarize
from core.runs.directory import RunDirectory, create_run
from core.runs.journal import JournalFollower, JournalWriter
from core.runs.ownership import owning
from core.session import prepare, train

Tiny = Callable[..., Config]


def test_a_finished_run_is_summed_up(trained: RunDirectory) -> None:
    told = JournalFollower(trained.journal_file).read_new()
    best = [event for event in told if isinstance(event, Evaluated) and event.best][-1]
    assert isinstance(told[-1], Finished)
    assert msgspec.structs.asdict(summarize(trained)) == {
        "name": "trained",
        "state": "finished",
        "epoch": 40.0,
        "step": told[-1].step,
        "bleu4": best.scores.selection_bleu4,
        "gaussian": best.scores.gaussian.score,
        "age": told[-1].time,
    }


def test_the_reported_pairs_are_summed_up_where_there_are_any(tmp_path: Path, tiny: Tiny) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("walk walked\n")
    run = prepare(tiny(f"data.pairs={pairs}", "training.epochs=2"), tmp_path / "runs")
    told = list(train(run, Control()))
    (best,) = [event for event in told if isinstance(event, Evaluated)]
    assert summarize(run).bleu4 == best.scores.bleu4


def test_a_run_that_never_trained_is_new(tmp_path: Path, tiny: Tiny, corpus: Corpus) -> None:
    run = create_run(tmp_path, "fresh", tiny(), corpus, ())
    summary = summarize(run)
    assert (summary.state, summary.step, summary.bleu4, summary.age) == ("new", 0, None, None)


def test_a_run_whose_process_died_without_a_word_has_crashed(tmp_path: Path, tiny: Tiny) -> None:
    run = prepare(tiny(), tmp_path)
    training = train(run, Control())
    for event in training:
        if event.step == 4:
            break
    assert summarize(run).state == "training"
    training.close()
    assert summarize(run).state == "crashed"


def test_an_owned_run_in_a_pause_is_paused(tmp_path: Path, tiny: Tiny) -> None:
    run, control = prepare(tiny(), tmp_path), Control()
    control.pause()
    training = train(run, control)
    next(training), next(training)
    assert summarize(run).state == "paused"
    training.close()


def test_the_best_scores_are_found_far_from_the_end_of_a_long_journal(
    copied: RunDirectory,
) -> None:
    expected = summarize(copied)
    first = JournalFollower(copied.journal_file).read_new()[0]
    assert isinstance(first, Started)
    with JournalWriter(copied.journal_file) as journal:
        while copied.journal_file.stat().st_size < 3 * TAILS[0]:
            journal.write(msgspec.structs.replace(first, step=expected.step, resumed=True))
    found = summarize(copied)
    assert (found.bleu4, found.gaussian) == (expected.bleu4, expected.gaussian)


def test_runs_are_listed_the_newest_first_and_nothing_else(
    tmp_path: Path, tiny: Tiny, corpus: Corpus
) -> None:
    for name in ("b", "a", "c"):
        create_run(tmp_path, name, tiny(), corpus, ())
    for name in ("b", "a"):
        for _ in train(RunDirectory(tmp_path / name), Control()):
            pass
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "c").rename(tmp_path / ".c")
    assert [run.name for run in run_directories(tmp_path)] == ["a", "b"]
    assert [summary.name for summary in list_runs(tmp_path)] == ["a", "b"]


def test_where_there_is_no_folder_there_are_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []


def test_a_run_is_deleted_whole(copied: RunDirectory) -> None:
    delete_run(copied)
    assert not copied.path.exists()


def test_a_run_that_is_being_written_is_not_deleted(copied: RunDirectory) -> None:
    with owning(copied), pytest.raises(OwnedElsewhereError, match="is being written; stop it"):
        delete_run(copied)
    assert copied.config_file.exists()
