import shutil
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from core.errors import InputError
from core.runs.checkpoint import load, load_inference, save
from core.runs.directory import RunDirectory
from core.training.snapshot import Position, Snapshot

POSITION = Position(step=7, elapsed=1.5, evaluated=6, saved=6, best=0.25)


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


@pytest.fixture
def snapshot() -> Snapshot:
    model = {"a.weight": torch.randn(3, 2), "b": torch.randn(2, 3).T, "empty": torch.zeros(4, 0)}
    return Snapshot(POSITION, model, {"optimizer.0.step": torch.tensor(7.0)})


class TestAFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "last.safetensors"

    def test_holds_the_whole_snapshot(self, file: Path, snapshot: Snapshot) -> None:
        save(file, snapshot, resumable=True)
        found = load(file)
        assert found.position == POSITION
        assert same(dict(found.model), dict(snapshot.model))
        assert same(dict(found.training), dict(snapshot.training))

    def test_holds_the_model_alone_when_it_need_not_be_resumed(
        self, file: Path, snapshot: Snapshot
    ) -> None:
        save(file, snapshot, resumable=False)
        assert load(file).training == {}
        assert same(dict(load(file).model), dict(snapshot.model))

    def test_stays_what_it_was_when_its_successor_cannot_be_written(
        self, file: Path, snapshot: Snapshot
    ) -> None:
        save(file, snapshot, resumable=True)
        before = file.read_bytes()
        unwritable = Snapshot(POSITION, {"a": torch.zeros(2, device="meta")}, {})
        with pytest.raises(Exception, match="meta"):
            save(file, unwritable, resumable=True)
        assert file.read_bytes() == before
        assert list(file.parent.iterdir()) == [file]

    def test_is_readable_by_whoever_can_read_a_plain_file(
        self, file: Path, snapshot: Snapshot
    ) -> None:
        save(file, snapshot, resumable=True)
        plain = file.with_name("plain")
        plain.touch()
        assert file.stat().st_mode == plain.stat().st_mode

    def test_that_is_missing_is_refused(self, file: Path) -> None:
        with pytest.raises(InputError, match="there is no checkpoint 'last' at"):
            load(file)

    @pytest.mark.parametrize("content", [b"", b"\0" * 8, b"x" * 100, b"\xff" * 1000])
    def test_of_something_else_is_refused(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        with pytest.raises(InputError, match="is not a whole checkpoint"):
            load(file)

    def test_that_is_a_pickle_is_refused_and_not_executed(self, file: Path) -> None:
        torch.save({"a": torch.zeros(3), "trap": Trap(file.with_name("sprung"))}, file)
        with pytest.raises(InputError, match="is not a whole checkpoint"):
            load(file)
        assert not file.with_name("sprung").exists()

    def test_of_another_program_is_refused(self, file: Path) -> None:
        safetensors.torch.save_file({"a": torch.zeros(3)}, file)
        with pytest.raises(InputError, match="is not a whole checkpoint"):
            load(file)

    def test_that_is_a_folder_is_refused(self, file: Path) -> None:
        file.mkdir()
        with pytest.raises(InputError, match="is not a whole checkpoint"):
            load(file)


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


def test_a_checkpoint_cut_off_anywhere_is_refused(copied: RunDirectory) -> None:
    file = copied.checkpoint("best")
    whole = file.read_bytes()
    lengths = [*range(64), *range(64, len(whole), len(whole) // 150), len(whole) - 1]
    for length in lengths:
        file.write_bytes(whole[:length])
        with pytest.raises(InputError, match=f"{file} is not a whole checkpoint"):
            load_inference(copied, "best")
    file.write_bytes(whole)
    load_inference(copied, "best")


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_a_checkpoint_damaged_anywhere_is_refused_or_a_model(
    trained: RunDirectory, tmp_path: Path, at: int, damage: bytes
) -> None:
    run = RunDirectory(tmp_path / "run")
    if not run.path.exists():
        shutil.copytree(trained.path, run.path)
    whole = bytearray(trained.checkpoint("best").read_bytes())
    whole[at : at + len(damage)] = damage
    run.checkpoint("best").write_bytes(whole)
    try:
        inference = load_inference(run, "best")
    except InputError as error:
        assert str(run.checkpoint("best")) in str(error)
    else:
        inference.sample(2, seed=0)


def test_a_model_is_ready_for_inference(trained: RunDirectory) -> None:
    model = load_inference(trained, "last").model
    assert not model.training
    assert same(dict(model.state_dict()), dict(load(trained.checkpoint("last")).model))


def test_the_best_is_taken_where_none_is_named(trained: RunDirectory) -> None:
    model = load_inference(trained).model
    assert same(dict(model.state_dict()), dict(load(trained.checkpoint("best")).model))


@pytest.mark.parametrize("name", ["first", "../checkpoints/last", "last.safetensors", "\0"])
def test_a_checkpoint_that_is_not_there_is_refused_with_those_there_are(
    trained: RunDirectory, name: str
) -> None:
    with pytest.raises(InputError, match=r"has no checkpoint .*; accepted: best, last, step-0"):
        load_inference(trained, name)


def test_a_run_that_never_trained_says_so(copied: RunDirectory) -> None:
    shutil.rmtree(copied.checkpoints)
    with pytest.raises(InputError, match="no checkpoint yet; train it first"):
        load_inference(copied, "last")


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("config.toml", "hidden_size = 16", "hidden_size = 17"),
        ("config.toml", "latent_size = 4", "latent_size = 5"),
        ("config.toml", "latent_every_step = true", "latent_every_step = false"),
        ("vocabulary.json", '"a",', '"a", "q",'),
        ("vocabulary.json", '"simple-past"', '"simple-past", "future"'),
    ],
)
def test_a_checkpoint_that_does_not_fit_its_run_is_refused(
    copied: RunDirectory, file: str, before: str, after: str
) -> None:
    text = (copied.path / file).read_text()
    assert before in text
    (copied.path / file).write_text(text.replace(before, after))
    with pytest.raises(InputError, match=r"last.safetensors does not fit config.toml and vocabul"):
        load_inference(copied, "last")
