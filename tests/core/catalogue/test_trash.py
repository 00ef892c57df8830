from pathlib import Path

import pytest

from core.catalogue.listing import list_runs, summarize
from core.catalogue.trash import FOLDER, discard, discarded, empty_trash, restore
from core.errors import InputError, OwnedElsewhereError
from core.runs.directory import RunDirectory
from core.runs.ownership import owning


def test_a_deleted_run_is_no_longer_listed_and_can_be_put_back(
    copied: RunDirectory, tmp_path: Path
) -> None:
    before = summarize(copied)
    run = discard(copied)
    assert list_runs(tmp_path) == [] and not copied.path.exists()
    assert discarded(tmp_path) == [run] and run.name == "copied"
    assert restore(run) == copied
    assert summarize(copied) == before
    assert discarded(tmp_path) == []


def test_runs_of_the_same_name_can_be_deleted_one_after_another(tmp_path: Path) -> None:
    for text in ("first", "second"):
        (tmp_path / "run").mkdir()
        (tmp_path / "run/note").write_text(text)
        discard(RunDirectory(tmp_path / "run"))
    last, first = discarded(tmp_path)
    assert last.time > first.time
    restore(last)
    assert (tmp_path / "run/note").read_text() == "second"
    with pytest.raises(InputError, match="there is a run 'run' again"):
        restore(first)


def test_the_trash_is_emptied_for_good(copied: RunDirectory, tmp_path: Path) -> None:
    run = discard(copied)
    (tmp_path / FOLDER / "foreign").mkdir()
    assert len(discarded(tmp_path)) == 1
    empty_trash(tmp_path)
    assert discarded(tmp_path) == [] and not (tmp_path / FOLDER).exists()
    empty_trash(tmp_path)
    with pytest.raises(InputError, match="cannot put back 'copied'"):
        restore(run)


def test_emptying_the_trash_follows_no_link(copied: RunDirectory, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(copied.path)
    discard(RunDirectory(linked))
    empty_trash(tmp_path)
    assert copied.config_file.exists()


def test_a_run_that_is_being_written_is_not_deleted(copied: RunDirectory, tmp_path: Path) -> None:
    with owning(copied), pytest.raises(OwnedElsewhereError, match=r"is being written.*stop it"):
        discard(copied)
    assert copied.config_file.exists() and discarded(tmp_path) == []


def test_a_run_that_is_not_there_is_not_deleted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot delete"):
        discard(RunDirectory(tmp_path / "none"))
    assert discarded(tmp_path) == []
