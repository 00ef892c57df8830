import contextlib
import copy
import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from core.compute.hardware import Hardware, is_out_of_memory
from core.compute.randomness import seeded
from core.config.build import with_settings
from core.config.presets import preset, preset_names
from core.config.schema import Config
from core.corpus.batches import Batch
from core.corpus.paradigms import Corpus, Pair
from core.corpus.vocabulary import EOS, SOS, UNK, Vocabulary
from core.errors import InputError
from core.model.cvae import CondVAE
from core.model.inference import Inference
from core.training import events
from core.training.control import Control
from core.training.schedules import Overrides
from core.training.snapshot import Snapshot
from core.training.step import Examples
from core.training.trainer import Trainer, choose_hardware

CPU = Hardware("cpu", 1, "float32", 16)
HALF_FORCED = (
    "teacher_forcing.kind=sequence",
    "teacher_forcing.start=0.5",
    "teacher_forcing.end=0.5",
)

Tiny = Callable[..., Config]
WhileStep = Callable[[int, Callable[[], None]], None]
Make = Callable[..., Trainer]


@pytest.fixture
def make(tiny: Tiny, corpus: Corpus, vocabulary: Vocabulary) -> Make:
    def made(
        *settings: str,
        control: Control | None = None,
        pairs: tuple[Pair, ...] = (),
        hardware: Hardware = CPU,
    ) -> Trainer:
        config = tiny(*settings)
        return Trainer(config, corpus, vocabulary, pairs, control or Control(), hardware)

    return made


def train(trainer: Trainer) -> list[events.Event]:
    return list(trainer.run())


def weights(trainer: Trainer) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def without_clock(told: list[events.Event]) -> list[events.Event]:
    """The events as any machine at any time would tell them."""
    clock = ("time", "elapsed", "words_per_second", "eta")
    return [
        msgspec.structs.replace(event, **{n: 0.0 for n in clock if hasattr(event, n)})
        for event in told
    ]


def kinds(told: list[events.Event]) -> list[str]:
    return [type(event).__name__ for event in told]


class TestRepeating:
    @pytest.mark.parametrize(
        "settings",
        [
            (),
            ("training.batch_size=1", "training.epochs=2"),
            ("training.batch_size=7",),
            ("training.batch_size=1000",),
            HALF_FORCED,
            (*HALF_FORCED, "teacher_forcing.kind=token"),
            ("optimizer.kind=sgd", "optimizer.momentum=0.9", "objective.task=reconstruct"),
            ("model.bidirectional=true", "training.invented=10"),
        ],
        ids=lambda settings: " ".join(settings) or "default",
    )
    def test_a_training_gives_the_same_weights_and_events_bit_for_bit(
        self, make: Make, settings: tuple[str, ...]
    ) -> None:
        one, other = make(*settings), make(*settings)
        told = train(one)
        torch.manual_seed(4711)
        assert without_clock(train(other)) == without_clock(told)
        assert same(weights(one), weights(other))

    def test_with_another_seed_gives_others(self, make: Make) -> None:
        trainers = make("training.seed=1"), make("training.seed=2")
        assert not same(*map(weights, trainers))
        for trainer in trainers:
            train(trainer)
        assert not same(*map(weights, trainers))

    @pytest.mark.parametrize("settings", [(), HALF_FORCED], ids=["forced", "half forced"])
    def test_with_more_evaluations_and_checkpoints_gives_the_same_weights(
        self, make: Make, settings: tuple[str, ...]
    ) -> None:
        plain, control = make(*settings), Control()
        busy = make(*settings, "evaluation.every_epochs=1", control=control)
        train(plain)
        evaluations = 0
        for event in busy.run():
            evaluations += isinstance(event, events.Evaluated)
            if isinstance(event, events.Progress):
                control.evaluate()
                control.checkpoint()
        assert evaluations > 4
        assert same(weights(plain), weights(busy))

    def test_leaves_the_random_numbers_of_others_alone(self, make: Make) -> None:
        torch.manual_seed(1)
        before = torch.get_rng_state()
        train(make(*HALF_FORCED))
        assert torch.equal(torch.get_rng_state(), before)


class TestEvents:
    def test_a_training_says_what_it_trains_on(self, make: Make) -> None:
        first = train(make())[0]
        assert isinstance(first, events.Started)
        assert not first.resumed
        assert (first.steps, first.steps_per_epoch) == (12, 3)
        assert (first.words, first.paradigms, first.duplicates) == (36, 8, 1)

    def test_everything_comes_when_it_is_due(self, make: Make) -> None:
        told = train(make("training.report_every=5"))
        due = [
            (event.step, getattr(event, "checkpoint", type(event).__name__))
            for event in told
            if getattr(event, "checkpoint", "") != "best"
        ]
        assert due == [
            (0, "Started"),
            (3, "last"),
            (5, "Progress"),
            (6, "Evaluated"),
            (6, "last"),
            (9, "last"),
            (10, "Progress"),
            (12, "Evaluated"),
            (12, "last"),
            (12, "Finished"),
        ]
        assert [event.epoch for event in told] == [event.step / 3 for event in told]

    def test_progress_tells_the_schedules_of_its_step(self, make: Make) -> None:
        trainer = make(
            "prior.kind=standard",
            "objective.annealing.beta_max=1",
            "objective.annealing.rise_ratio=1",
            "teacher_forcing.kind=sequence",
            "teacher_forcing.end=0.5",
        )
        progress = [event for event in train(trainer) if isinstance(event, events.Progress)]
        assert [event.beta for event in progress] == pytest.approx(
            [event.step / 12 for event in progress]
        )
        for event in progress:
            schedules = trainer.schedules
            assert event.learning_rate == schedules.learning_rate(event.step)
            assert event.teacher_forcing_ratio == schedules.teacher_forcing_ratio(event.step)
            assert event.words_per_second > 0 and event.eta >= 0
        assert progress[-1].eta == 0

    def test_progress_is_the_mean_since_the_last(self, make: Make) -> None:
        each = [e for e in train(make("training.report_every=1")) if isinstance(e, events.Progress)]
        third = [
            e for e in train(make("training.report_every=3")) if isinstance(e, events.Progress)
        ]
        words = [16, 16, 4]
        for epoch, event in enumerate(third):
            part = each[3 * epoch : 3 * epoch + 3]
            mean = sum(n * e.ce for n, e in zip(words, part, strict=True)) / 36
            assert event.ce == pytest.approx(mean, rel=1e-5)
            norm = sum(e.gradient_norm for e in part) / 3
            assert event.gradient_norm == pytest.approx(norm, rel=1e-5)
            assert event.ce_per_character < event.ce

    def test_ce_is_in_nats_per_word_whatever_the_objective(self, make: Make) -> None:
        first = [
            next(e for e in train(make(f"objective.ce_reduction={r}")) if e.step == 2)
            for r in ("word", "character")
        ]
        # The two objectives part after the first step.
        assert first[0].ce == pytest.approx(first[1].ce, rel=0.02)

    def test_best_is_whoever_beats_all_before(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        joints = iter([0.0, 0.3, 0.1, 0.2, 0.3, 0.4])
        monkeypatch.setattr("core.training.trainer.joint_score", lambda scores: next(joints))
        told = train(make("evaluation.every_epochs=1", "training.epochs=6"))
        best = [event.best for event in told if isinstance(event, events.Evaluated)]
        assert best == [True, True, False, False, False, True]
        for event, after in pairwise(told):
            if isinstance(event, events.Evaluated):
                saved = isinstance(after, events.CheckpointDue) and after.checkpoint == "best"
                assert saved is event.best

    def test_best_is_by_the_selection_pairs_alone_where_nothing_is_to_be_generated(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.training.trainer.joint_score", lambda scores: 0.0)
        told = train(make("evaluation.select_by=bleu4", "optimizer.learning_rate=0.02"))
        scored = [event for event in told if isinstance(event, events.Evaluated)]
        merits = [event.scores.selection_bleu4 for event in scored]
        assert [event.best for event in scored] == [
            merit > max(merits[:index], default=-1) for index, merit in enumerate(merits)
        ]

    def test_reported_pairs_are_scored_and_do_not_choose_the_best(self, make: Make) -> None:
        pairs = (Pair("walk", "walked", 0, 3),)
        (*_, scored) = (e for e in train(make(pairs=pairs)) if isinstance(e, events.Evaluated))
        assert scored.scores.bleu4 is not None
        assert [c.target for c in scored.scores.conversions] == ["walked"]


class TestSteering:
    def test_a_pause_waits_and_changes_nothing(self, make: Make, while_step: WhileStep) -> None:
        plain, control = make(), Control()
        train(plain)
        while_step(4, control.pause)
        paused, told = make(control=control), []
        for event in paused.run():
            told.append(event)
            if isinstance(event, events.Paused):
                time.sleep(0.05)
                control.resume()
        (at,) = (i for i, event in enumerate(told) if isinstance(event, events.Paused))
        assert kinds(told[at : at + 2]) == ["Paused", "Unpaused"]
        assert told[at].step == told[at + 1].step == 5
        assert told[at + 1].elapsed - told[at].elapsed < 0.04, "a pause is not training"
        assert same(weights(plain), weights(paused))

    def test_a_pause_listens_to_further_wishes(self, make: Make, while_step: WhileStep) -> None:
        control = Control()
        while_step(3, control.pause)
        wishes: Iterator[Callable[[], None]] = iter(
            (control.evaluate, control.checkpoint, control.stop)
        )
        told, in_pause = [], False
        for event in make(control=control, pairs=()).run():
            told.append(event)
            in_pause = in_pause or isinstance(event, events.Paused)
            if in_pause and getattr(event, "checkpoint", "") != "best":
                next(wishes, lambda: None)()
        after = [event for event in told if event.step == 4]
        told_of = [kind for kind, _ in itertools.groupby(kinds(after)) if kind != "Progress"]
        assert told_of == ["Paused", "Evaluated", "CheckpointDue", "Unpaused", "Stopped"]
        assert told[-1].step == 4

    def test_a_checkpoint_comes_after_the_step_in_hand(
        self, make: Make, while_step: WhileStep
    ) -> None:
        control = Control()
        while_step(4, control.checkpoint)
        told = train(make("checkpoints.every_epochs=100", control=control))
        due = [(e.step, e.checkpoint) for e in told if isinstance(e, events.CheckpointDue)]
        assert [d for d in due if d[1] == "last"] == [(5, "last"), (12, "last")]

    def test_an_evaluation_comes_after_the_step_in_hand(
        self, make: Make, while_step: WhileStep
    ) -> None:
        control = Control()
        while_step(4, control.evaluate)
        told = train(make("evaluation.every_epochs=100", control=control))
        assert [e.step for e in told if isinstance(e, events.Evaluated)] == [5, 12]

    def test_a_stop_comes_after_the_step_in_hand(self, make: Make, while_step: WhileStep) -> None:
        control = Control()
        while_step(4, control.stop)
        told = train(make(control=control))
        assert kinds(told[-2:]) == ["CheckpointDue", "Stopped"]
        assert told[-1].step == told[-2].step == 5

    def test_a_stop_gives_an_evaluation_up(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        control, sample = Control(), Inference.sample

        def interrupted(inference: Inference, draws: int, seed: int) -> list[tuple[str, ...]]:
            control.stop()
            return sample(inference, draws, seed)

        monkeypatch.setattr(Inference, "sample", interrupted)
        told = train(make(control=control))
        assert kinds(told[-2:]) == ["CheckpointDue", "Stopped"]
        assert told[-1].step == told[-2].step == 6
        assert "Evaluated" not in kinds(told)


EDITS = [("beta", 0.7), ("learning_rate", 0.03), ("teacher_forcing_ratio", 0.25)]


class TestEditing:
    @pytest.mark.parametrize(("name", "value"), EDITS)
    def test_an_edit_takes_the_place_of_the_schedule_until_it_is_taken_back(
        self, make: Make, while_step: WhileStep, name: str, value: float
    ) -> None:
        plain, control = make("training.report_every=1"), Control()
        scheduled = [getattr(e, name) for e in train(plain) if isinstance(e, events.Progress)]
        while_step(4, lambda: control.edit(name, value))
        trainer, told = make("training.report_every=1", control=control), []
        for event in trainer.run():
            told.append(event)
            if isinstance(event, events.Progress) and event.step == 9:
                control.edit(name, None)
        edits = [event for event in told if isinstance(event, events.Edited)]
        assert [(e.step, e.name, e.value) for e in edits] == [(5, name, value), (9, name, None)]
        followed = [getattr(e, name) for e in told if isinstance(e, events.Progress)]
        assert followed[:5] == scheduled[:5]
        assert followed[5:9] == [value] * 4
        assert followed[9:] == scheduled[9:]
        assert not same(weights(trainer), weights(plain))

    def test_an_edit_to_what_the_schedule_says_changes_no_weight(
        self, make: Make, while_step: WhileStep
    ) -> None:
        settings = ("optimizer.schedule.kind=constant", "optimizer.learning_rate=0.02")
        plain, control = make(*settings), Control()
        train(plain)
        while_step(4, lambda: control.edit("learning_rate", 0.02))
        edited = make(*settings, control=control)
        train(edited)
        assert same(weights(plain), weights(edited))

    def test_an_edit_is_saved_at_once(self, make: Make, while_step: WhileStep) -> None:
        control = Control()
        while_step(4, lambda: control.edit("beta", 0.7))
        trainer = make("checkpoints.every_epochs=100", control=control)
        for event in trainer.run():
            if isinstance(event, events.CheckpointDue) and event.checkpoint == "last":
                assert event.step == 5
                assert trainer.snapshot().position.overrides == Overrides(beta=0.7)
                break
        else:
            raise AssertionError("no checkpoint")

    def test_an_edit_in_a_pause_is_told_in_the_pause(
        self, make: Make, while_step: WhileStep
    ) -> None:
        control = Control()
        while_step(4, control.pause)
        told = []
        for event in make(control=control).run():
            told.append(event)
            if isinstance(event, events.Paused):
                control.edit("beta", 0.7)
            if isinstance(event, events.CheckpointDue) and event.step == 5:
                control.resume()
        assert [kind for event, kind in zip(told, kinds(told), strict=True) if event.step == 5] == [
            "Paused",
            "Edited",
            "CheckpointDue",
            "Unpaused",
        ]


class TestResuming:
    @pytest.mark.parametrize(("name", "value"), EDITS)
    def test_goes_on_with_what_was_set_by_hand(
        self, make: Make, while_step: WhileStep, name: str, value: float
    ) -> None:
        control = Control()
        while_step(2, lambda: control.edit(name, value))
        straight = make(control=control)
        train(straight)
        control = Control()
        while_step(2, lambda: control.edit(name, value))
        while_step(6, control.stop)
        stopped = make(control=control)
        assert isinstance(train(stopped)[-1], events.Stopped)
        snapshot = copy.deepcopy(stopped.snapshot())
        resumed = make()
        resumed.restore(snapshot)
        told = train(resumed)
        assert {getattr(e, name) for e in told if isinstance(e, events.Progress)} == {value}
        assert same(weights(resumed), weights(straight))

    @staticmethod
    def stopped(make: Make, while_step: WhileStep, *settings: str) -> Snapshot:
        control = Control()
        while_step(4, control.stop)
        trainer = make(*settings, control=control)
        train(trainer)
        return copy.deepcopy(trainer.snapshot())

    @pytest.mark.parametrize(
        "settings",
        [
            (),
            ("prior.draws=0",),
            ("prior.kind=standard",),
            ("model.bidirectional=true", "training.invented=10", "evaluation.select_by=bleu4"),
        ],
        ids=lambda settings: " ".join(settings) or "default",
    )
    def test_goes_on_from_where_it_was(
        self, make: Make, while_step: WhileStep, settings: tuple[str, ...]
    ) -> None:
        snapshot, trainer = self.stopped(make, while_step, *settings), make(*settings)
        trainer.restore(snapshot)
        told = train(trainer)
        assert isinstance(told[0], events.Started)
        assert (told[0].resumed, told[0].step) == (True, 5)
        assert told[0].elapsed >= snapshot.position.elapsed > 0
        straight = make(*settings)
        train(straight)
        assert same(weights(trainer), weights(straight))

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ((), ("model.hidden_size=17",)),
            ((), ("model.latent_every_step=false",)),
            ((), ("optimizer.kind=sgd", "optimizer.momentum=0.9")),
            ((), ("optimizer.kind=sgd",)),
            (("optimizer.kind=sgd", "optimizer.momentum=0.9"), ("optimizer.kind=adam",)),
            (("optimizer.kind=sgd",), ("optimizer.kind=adam",)),
        ],
        ids=lambda settings: " ".join(settings) or "default",
    )
    def test_from_another_model_or_optimiser_is_refused(
        self,
        make: Make,
        while_step: WhileStep,
        before: tuple[str, ...],
        after: tuple[str, ...],
    ) -> None:
        snapshot = self.stopped(make, while_step, *before)
        with pytest.raises(InputError, match="the checkpoint does not fit this configuration"):
            make(*after).restore(snapshot)

    @pytest.mark.parametrize(
        ("name", "changed"),
        [
            ("means.sums", None),
            ("means.sums", torch.zeros(3)),
            ("optimizer.0.exp_avg", None),
            ("optimizer.0.exp_avg", torch.zeros(3)),
            ("optimizer.99.exp_avg", torch.zeros(3)),
            ("optimizer.x.exp_avg", torch.zeros(3)),
        ],
        ids=str,
    )
    def test_from_a_tampered_checkpoint_is_refused(
        self, make: Make, while_step: WhileStep, name: str, changed: Tensor | None
    ) -> None:
        snapshot = self.stopped(make, while_step)
        training = {n: tensor for n, tensor in snapshot.training.items() if n != name}
        if changed is not None:
            training[name] = changed
        with pytest.raises(InputError, match="the checkpoint does not fit this configuration"):
            make().restore(Snapshot(snapshot.position, snapshot.model, training))


class TestFailing:
    EXPLOSIVE = (
        "optimizer.kind=sgd",
        "optimizer.learning_rate=100",
        "optimizer.momentum=0.99",
        "optimizer.clip_norm=0",
        "optimizer.schedule.kind=constant",
        "training.epochs=100",
    )

    def test_a_loss_that_explodes_ends_the_training(self, make: Make) -> None:
        trainer = make(*self.EXPLOSIVE)
        snapshots = []
        for event in trainer.run():
            if isinstance(event, events.CheckpointDue):
                snapshots.append(weights(trainer))
        assert isinstance(event, events.Failed)
        assert event.step < trainer.schedules.steps
        assert "no longer finite at step" in event.message
        assert "learning rate 100" in event.message
        assert not all(t.isfinite().all() for t in weights(trainer).values())
        assert all(t.isfinite().all() for taken in snapshots for t in taken.values())

    @pytest.mark.parametrize("step", [0, 4, 10, 11])
    @pytest.mark.parametrize("report_every", [2, 5, 1000])
    def test_a_step_that_fails_is_named_wherever_it_lies(
        self, make: Make, while_step: WhileStep, step: int, report_every: int
    ) -> None:
        trainer = make(f"training.report_every={report_every}")

        def spoil() -> None:
            with torch.no_grad():
                trainer.model.condition.weight.fill_(math.nan)

        while_step(step, spoil)
        told = train(trainer)
        assert isinstance(told[-1], events.Failed)
        assert f"at step {step} " in told[-1].message
        saved = [e.step for e in told if isinstance(e, events.CheckpointDue | events.Evaluated)]
        assert all(at <= step for at in saved)

    def test_a_stop_does_not_hide_a_failure(self, make: Make, while_step: WhileStep) -> None:
        control = Control()
        trainer = make("training.report_every=1000", control=control)

        def spoil() -> None:
            control.stop()
            with torch.no_grad():
                trainer.model.condition.weight.fill_(math.nan)

        while_step(4, spoil)
        assert isinstance(train(trainer)[-1], events.Failed)


class TestLeavingStepsOut:
    SKIP = ("optimizer.on_nonfinite.kind=skip", "training.report_every=3")

    @staticmethod
    def spoil(monkeypatch: pytest.MonkeyPatch, steps: set[int], number: float = math.nan) -> None:
        """Have the noise of some steps be no number."""
        examples = Trainer.examples

        def spoilt(trainer: Trainer, step: int) -> Examples:
            whole = examples(trainer, step)
            if step not in steps:
                return whole
            return dataclasses.replace(whole, noise=torch.full_like(whole.noise, number))

        monkeypatch.setattr(Trainer, "examples", spoilt)

    @pytest.mark.parametrize("number", [math.nan, math.inf])
    @pytest.mark.parametrize("step", [0, 1, 5])
    @pytest.mark.parametrize(
        "optimizer",
        [
            ("optimizer.kind=adam",),
            ("optimizer.kind=adamw", "optimizer.weight_decay=0.1"),
            ("optimizer.kind=sgd",),
            ("optimizer.kind=sgd", "optimizer.momentum=0.9"),
        ],
        ids=" ".join,
    )
    def test_a_step_that_is_not_finite_changes_nothing(
        self,
        make: Make,
        monkeypatch: pytest.MonkeyPatch,
        optimizer: tuple[str, ...],
        step: int,
        number: float,
    ) -> None:
        self.spoil(monkeypatch, {step}, number)
        trainer = make(*self.SKIP, *optimizer)
        for _ in range(step):
            trainer.train_step()
        before = copy.deepcopy(trainer.snapshot())
        sums = before.training["means.sums"].clone()
        trainer.train_step()
        after = trainer.snapshot()
        assert all(torch.equal(before.model[name], after.model[name]) for name in before.model)
        assert torch.equal(after.training["means.sums"], sums)
        for name, tensor in after.training.items():
            if name.startswith("optimizer."):
                old = before.training.get(name, torch.zeros_like(tensor))
                assert torch.equal(old, tensor), name
        for _ in range(3):
            trainer.train_step()
        assert all(tensor.isfinite().all() for tensor in weights(trainer).values())
        assert not same(dict(before.model), weights(trainer))

    @pytest.mark.parametrize("name", ["adam", "sgd"])
    def test_the_first_step_after_it_is_as_the_first(
        self, make: Make, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        settings = (*self.SKIP, f"optimizer.kind={name}", "optimizer.schedule.kind=constant")
        plain = make(*settings)
        plain.skip_to(1)
        plain.train_step()
        self.spoil(monkeypatch, {0})
        skipping = make(*settings)
        skipping.train_step()
        skipping.train_step()
        assert same(weights(plain), weights(skipping))

    def test_it_is_counted_and_the_training_goes_on(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.spoil(monkeypatch, {0, 1, 2, 5})
        told = train(make(*self.SKIP))
        reports = [event for event in told if isinstance(event, events.Progress)]
        assert [event.skipped for event in reports] == [3, 1, 0, 0]
        assert [event.ce is None for event in reports] == [True, False, False, False]
        assert isinstance(told[-1], events.Finished)

    def test_too_many_in_a_row_end_the_training(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.spoil(monkeypatch, {0, 1, 4, 5, 6, 7})
        trainer = make(*self.SKIP, "optimizer.on_nonfinite.at_most=2")
        told = train(trainer)
        assert isinstance(told[-1], events.Failed)
        assert "no longer finite at step 6 " in told[-1].message
        assert "the last of 3 in a row" in told[-1].message
        assert all(tensor.isfinite().all() for tensor in weights(trainer).values())

    def test_a_resumed_training_counts_on(
        self, make: Make, while_step: WhileStep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.spoil(monkeypatch, {3, 4, 5})
        settings, control = (*self.SKIP, "optimizer.on_nonfinite.at_most=2"), Control()
        stopped = make(*settings, control=control)
        while_step(4, control.stop)
        assert isinstance(train(stopped)[-1], events.Stopped)
        resumed = make(*settings)
        resumed.restore(copy.deepcopy(stopped.snapshot()))
        told = train(resumed)
        assert isinstance(told[-1], events.Failed)
        assert "at step 5 " in told[-1].message

    def test_a_finite_training_is_the_same_with_it(self, make: Make) -> None:
        plain, skipping = make(), make("optimizer.on_nonfinite.kind=skip")
        train(plain)
        train(skipping)
        assert same(weights(plain), weights(skipping))


class TestMemory:
    @pytest.mark.parametrize(
        "error",
        [
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
            MemoryError(),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_that_does_not_suffice_ends_the_training_with_a_smaller_batch_to_try(
        self, make: Make, while_step: WhileStep, error: Exception
    ) -> None:
        def fail() -> None:
            raise error

        while_step(4, fail)
        last = train(make())[-1]
        assert isinstance(last, events.Failed)
        assert "after step 4 with batches of 16 words" in last.message
        assert "training.batch_size=8" in last.message

    def test_that_really_does_not_suffice_is_told_from_other_errors(self) -> None:
        with pytest.raises(RuntimeError) as caught:
            torch.empty(2**46)
        assert is_out_of_memory(caught.value)
        assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))

    def test_another_error_is_not_hidden(self, make: Make, while_step: WhileStep) -> None:
        def fail() -> None:
            raise RuntimeError("another")

        while_step(4, fail)
        with pytest.raises(RuntimeError, match="another"):
            train(make())


class TestLearning:
    def test_the_loss_falls(self, make: Make) -> None:
        told = train(
            make(
                "training.epochs=60",
                "optimizer.learning_rate=0.02",
                "objective.annealing.beta_max=0.05",
                "objective.word_dropout=0",
                "evaluation.every_epochs=60",
            )
        )
        ce = [event.ce for event in told if isinstance(event, events.Progress)]
        assert ce[-1] < ce[0] / 3

    def test_it_falls_without_teacher_forcing_too(self, make: Make) -> None:
        told = train(
            make(
                "training.epochs=60",
                "optimizer.learning_rate=0.02",
                "objective.annealing.beta_max=0.05",
                "teacher_forcing.kind=sequence",
                "teacher_forcing.start=0",
                "teacher_forcing.end=0",
                "evaluation.every_epochs=60",
            )
        )
        ce = [event.ce for event in told if isinstance(event, events.Progress)]
        assert ce[-1] < ce[0] / 2

    @pytest.mark.parametrize("name", preset_names())
    def test_every_preset_trains(self, corpus: Corpus, vocabulary: Vocabulary, name: str) -> None:
        config = with_settings(
            preset(name),
            [
                "training.epochs=1",
                "training.report_every=2",
                "evaluation.gaussian_draws=5",
                "evaluation.selection_pairs=5",
                "evaluation.every_epochs=1",
            ],
        )
        trainer = Trainer(config, corpus, vocabulary, (), Control(), CPU)
        told = train(trainer)
        assert isinstance(told[-1], events.Finished)
        assert all(e.ce is not None for e in told if isinstance(e, events.Progress))

    def test_bfloat16_trains_too(self, make: Make) -> None:
        told = train(make(hardware=Hardware("cpu", 1, "bfloat16", 16)))
        assert isinstance(told[-1], events.Finished)

    def test_clipping_shortens_the_gradient(self, make: Make) -> None:
        moved = []
        for norm in ("1e-6", "0"):
            trainer = make(
                "prior.kind=standard",
                "optimizer.kind=sgd",
                "optimizer.schedule.kind=constant",
                f"optimizer.clip_norm={norm}",
            )
            before = weights(trainer)
            train(trainer)
            after = weights(trainer)
            moved.append(max(float((after[n] - before[n]).abs().max()) for n in before))
        assert moved[0] < 1e-6 < moved[1]


class TestWhatTheDecoderIsFed:
    @pytest.fixture
    def fed(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tensor, Tensor | None]]:
        """Inputs and coins of every step."""
        recorded: list[tuple[Tensor, Tensor | None]] = []
        decode = CondVAE.decode

        def recording(
            model: CondVAE,
            z: Tensor,
            conditions: Tensor,
            inputs: Tensor,
            teacher_forced: Tensor | None = None,
            n_passes: int = 0,
        ) -> Tensor:
            recorded.append((inputs, teacher_forced))
            return decode(model, z, conditions, inputs, teacher_forced, n_passes)

        monkeypatch.setattr(CondVAE, "decode", recording)
        return recorded

    def test_a_share_of_the_characters_is_blanked(
        self, make: Make, fed: list[tuple[Tensor, Tensor | None]]
    ) -> None:
        train(make("objective.word_dropout=0.3", "training.epochs=40"))
        inputs = torch.cat([ids.flatten() for ids, _ in fed])
        blanks, characters = (inputs == UNK).sum(), (inputs > EOS).sum()
        assert 0.27 < blanks / (blanks + characters) < 0.33
        assert all((ids[:, 0] == SOS).all() for ids, _ in fed)

    def test_nothing_is_blanked_when_nothing_should(
        self, make: Make, fed: list[tuple[Tensor, Tensor | None]]
    ) -> None:
        train(make("objective.word_dropout=0"))
        assert not any((ids == UNK).any() for ids, _ in fed)

    def test_a_coin_is_tossed_for_each_word(
        self, make: Make, fed: list[tuple[Tensor, Tensor | None]]
    ) -> None:
        train(make(*HALF_FORCED, "training.epochs=40"))
        coins = torch.cat([c[:, 0] for _, c in fed]).float()
        assert 0.45 < coins.mean() < 0.55
        assert all(torch.equal(c, c[:, :1].expand_as(c)) for _, c in fed)

    def test_a_coin_is_tossed_for_each_character(
        self, make: Make, fed: list[tuple[Tensor, Tensor | None]]
    ) -> None:
        train(make(*HALF_FORCED, "teacher_forcing.kind=token", "training.epochs=20"))
        assert 0.45 < torch.cat([c.flatten() for _, c in fed]).float().mean() < 0.55
        assert any((c.any(dim=1) & ~c.all(dim=1)).any() for _, c in fed)

    def test_an_edit_by_hand_tosses_a_coin_for_each_word(
        self, make: Make, fed: list[tuple[Tensor, Tensor | None]]
    ) -> None:
        control = Control()
        control.edit("teacher_forcing_ratio", 0.5)
        trainer = make("training.epochs=40", control=control)
        assert trainer.config.teacher_forcing.kind == "always"
        train(trainer)
        coins = torch.cat([c[:, 0] for _, c in fed]).float()
        assert 0.45 < coins.mean() < 0.55
        assert all(torch.equal(c, c[:, :1].expand_as(c)) for _, c in fed)

    def test_no_coin_is_tossed_when_all_is_forced(
        self, make: Make, fed: list[tuple[Tensor, Tensor | None]]
    ) -> None:
        train(make())
        assert fed and all(coins is None for _, coins in fed)


class Unread(TorchDispatchMode):
    """Refuses what would make the host wait for the device."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        name = str(function.name()).removeprefix("aten::").partition(".")[0]
        if name in ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "masked_select"):
            raise AssertionError(f"{name} waits for the device")
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("nonfinite", ["stop", "skip"])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_a_step_reads_nothing_back_from_the_device(
    make: Make, optimizer: str, nonfinite: str
) -> None:
    trainer = make(f"optimizer.kind={optimizer}", f"optimizer.on_nonfinite.kind={nonfinite}")

    class Prepared:
        """Batches whose words were chosen before, by lengths that stay on the processor."""

        def __init__(self, batch: Batch) -> None:
            self._batch = batch

        def batch(self, step: int) -> Batch:
            return self._batch

    trainer._source.batches = Prepared(trainer.batches.batch(0))  # type: ignore[assignment]
    with Unread():
        trainer.train_step()
        with pytest.raises(AssertionError, match="waits for the device"):
            trainer._means.bad_step()


def test_a_stop_ends_the_measurement_of_the_hardware(
    tiny: Tiny,
    corpus: Corpus,
    vocabulary: Vocabulary,
    while_step: WhileStep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    control, steps = Control(), []
    train_step = Trainer.train_step

    def counted(trainer: Trainer) -> int:
        steps.append(trainer)
        control.stop()
        return train_step(trainer)

    monkeypatch.setattr(Trainer, "train_step", counted)
    config = tiny("hardware.threads=0", "hardware.precision=auto", "training.batch_size=0")
    choose_hardware(config, corpus, vocabulary, control)
    assert len(steps) < 6


def test_a_batch_for_which_there_is_no_memory_is_not_chosen(
    tiny: Tiny, corpus: Corpus, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_step = Trainer.train_step

    def narrow(trainer: Trainer) -> int:
        if trainer.hardware.batch_size > 64:
            raise torch.OutOfMemoryError
        return train_step(trainer)

    monkeypatch.setattr(Trainer, "train_step", narrow)
    config = tiny("hardware.threads=1", "training.batch_size=0")
    assert choose_hardware(config, corpus, vocabulary, Control()).batch_size == 64


def test_hardware_is_chosen_by_steps_of_this_very_training(
    tiny: Tiny, corpus: Corpus, vocabulary: Vocabulary
) -> None:
    config = tiny("hardware.threads=1", "hardware.precision=auto")
    assert choose_hardware(config, corpus, vocabulary, Control()) in (
        Hardware("cpu", 1, "float32", 16),
        Hardware("cpu", 1, "bfloat16", 16),
    )


@pytest.mark.parametrize(
    "recipe",
    [
        ["prior.start=0.9"],
        ["prior.kind=standard", "objective.ce_reduction=character"],
        ["optimizer.on_nonfinite.kind=skip", "prior.start=0.9"],
    ],
)
def test_a_step_runs_on_a_device_that_holds_no_numbers(
    make: Make, monkeypatch: pytest.MonkeyPatch, recipe: list[str]
) -> None:
    """Whoever asks such a device for a number fails; shapes and devices must fit all the same."""

    def none_there(seed: int, purpose: str, index: int = 0, device: str = "cpu") -> object:
        return seeded(seed, purpose, index) if device == "cpu" else None

    monkeypatch.setattr("core.training.examples.seeded", none_there)
    # Autocast refuses that device even when it is switched off.
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())
    nowhere = Hardware("meta", 1, "float32", 16)  # type: ignore[arg-type]
    trainer = make(*recipe, hardware=nowhere)
    for _ in range(3):
        assert trainer.train_step() > 0
    assert {parameter.device.type for parameter in trainer.model.parameters()} == {"meta"}
    with pytest.raises((RuntimeError, NotImplementedError)):
        trainer._means.bad_step()
