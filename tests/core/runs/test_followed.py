from collections.abc import Callable
from pathlib import Path

from core.config.schema import Config
from core.runs.directory import RunDirectory
from core.runs.followed import FollowedRun
from core.runs.history import History
from core.runs.journal import read_whole
from core.session import prepare, train
from core.training import events
from core.training.control import Control

Tiny = Callable[..., Config]


def test_a_run_is_followed_as_it_grows(tmp_path: Path, tiny: Tiny) -> None:
    run = FollowedRun(prepare(tiny(), tmp_path))
    assert (run.update(), run.state, run.name) == ([], "new", run.directory.name)
    training, seen, told = train(run.directory, Control()), list[events.Event](), []
    for event in training:
        told.append(event)
        seen += run.update()
        assert seen == told
        if event.step == 4:
            assert run.state == "training"
            break
    training.close()
    assert (run.update(), run.state) == ([], "crashed")


def test_a_long_journal_is_read_in_portions(trained: RunDirectory) -> None:
    run, size = FollowedRun(trained), trained.journal_file.stat().st_size
    assert run.behind == size
    counts = []
    while new := run.update(2**13):
        counts.append(len(new))
        assert run.behind < size
    assert run.behind == 0 and len(counts) > 3
    whole = History()
    whole.add(read_whole(trained.journal_file))
    assert run.state == "finished" and run.history.best == whole.best
    assert run.history.series.keys() == whole.series.keys()


def test_a_run_whose_settings_cannot_be_read_is_followed_all_the_same(
    copied: RunDirectory,
) -> None:
    assert FollowedRun(copied).config == copied.config() and not FollowedRun(copied).problem
    copied.config_file.write_text("[model]\nlatent_size = -7\n")
    run = FollowedRun(copied)
    assert run.update() and run.state == "finished"
    assert run.config is None and "latent_size" in run.problem


def test_reading_changes_nothing_until_the_events_are_taken_in(trained: RunDirectory) -> None:
    run = FollowedRun(trained)
    new = run.read()
    assert new and run.history.last is None and run.state == "new"
    run.take(new)
    assert run.history.last == new[-1] and run.state == "finished"
