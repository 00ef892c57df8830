import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from core.experiments.design import read_experiment
from core.experiments.trial import run_sequentially
from core.experiments.watch import TrialWatch, WatchedTrial


def test_trials_are_watched_and_their_changes_are_shown(
    written: Callable[..., Path], tmp_path: Path
) -> None:
    design, runs, shown = read_experiment(str(written())), tmp_path / "runs", list[str]()

    def show(changed: Sequence[WatchedTrial]) -> None:
        shown.extend(f"{trial.name} {trial.state}" for trial in changed)

    watch = TrialWatch(design.trials, runs, threading.Event())
    assert watch.ended == 0
    with watch.showing(show):
        run_sequentially(design.trials, runs, threading.Event())
    assert watch.ended == 4
    assert {line for line in shown if line.endswith("finished")} == {
        f"{trial.name} finished" for trial in design.trials
    }
    assert TrialWatch(design.trials, runs, threading.Event()).ended == 4


def test_trials_are_asked_to_stop_once_it_is_time(
    written: Callable[..., Path], tmp_path: Path
) -> None:
    design = read_experiment(str(written()), ["training.epochs=100000"])
    runs, stopping = tmp_path / "runs", threading.Event()
    watch = TrialWatch(design.trials, runs, stopping)

    def stop(_: Sequence[WatchedTrial]) -> None:
        if any(trial.history.progress for trial in watch.trials):
            stopping.set()

    began = time.monotonic()
    with watch.showing(stop):
        run_sequentially(design.trials, runs, stopping)
    assert time.monotonic() - began < 60
    assert [trial.state for trial in watch.trials] == ["stopped", "new", "new", "new"]


def test_a_view_that_fails_does_not_keep_trials_from_being_stopped(
    written: Callable[..., Path], tmp_path: Path
) -> None:
    design = read_experiment(str(written()), ["training.epochs=100000"])
    stopping, failed = threading.Event(), list[int]()
    watch = TrialWatch(design.trials, tmp_path / "runs", stopping)

    def fail(_: Sequence[WatchedTrial]) -> None:
        if any(trial.state == "training" for trial in watch.trials):
            stopping.set()
            failed.append(1)
            raise BrokenPipeError

    with watch.showing(fail):
        run_sequentially(design.trials, tmp_path / "runs", stopping)
    assert failed and watch.trials[0].state == "stopped"
