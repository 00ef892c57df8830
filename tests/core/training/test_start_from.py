import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core.config.schema import Config
from core.errors import InputError
from core.runs.checkpoint import load
from core.runs.directory import RunDirectory
from core.session import START, prepare, train
from core.training.control import Control
from core.training.events import Evaluated

Tiny = Callable[..., Config]


def forked(tiny: Tiny, run: RunDirectory, *more: str) -> Config:
    return tiny(f"training.start_from={run.checkpoint('best')}", *more)


def first_ce(run: RunDirectory) -> float:
    ces = [event.ce for event in train(run, Control()) if hasattr(event, "ce")]
    return float(ces[0])


def test_a_training_starts_from_the_weights_of_another(
    trained: RunDirectory, tiny: Tiny, tmp_path: Path
) -> None:
    quiet = ("objective.word_dropout=0", "optimizer.learning_rate=1e-9")
    run = prepare(forked(tiny, trained, *quiet), tmp_path, "fork")
    best = load(trained.checkpoint("best")).model
    kept = load(run.checkpoint(START)).model
    assert best.keys() == kept.keys()
    assert all(torch.equal(best[name], kept[name]) for name in best)
    fresh = prepare(tiny(*quiet), tmp_path, "fresh")
    assert first_ce(run) < 0.8 * first_ce(fresh)


def test_a_fork_needs_the_other_run_no_longer(
    copied: RunDirectory, tiny: Tiny, tmp_path: Path
) -> None:
    run = prepare(forked(tiny, copied), tmp_path / "runs", "fork")
    shutil.rmtree(copied.path)
    assert [event for event in train(run, Control()) if isinstance(event, Evaluated)]
    assert run.checkpoint_names() == ["best", "last", START]


def test_weights_of_another_shape_are_refused_and_nothing_is_left_behind(
    trained: RunDirectory, tiny: Tiny, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"of another shape \(.* is 32, not 40\)"):
        prepare(forked(tiny, trained, "model.hidden_size=20"), tmp_path, "fork")
    assert not list(tmp_path.iterdir())


def test_weights_of_another_alphabet_are_refused(
    copied: RunDirectory, tiny: Tiny, tmp_path: Path
) -> None:
    text = copied.vocabulary_file.read_text()
    copied.vocabulary_file.write_text(text.replace('"w"', '"ß"'))
    with pytest.raises(InputError, match="another alphabet or other tenses"):
        prepare(forked(tiny, copied), tmp_path / "runs", "fork")


def test_a_checkpoint_that_is_not_there_is_refused(
    trained: RunDirectory, tiny: Tiny, tmp_path: Path
) -> None:
    missing = trained.checkpoints / "none.safetensors"
    with pytest.raises(InputError, match="there is no checkpoint 'none'"):
        prepare(tiny(f"training.start_from={missing}"), tmp_path, "fork")


def test_a_fork_that_lost_its_weights_does_not_begin_from_others(
    trained: RunDirectory, tiny: Tiny, tmp_path: Path
) -> None:
    run = prepare(forked(tiny, trained), tmp_path, "fork")
    run.checkpoint(START).unlink()
    with pytest.raises(InputError, match="there is no checkpoint 'start'"):
        list(train(run, Control()))
