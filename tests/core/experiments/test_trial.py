import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core.catalogue.labels import Labels, read_labels, write_labels
from core.catalogue.listing import Catalogue, summarize
from core.errors import InputError
from core.experiments.design import Trial, read_experiment
from core.experiments.membership import Membership, read_membership
from core.experiments.trial import (
    check_trials,
    packed,
    run_of,
    run_sequentially,
    train_trial,
    unpacked,
)
from core.runs import checkpoint
from core.runs.directory import RunDirectory
from core.session import prepare, train
from core.training.control import Control
from core.training.events import Evaluated

Written = Callable[..., Path]


@pytest.fixture
def trials(written: Written) -> tuple[Trial, ...]:
    return read_experiment(str(written())).trials


def weights(run: RunDirectory) -> dict[str, torch.Tensor]:
    return dict(checkpoint.load(run.checkpoint("last")).model)


def same(one: RunDirectory, other: RunDirectory) -> bool:
    left, right = weights(one), weights(other)
    return all(torch.equal(left[name], right[name]) for name in left.keys() | right.keys())


def test_trials_are_ordinary_runs_that_say_what_they_are(
    trials: tuple[Trial, ...], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    run_sequentially(trials, runs, threading.Event())
    assert {run.name for run in Catalogue(runs).summaries()} == {trial.name for trial in trials}
    for trial in trials:
        run = run_of(trial, runs)
        assert summarize(run).state == "finished"
        assert read_labels(run).tags == ("weights",)
        assert read_membership(run) == Membership("weights", trial.variant, trial.seed)
        # The same as the run that anybody would train with these settings.
        alone = prepare(trial.config, tmp_path / "alone", trial.name)
        for _ in train(alone, Control()):
            pass
        assert same(run, alone)


def test_what_was_interrupted_goes_on_and_what_has_ended_is_left_alone(
    trials: tuple[Trial, ...], tmp_path: Path
) -> None:
    whole, runs = tmp_path / "whole", tmp_path / "runs"
    run_sequentially(trials[:2], whole, threading.Event())
    control = Control()
    for event in train_trial(trials[0], runs, control):
        if isinstance(event, Evaluated):
            control.stop()
    first = run_of(trials[0], runs)
    assert summarize(first).state == "stopped"
    write_labels(first, Labels(("mine",), "kept"))
    check_trials(trials, runs)
    run_sequentially(trials[:2], runs, threading.Event())
    assert all(same(run_of(trial, runs), run_of(trial, whole)) for trial in trials[:2])
    assert read_labels(first) == Labels(("mine",), "kept")
    before = first.journal_file.read_bytes()
    run_sequentially(trials[:2], runs, threading.Event())
    assert first.journal_file.read_bytes() == before


def test_no_trial_begins_once_it_is_to_stop(trials: tuple[Trial, ...], tmp_path: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    run_sequentially(trials, tmp_path / "runs", stopping)
    assert not (tmp_path / "runs").exists()


def test_a_run_of_that_name_with_other_settings_is_refused(
    written: Written, tmp_path: Path
) -> None:
    trials = read_experiment(str(written()), ["model.latent_size=3"]).trials
    prepare(trials[-1].config, tmp_path / "runs", trials[-1].name)
    check_trials(trials, tmp_path / "runs")
    others = read_experiment(str(written())).trials
    with pytest.raises(InputError, match=r"has another model\.latent_size; choose"):
        check_trials(others, tmp_path / "runs")


def test_a_trial_travels_whole(trials: tuple[Trial, ...]) -> None:
    assert [unpacked(packed(trial)) for trial in trials] == list(trials)


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b'{"experiment": 3}'])
def test_a_damaged_membership_is_none(copied: RunDirectory, damage: bytes) -> None:
    assert read_membership(copied) is None
    copied.experiment_file.write_bytes(damage)
    assert read_membership(copied) is None
