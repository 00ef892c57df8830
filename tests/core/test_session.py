import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from torch import Tensor

from core.catalogue.listing import summarize
from core.compute.workers import Workers
from core.config.build import to_toml
from core.config.schema import Chosen, Config
from core.corpus.paradigms import Corpus
from core.errors import InputError, OwnedElsewhereError, TrainingError
from core.model.inference import Inference
from core.runs.checkpoint import load, load_inference
from core.runs.directory import RunDirectory
from core.runs.environment import read_environment
from core.runs.history import History
from core.runs.journal import JournalFollower
from core.runs.ownership import is_owned, owning
from core.session import checked, prepare, train
from core.training import events
from core.training.control import Control

Tiny = Callable[..., Config]
WhileStep = Callable[[int, Callable[[], None]], None]

RECIPES = {
    "adam, a coin a word": (
        "teacher_forcing.kind=sequence",
        "teacher_forcing.start=0.5",
        "teacher_forcing.end=0.5",
    ),
    "sgd with momentum, a coin a character": (
        "teacher_forcing.kind=token",
        "teacher_forcing.start=0.5",
        "teacher_forcing.end=0.5",
        "optimizer.kind=sgd",
        "optimizer.momentum=0.9",
        "optimizer.learning_rate=0.1",
    ),
    "adamw, all forced": ("optimizer.kind=adamw", "optimizer.weight_decay=0.1"),
}
REPORTS = "training.report_every=5"
"""So that a mean spans an interruption."""


def weights(run: RunDirectory, checkpoint: str = "last") -> dict[str, Tensor]:
    return dict(load(run.checkpoint(checkpoint)).model)


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def journal(run: RunDirectory) -> list[events.Event]:
    return JournalFollower(run.journal_file).read_new()


def told(run: RunDirectory) -> list[events.Event]:
    """What the journal tells of the training itself: void lines dropped, clock readings too."""
    kept: list[events.Event] = []
    for event in journal(run):
        if isinstance(event, events.Started):
            kept = [old for old in kept if old.step <= event.step]
        elif isinstance(event, events.Progress):
            kept.append(
                msgspec.structs.replace(event, time=0, elapsed=0, words_per_second=0, eta=0)
            )
        elif isinstance(event, events.Evaluated):
            kept.append(msgspec.structs.replace(event, time=0, elapsed=0))
    return kept


def numbers(run: RunDirectory) -> dict[str, tuple[list[int], list[float]]]:
    """The series of a run, as a chart draws them."""
    history = History()
    history.add(journal(run))
    return {
        name: (list(series.steps), list(series.values))
        for name, series in history.series.items()
        if name != "words_per_second"
    }


@pytest.fixture(scope="module")
def uninterrupted(
    tiny: Tiny, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], RunDirectory]:
    """The run of a recipe that nobody interrupted."""

    @functools.cache
    def trained(recipe: str) -> RunDirectory:
        run = prepare(tiny(*RECIPES[recipe], REPORTS), tmp_path_factory.mktemp("straight"))
        for _ in train(run, Control()):
            pass
        return run

    return trained


class TestPreparing:
    def test_names_a_run_after_corpus_and_label(self, tiny: Tiny, tmp_path: Path) -> None:
        names = [prepare(tiny(), tmp_path, label=label).name for label in ("", "lab4", "lab4")]
        assert names == ["tiny-1", "tiny-lab4-1", "tiny-lab4-2"]

    def test_takes_the_name_it_is_given(self, tiny: Tiny, tmp_path: Path) -> None:
        assert prepare(tiny(), tmp_path, "mine").path == tmp_path / "mine"

    def test_copies_corpus_and_pairs_into_the_run(
        self, tiny: Tiny, corpus: Corpus, tmp_path: Path
    ) -> None:
        pairs = tmp_path / "pairs.txt"
        pairs.write_text("walk walked\n")
        run = prepare(tiny(f"data.pairs={pairs}"), tmp_path / "runs")
        pairs.unlink()
        assert run.corpus() == corpus
        assert [pair.target for pair in run.pairs(corpus)] == ["walked"]

    @pytest.mark.parametrize(
        ("settings", "name", "complaint"),
        [
            (["data.corpus=nouns"], "", "there is no corpus 'nouns'"),
            (["data.pairs=/none"], "", "/none is not a file"),
            (["data.pairs=~nobody-here/x"], "", "~nobody-here/x is not a file"),
            (["hardware.device=mps"], "", "there is no mps here"),
            ([], "../up", "cannot be the name of a run"),
        ],
    )
    def test_leaves_nothing_behind_when_it_is_refused(
        self, tiny: Tiny, tmp_path: Path, settings: list[str], name: str, complaint: str
    ) -> None:
        with pytest.raises(InputError, match=complaint):
            prepare(tiny(*settings), tmp_path / "runs", name)
        assert list(tmp_path.iterdir()) == []

    def test_refuses_a_split_to_select_on_that_is_not_there(
        self, tiny: Tiny, tmp_path: Path
    ) -> None:
        file = tmp_path / "train-alone.txt"
        file.write_text("walk walks walking walked\n")
        with pytest.raises(InputError, match=r"evaluation.select_on is valid"):
            prepare(tiny(f"data.corpus={file}", "evaluation.select_on=valid"), tmp_path / "runs")
        assert not (tmp_path / "runs").exists()


class TestTraining:
    def test_yields_what_stands_in_the_journal(self, tiny: Tiny, tmp_path: Path) -> None:
        run = prepare(tiny(), tmp_path)
        follower = JournalFollower(run.journal_file)
        for event in train(run, Control()):
            assert follower.read_new() == [event]
        assert isinstance(event, events.Finished)
        assert follower.read_new() == []

    def test_owns_the_run_meanwhile(self, tiny: Tiny, tmp_path: Path) -> None:
        run = prepare(tiny(), tmp_path)
        training = train(run, Control())
        next(training)
        assert is_owned(run)
        with pytest.raises(OwnedElsewhereError):
            next(train(run, Control()))
        training.close()
        assert not is_owned(run)

    def test_is_refused_while_another_owns_the_run(self, copied: RunDirectory) -> None:
        before = copied.journal_file.read_bytes()
        with owning(copied), pytest.raises(OwnedElsewhereError):
            next(train(copied, Control()))
        assert copied.journal_file.read_bytes() == before

    def test_leaves_last_and_best(self, trained: RunDirectory) -> None:
        last, best = load(trained.checkpoint("last")), load(trained.checkpoint("best"))
        evaluated = [e for e in journal(trained) if isinstance(e, events.Evaluated) and e.best]
        assert last.position.step == journal(trained)[-1].step
        assert best.position.step == evaluated[-1].step
        assert last.position.best == best.position.best == evaluated[-1].joint
        assert last.training and not best.training

    def test_keeps_as_many_earlier_checkpoints_as_it_is_told(self, trained: RunDirectory) -> None:
        assert trained.checkpoint_names() == ["best", "last", "step-000000120", "step-000000117"]
        assert load(trained.checkpoint("step-000000117")).position.step == 117
        assert same(weights(trained, "step-000000120"), weights(trained))
        assert not same(weights(trained, "step-000000117"), weights(trained))

    @pytest.mark.parametrize("keep", [1, 3])
    def test_never_has_more_earlier_checkpoints_than_it_was_told(
        self, tiny: Tiny, tmp_path: Path, keep: int
    ) -> None:
        run = prepare(tiny(f"checkpoints.keep={keep}", "training.epochs=6"), tmp_path)
        for count in (1, 2):
            control = Control()
            for event in train(run, control):
                names = run.checkpoint_names()
                assert len([name for name in names if name.startswith("step-")]) <= keep
                if isinstance(event, events.Saved) and event.step > 6:
                    assert {"best", "last"} <= set(names)
                if count == 1 and event.step == 10:
                    control.stop()
        newest = [f"step-{step:09}" for step in (18, 15, 12)][:keep]
        assert run.checkpoint_names() == ["best", "last", *newest]
        # The newest is another name of `last`, which takes no room.
        assert run.checkpoint(newest[0]).samefile(run.checkpoint("last"))

    def test_keeps_none_unless_it_is_told(self, tiny: Tiny, tmp_path: Path) -> None:
        run = prepare(tiny(), tmp_path)
        list(train(run, Control()))
        assert set(run.checkpoint_names()) == {"best", "last"}

    def test_says_what_it_was_computed_with(self, trained: RunDirectory) -> None:
        environment = read_environment(trained)
        assert environment is not None
        assert environment.hardware.device == "cpu" and environment.hardware.threads == 1
        assert environment.torch == torch.__version__
        assert json.loads(trained.environment_file.read_bytes())["python"]

    def test_sends_warnings_of_libraries_to_the_log(
        self, tiny: Tiny, tmp_path: Path, recwarn: pytest.WarningsRecorder
    ) -> None:
        run = prepare(tiny(), tmp_path)
        for event in train(run, Control()):
            if event.step == 2:
                warnings.warn("the sky is falling", stacklevel=1)
        assert "the sky is falling" in run.log_file.read_text()
        assert not recwarn.list

    def test_needs_its_corpus_file_no_more(self, tiny: Tiny, tmp_path: Path) -> None:
        file = tmp_path / "verbs.txt"
        file.write_text("walk walks walking walked\ncut cuts cutting cut\n")
        run = prepare(tiny(f"data.corpus={file}", "training.epochs=1"), tmp_path / "runs")
        file.unlink()
        assert isinstance(list(train(run, Control()))[-1], events.Finished)
        inference = load_inference(run, "last")
        assert len(inference.convert(["walk"], [0], [3])) == 1


@pytest.fixture
def stopped(tiny: Tiny, tmp_path: Path) -> RunDirectory:
    """A run that was stopped half way."""
    run, control = prepare(tiny(), tmp_path / "stopped"), Control()
    for event in train(run, control):
        if event.step == 6:
            control.stop()
    return run


def test_the_configuration_of_a_run_repeats_it_with_what_was_chosen(
    tiny: Tiny, tmp_path: Path
) -> None:
    config = tiny("hardware.threads=0", "hardware.device=auto", "training.batch_size=0")
    chosen = Chosen(device="cpu", threads=1, precision="float32", batch_size=12)
    again = checked(msgspec.structs.replace(config, chosen=chosen))
    assert (again.hardware.threads, again.training.batch_size, again.chosen) == (1, 12, None)
    gone = checked(
        msgspec.structs.replace(config, chosen=msgspec.structs.replace(chosen, device="mps"))
    )
    assert (gone.hardware.threads, gone.training.batch_size, gone.chosen) == (0, 0, None)


class TestResuming:
    @pytest.mark.parametrize("recipe", RECIPES)
    @pytest.mark.parametrize("step", [0, 1, 3, 4, 5, 6, 11, 12])
    def test_after_a_stop_ends_as_if_nothing_had_been(
        self,
        tiny: Tiny,
        tmp_path: Path,
        uninterrupted: Callable[[str], RunDirectory],
        while_step: WhileStep,
        recipe: str,
        step: int,
    ) -> None:
        run, control = prepare(tiny(*RECIPES[recipe], REPORTS), tmp_path), Control()
        if step:
            while_step(step - 1, control.stop)
        else:
            control.stop()
        last = list(train(run, control))[-1]
        assert isinstance(last, events.Stopped) and last.step == step
        torch.manual_seed(step)
        assert isinstance(list(train(run, Control()))[-1], events.Finished)
        straight = uninterrupted(recipe)
        assert same(weights(run), weights(straight))
        assert same(weights(run, "best"), weights(straight, "best"))
        assert told(run) == told(straight)

    @pytest.mark.parametrize("recipe", RECIPES)
    def test_again_and_again_ends_as_if_nothing_had_been(
        self,
        tiny: Tiny,
        tmp_path: Path,
        uninterrupted: Callable[[str], RunDirectory],
        recipe: str,
    ) -> None:
        run, starts = prepare(tiny(*RECIPES[recipe], REPORTS), tmp_path), 0
        while summarize(run).state != "finished":
            control = Control()
            for event in train(run, control):
                if not isinstance(event, events.Started):
                    control.stop()
            starts += 1
            assert starts < 30
        assert starts > 3
        assert same(weights(run), weights(uninterrupted(recipe)))
        assert told(run) == told(uninterrupted(recipe))

    @pytest.mark.parametrize("events_seen", [2, 3, 5, 7, 9])
    def test_after_a_crash_goes_on_from_the_last_checkpoint(
        self,
        tiny: Tiny,
        tmp_path: Path,
        uninterrupted: Callable[[str], RunDirectory],
        events_seen: int,
    ) -> None:
        recipe = "adam, a coin a word"
        run = prepare(tiny(*RECIPES[recipe], REPORTS, "checkpoints.every_epochs=1"), tmp_path)
        training = train(run, Control())
        for _ in range(events_seen):
            next(training)
        training.close()
        list(train(run, Control()))
        assert same(weights(run), weights(uninterrupted(recipe)))
        assert told(run) == told(uninterrupted(recipe))

    def test_after_a_stop_within_an_evaluation_takes_it_anew(
        self,
        tiny: Tiny,
        tmp_path: Path,
        uninterrupted: Callable[[str], RunDirectory],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        recipe = "adam, a coin a word"
        run, control = prepare(tiny(*RECIPES[recipe], REPORTS), tmp_path), Control()
        sample = Inference.sample

        def interrupted(inference: Inference, draws: int, seed: int) -> list[tuple[str, ...]]:
            control.stop()
            return sample(inference, draws, seed)

        with monkeypatch.context() as patch:
            patch.setattr(Inference, "sample", interrupted)
            list(train(run, control))
        assert not any(isinstance(event, events.Evaluated) for event in journal(run))
        list(train(run, Control()))
        assert told(run) == told(uninterrupted(recipe))

    def test_counts_the_time_of_both_parts(self, tiny: Tiny, tmp_path: Path) -> None:
        run, control = prepare(tiny(), tmp_path), Control()
        for event in train(run, control):
            if event.step == 6:
                control.stop()
            if isinstance(event, events.Saved):
                saved = event.elapsed
        resumed = list(train(run, Control()))
        assert resumed[0].elapsed >= saved > 0
        assert resumed[-1].elapsed > resumed[0].elapsed

    def test_of_a_finished_run_is_refused(self, copied: RunDirectory) -> None:
        before = copied.journal_file.read_bytes()
        with pytest.raises(InputError, match="has finished all its epochs; start a new run"):
            next(train(copied, Control()))
        assert copied.journal_file.read_bytes() == before
        assert not is_owned(copied)

    @pytest.mark.parametrize("earlier", [False, True])
    def test_keeps_the_hardware_of_the_beginning(
        self, stopped: RunDirectory, monkeypatch: pytest.MonkeyPatch, earlier: bool
    ) -> None:
        config = stopped.config()
        assert config.chosen == Chosen(
            device="cpu", threads=1, precision="float32", batch_size=config.training.batch_size
        )
        # A number that no measurement tries. Version 0.1.0 wrote it to the environment alone.
        chosen = None if earlier else msgspec.structs.replace(config.chosen, threads=7)
        open_ = msgspec.structs.replace(config.hardware, threads=0)
        config = msgspec.structs.replace(config, hardware=open_, chosen=chosen)
        stopped.config_file.write_text(to_toml(config))
        before = stopped.environment_file.read_text()
        if earlier:
            before = before.replace('"threads": 1', '"threads": 7')
        stopped.environment_file.write_text(before)
        counts: list[int] = []

        def workers(count: int) -> Workers:
            counts.append(count)
            return Workers(count)

        monkeypatch.setattr("core.training.trainer.Workers", workers)
        list(train(stopped, Control()))
        assert counts == [7]
        assert stopped.environment_file.read_text() == before

    def test_measures_anew_where_a_stop_ended_the_measurement(
        self, tiny: Tiny, tmp_path: Path, while_step: WhileStep
    ) -> None:
        control = Control()
        while_step(0, control.stop)
        run = prepare(tiny("hardware.precision=auto", "hardware.threads=0"), tmp_path)
        last = list(train(run, control))[-1]
        assert isinstance(last, events.Stopped) and last.step == 0
        assert read_environment(run) is None
        while_step(0, lambda: None)
        assert isinstance(list(train(run, Control()))[-1], events.Finished)
        assert read_environment(run) is not None

    def test_sweeps_up_what_a_process_left_half_written(self, stopped: RunDirectory) -> None:
        torn = [
            stopped.checkpoints / ".last.safetensors.0123abcd",
            stopped.path / ".environment.json.0123abcd",
            stopped.path / ".config.toml.0123abcd",
        ]
        others = [stopped.path / ".labels.json.0123abcd", stopped.checkpoints / ".notes"]
        for path in (*torn, *others):
            path.write_bytes(b"half")
        list(train(stopped, Control()))
        assert [path.exists() for path in (*torn, *others)] == [False] * 3 + [True] * 2

    def test_writes_the_environment_anew_where_it_is_lost(self, stopped: RunDirectory) -> None:
        stopped.environment_file.write_text("{")
        list(train(stopped, Control()))
        assert read_environment(stopped) is not None

    def test_measures_anew_where_nothing_is_written_down(self, stopped: RunDirectory) -> None:
        config = stopped.config()
        stopped.config_file.write_text(to_toml(msgspec.structs.replace(config, chosen=None)))
        stopped.environment_file.unlink()
        list(train(stopped, Control()))
        assert read_environment(stopped) is not None
        assert stopped.config() == config

    def test_of_a_run_that_never_saved_begins_anew(
        self, tiny: Tiny, tmp_path: Path, uninterrupted: Callable[[str], RunDirectory]
    ) -> None:
        recipe = "adam, a coin a word"
        run = prepare(tiny(*RECIPES[recipe], REPORTS, "checkpoints.every_epochs=100"), tmp_path)
        training = train(run, Control())
        while next(training).step < 3:
            pass
        training.close()
        assert run.checkpoint_names() == []
        list(train(run, Control()))
        assert same(weights(run), weights(uninterrupted(recipe)))
        assert told(run) == told(uninterrupted(recipe))
        assert numbers(run) == numbers(uninterrupted(recipe))

    def test_without_the_checkpoint_last_is_refused(self, stopped: RunDirectory) -> None:
        stopped.checkpoint("last").rename(stopped.checkpoint("best"))
        with pytest.raises(InputError, match="no checkpoint with the state of its optimiser"):
            next(train(stopped, Control()))
        assert not is_owned(stopped)

    def test_from_a_checkpoint_without_its_optimiser_is_refused(
        self, stopped: RunDirectory, trained: RunDirectory
    ) -> None:
        shutil.copy(trained.checkpoint("best"), stopped.checkpoint("last"))
        with pytest.raises(InputError, match="no checkpoint with the state of its optimiser"):
            next(train(stopped, Control()))

    def test_from_a_torn_checkpoint_is_refused(self, stopped: RunDirectory) -> None:
        file = stopped.checkpoint("last")
        file.write_bytes(file.read_bytes()[:-10])
        with pytest.raises(InputError, match="is not a whole checkpoint"):
            next(train(stopped, Control()))

    def test_of_a_run_whose_configuration_was_changed_to_another_model_is_refused(
        self, stopped: RunDirectory
    ) -> None:
        changed = to_toml(stopped.config()).replace("hidden_size = 16", "hidden_size = 20")
        stopped.config_file.write_text(changed)
        with pytest.raises(InputError, match="does not fit this configuration"):
            next(train(stopped, Control()))


def test_a_training_that_fails_leaves_its_last_checkpoint_whole(tiny: Tiny, tmp_path: Path) -> None:
    run = prepare(
        tiny(
            "optimizer.kind=sgd",
            "optimizer.learning_rate=100",
            "optimizer.momentum=0.99",
            "optimizer.clip_norm=0",
            "training.epochs=100",
        ),
        tmp_path,
    )
    failed = list(train(run, Control()))[-1]
    assert isinstance(failed, events.Failed)
    assert "learning rate" in failed.message and "at step" in failed.message
    assert summarize(run).state == "failed"
    for name in run.checkpoint_names():
        assert all(tensor.isfinite().all() for tensor in weights(run, name).values())


def test_a_model_for_which_there_is_no_memory_is_refused_in_a_sentence(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepare(tiny(), tmp_path)

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("core.training.trainer._new_model", full)
    with pytest.raises(TrainingError, match="not enough memory to begin with the run 'tiny-1'"):
        next(train(run, Control()))
    assert not is_owned(run)


TRAIN = """
import sys
from pathlib import Path
from core.training.control import Control
from core.runs.directory import RunDirectory
from core.session import train
for event in train(RunDirectory(Path(sys.argv[1])), Control()):
    if event.step >= 7:
        print(event.step, flush=True)
        sys.stdin.read()
"""


def test_a_killed_process_loses_nothing_that_was_saved(
    tiny: Tiny, tmp_path: Path, uninterrupted: Callable[[str], RunDirectory]
) -> None:
    recipe = "adam, a coin a word"
    run = prepare(tiny(*RECIPES[recipe], REPORTS), tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None and int(process.stdout.readline()) >= 7
    with pytest.raises(OwnedElsewhereError, match=f"process {process.pid} "):
        next(train(run, Control()))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert summarize(run).state == "crashed"
    list(train(run, Control()))
    assert summarize(run).state == "finished"
    assert same(weights(run), weights(uninterrupted(recipe)))
    assert told(run) == told(uninterrupted(recipe))


def test_a_history_tells_a_resumed_run_like_one_that_was_not(
    tiny: Tiny,
    tmp_path: Path,
    uninterrupted: Callable[[str], RunDirectory],
    while_step: WhileStep,
) -> None:
    recipe = "adam, a coin a word"
    run = prepare(tiny(*RECIPES[recipe], REPORTS, "checkpoints.every_epochs=3"), tmp_path)
    training = train(run, Control())
    for event in training:
        if event.step == 12:
            break
    training.close()
    list(train(run, Control()))
    assert numbers(run) == numbers(uninterrupted(recipe))
