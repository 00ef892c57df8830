import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from core.catalogue.listing import (
    Catalogue,
    disk_use,
    list_runs,
    rename_run,
    run_directories,
    summarize,
)
from core.config.schema import Config
from core.corpus.paradigms import Corpus
from core.errors import InputError, OwnedElsewhereError
from core.runs.directory import RunDirectory, create_run
from core.runs.journal import JournalFollower, JournalWriter
from core.runs.ownership import STALE_SECONDS, owning
from core.session import prepare, train
from core.training.control import Control
from core.training.events import Alarm, Evaluated, Finished, Progress, Started, to_line
from core.training.metrics import values

Tiny = Callable[..., Config]
LONG = 2**16
"""Bytes of a journal that is longer than those of the other runs."""


def test_a_finished_run_is_summed_up(trained: RunDirectory) -> None:
    told = JournalFollower(trained.journal_file).read_new()
    best = [event for event in told if isinstance(event, Evaluated) and event.best][-1]
    assert isinstance(told[-1], Finished)
    assert msgspec.structs.asdict(summarize(trained)) == {
        "name": "trained",
        "state": "finished",
        "epoch": 40.0,
        "step": told[-1].step,
        "age": told[-1].time,
        "metrics": values([event for event in told if isinstance(event, Progress)][-1])
        | values(best)
        | {"epoch": best.epoch},
        "size": sum(file.stat().st_size for file in distinct_files(trained.path)),
        "tags": (),
        "note": "",
        "alarms": (),
    }
    assert summarize(trained).bleu4 == best.scores.selection_bleu4


def test_an_alarm_stands_however_long_ago_it_began(copied: RunDirectory) -> None:
    told = JournalFollower(copied.journal_file).read_new()
    last = [event for event in told if isinstance(event, Progress)][-1]

    def alarm(kind: str, step: int, begins: bool) -> bytes:
        return to_line(
            Alarm(
                step=step, epoch=step / 3, time=1e9, elapsed=1.0, kind=kind, message="m",
                advice="a", begins=begins,
            )
        )  # fmt: skip

    lines = copied.journal_file.read_bytes().splitlines(keepends=True)
    head = [lines[0], alarm("plateau", 1, True), alarm("gradient", 1, True)]
    filler = [to_line(last)] * (LONG // len(to_line(last)) + 1)
    ended = alarm("gradient", 100, False)
    copied.journal_file.write_bytes(b"".join([*head, *filler, *lines[1:], ended]))
    assert copied.journal_file.stat().st_size > LONG
    assert summarize(copied).alarms == ("plateau",)


def test_alarms_after_the_point_from_which_a_run_was_resumed_are_void(copied: RunDirectory) -> None:
    moment = {"epoch": 20.0, "time": 1e9, "elapsed": 1.0}
    start = next(
        event
        for event in JournalFollower(copied.journal_file).read_new()
        if isinstance(event, Started)
    )
    catalogue = Catalogue(copied.path.parent)
    with JournalWriter(copied.journal_file) as journal:
        journal.write(
            Alarm(step=80, kind="plateau", message="m", advice="a", begins=True, **moment)  # type: ignore[arg-type]
        )
    assert catalogue.summaries()[0].alarms == ("plateau",)
    with JournalWriter(copied.journal_file) as journal:
        journal.write(msgspec.structs.replace(start, resumed=True, step=60))
    assert catalogue.summaries()[0].alarms == ()


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
        again = to_line(msgspec.structs.replace(first, step=expected.step, resumed=True))
        for _ in range(3 * LONG // len(again)):
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


def test_a_thousand_runs_are_listed_in_under_a_second(
    trained: RunDirectory, tmp_path: Path
) -> None:
    config = trained.config_file.read_bytes()
    lines = trained.journal_file.read_bytes()
    for number in range(1000):
        run = RunDirectory(tmp_path / f"run-{number}")
        run.checkpoints.mkdir(parents=True)
        run.config_file.write_bytes(config)
        run.journal_file.write_bytes(lines)
    catalogue = Catalogue(tmp_path)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        summaries = catalogue.summaries()
        seconds.append(time.process_time() - start)
    assert len(summaries) == 1000
    assert {summary.state for summary in summaries} == {"finished"}
    assert seconds[0] < 1
    assert min(seconds[1:]) < seconds[0] / 2, "what has not changed is not read again"


def test_a_growing_journal_is_read_on_and_comes_to_the_same_as_anew(
    copied: RunDirectory, tmp_path: Path
) -> None:
    lines = copied.journal_file.read_bytes().splitlines(keepends=True)
    # A line that reaches the disk in two halves, and a training that goes on from before the end.
    resumed = to_line(Started(**NOW, resumed=True, **SIZES))
    pieces = [*lines[:-2], lines[-2][:20], lines[-2][20:], lines[-1], resumed, lines[5]]
    catalogue = Catalogue(tmp_path)
    copied.journal_file.write_bytes(b"")
    for piece in pieces:
        with copied.journal_file.open("ab") as file:
            file.write(piece)
        assert catalogue.summaries() == list_runs(tmp_path)


def test_a_journal_that_begins_anew_is_read_anew(copied: RunDirectory, tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    assert catalogue.summaries()[0].state == "finished"
    copied.journal_file.write_bytes(to_line(Started(**NOW, resumed=False, **SIZES)))
    (summary,) = catalogue.summaries()
    assert (summary.state, summary.bleu4) == ("crashed", None)


def test_a_run_written_on_another_host_is_elsewhere_until_it_falls_silent(
    copied: RunDirectory,
) -> None:
    with JournalWriter(copied.journal_file) as journal:
        journal.write(Started(**NOW, resumed=True, **SIZES))
    copied.lock_file.write_text('{"host":"far.example","pid":7,"since":1.5}')
    assert summarize(copied).state == "elsewhere"
    with pytest.raises(OwnedElsewhereError, match=r"process 7 on far\.example"):
        rename_run(copied, "other")
    silent = time.time() - STALE_SECONDS - 1
    os.utime(copied.lock_file, (silent, silent))
    assert summarize(copied).state == "crashed"


def test_the_configuration_of_a_run_is_read_again_when_it_changes(
    copied: RunDirectory, tmp_path: Path
) -> None:
    catalogue = Catalogue(tmp_path)
    config = catalogue.config("copied")
    assert config == copied.config()
    assert catalogue.config("copied") is config
    copied.config_file.write_text("[model]\nlatent_size = 7\n")
    changed = catalogue.config("copied")
    assert changed is not None and changed.model.latent_size == 7
    copied.config_file.write_text("[model]\nlatent_size = -7\n")
    assert catalogue.config("copied") is None
    assert catalogue.config("none") is None


def test_a_file_of_several_names_takes_its_room_once(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below/a").write_bytes(b"x" * 1000)
    (tmp_path / "b").hardlink_to(tmp_path / "below/a")
    (tmp_path / "c").write_bytes(b"x" * 10)
    assert disk_use(tmp_path) == 1010
    assert disk_use(tmp_path / "none") == 0


def test_a_run_is_renamed(copied: RunDirectory, tmp_path: Path) -> None:
    before = summarize(copied)
    renamed = rename_run(copied, "other")
    assert renamed.path == tmp_path / "other" and not copied.path.exists()
    after = summarize(renamed)
    assert (after.name, after.state, after.bleu4) == ("other", before.state, before.bleu4)


def test_a_run_is_not_renamed_to_what_cannot_be_its_name(
    copied: RunDirectory, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="there is a run 'taken' already"):
        rename_run(copied, "taken")
    with pytest.raises(InputError, match="cannot be the name of a run"):
        rename_run(copied, "../out")
    assert copied.config_file.exists()


def test_a_run_that_is_being_written_is_not_renamed(copied: RunDirectory) -> None:
    with owning(copied), pytest.raises(OwnedElsewhereError, match=r"is being written.*stop it"):
        rename_run(copied, "other")
    assert copied.config_file.exists()


NOW = {"step": 2, "epoch": 0.5, "time": 1.5, "elapsed": 1.0}
SIZES = {"steps": 12, "steps_per_epoch": 3, "words": 36, "paradigms": 8, "duplicates": 1}


def distinct_files(path: Path) -> list[Path]:
    """Files under a folder, those with several names once."""
    files = {file.stat().st_ino: file for file in path.rglob("*") if file.is_file()}
    return list(files.values())
