import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.schema import Config
from core.corpus.paradigms import Corpus, Pair
from core.corpus.vocabulary import Vocabulary
from core.errors import InputError
from core.files import replacing
from core.runs.directory import RunDirectory, check_name, create_run, free_name, open_run

Tiny = Callable[..., Config]
BAD_NAMES = [
    "",
    ".",
    "..",
    ".hidden",
    "../up",
    "a/b",
    "/tmp/x",
    "a\\b",
    "-rf",
    "_x",
    "a b",
    "a\n",
    "a\0",
    "é",
    "a" * 101,
]


@pytest.mark.parametrize("name", ["a", "7", "verbs-1", "a..b", "A_b.c-d", "a" * 100])
def test_a_plain_name_is_accepted(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_hidden_or_leads_elsewhere_is_refused(
    tmp_path: Path, tiny: Tiny, corpus: Corpus, name: str
) -> None:
    with pytest.raises(InputError, match="cannot be the name of a run; accepted: 1 to 100 letters"):
        create_run(tmp_path / "runs", name, tiny(), corpus, ())
    assert list(tmp_path.iterdir()) == []


def test_a_new_run_says_all_that_is_known_before_training(
    tmp_path: Path, tiny: Tiny, corpus: Corpus, vocabulary: Vocabulary
) -> None:
    pairs = (Pair("walk", "walked", 0, 3),)
    made = create_run(tmp_path / "deep" / "runs", "one", tiny(), corpus, pairs)
    found = open_run(tmp_path / "deep" / "runs", "one")
    assert found == made == RunDirectory(tmp_path / "deep" / "runs" / "one")
    assert found.name == "one"
    assert found.config() == tiny()
    assert found.corpus() == corpus
    assert found.vocabulary() == vocabulary
    assert found.pairs(corpus) == pairs
    assert found.checkpoint_names() == []


def test_a_run_without_pairs_has_none(tmp_path: Path, tiny: Tiny, corpus: Corpus) -> None:
    made = create_run(tmp_path, "one", tiny(), corpus, ())
    assert made.pairs(corpus) == ()


def test_a_name_that_is_taken_is_refused(tmp_path: Path, tiny: Tiny, corpus: Corpus) -> None:
    create_run(tmp_path, "one", tiny(), corpus, ())
    with pytest.raises(InputError, match=r"there is a run 'one' in .* continue it with --resume"):
        create_run(tmp_path, "one", tiny("training.seed=1"), corpus, ())
    assert open_run(tmp_path, "one").config() == tiny()


def test_a_place_that_cannot_be_written_is_refused(
    tmp_path: Path, tiny: Tiny, corpus: Corpus
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot write to .*: Not a directory"):
        create_run(tmp_path / "file", "one", tiny(), corpus, ())


def test_a_run_is_opened_by_its_name_or_its_path(
    tmp_path: Path, trained: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_run(trained.path.parent, "trained") == trained
    assert open_run(tmp_path, str(trained.path)) == trained
    monkeypatch.chdir(trained.path.parent)
    assert open_run(tmp_path, "trained").config() == trained.config()


@pytest.mark.parametrize("name", ["other", "~nobody-here/x", "a" * 300, "\0", "\udcff", ""])
def test_a_run_that_is_not_there_is_refused(trained: RunDirectory, name: str) -> None:
    with pytest.raises(InputError, match=r"there is no run .*`cvae-tui runs` lists"):
        open_run(trained.path.parent, name)


def test_a_free_name_is_the_first_that_no_run_has(tmp_path: Path) -> None:
    assert free_name(tmp_path, "verbs") == "verbs-1"
    for number in (1, 2, 4):
        (tmp_path / f"verbs-{number}").mkdir()
    assert free_name(tmp_path, "verbs") == "verbs-3"


@given(st.text(st.characters(), max_size=120))
def test_a_free_name_can_always_be_used(tmp_path: Path, stem: str) -> None:
    check_name(free_name(tmp_path, stem))


def test_checkpoints_are_listed_best_and_last_first_then_from_new_to_old(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    assert run.checkpoint_names() == []
    run.checkpoints.mkdir()
    for name in ("step-000000010", "last", "step-000001000", "best", "step-000000200"):
        run.checkpoint(name).touch()
    (run.checkpoints / ".last.safetensors.x7f").touch()
    assert run.checkpoint_names() == [
        "best",
        "last",
        "step-000001000",
        "step-000000200",
        "step-000000010",
    ]


class TestReplacing:
    def test_puts_the_new_file_in_the_place_of_the_old(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_text("old")
        with replacing(file) as temporary:
            temporary.write_text("new")
            assert file.read_text() == "old"
        assert file.read_text() == "new"
        assert list(tmp_path.iterdir()) == [file]

    def test_leaves_the_old_file_when_its_writer_fails(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_text("old")
        with pytest.raises(RuntimeError), replacing(file) as temporary:
            temporary.write_text("half")
            raise RuntimeError
        assert file.read_text() == "old"
        assert list(tmp_path.iterdir()) == [file]

    def test_makes_a_file_that_the_same_people_can_read_as_any_other(self, tmp_path: Path) -> None:
        (tmp_path / "plain").touch()
        with replacing(tmp_path / "replaced") as temporary:
            temporary.write_text("new")
        modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "replaced")}
        assert len(modes) == 1
