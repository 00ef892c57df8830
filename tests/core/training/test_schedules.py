import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.config.annealing import Constant, Cyclical, Monotonic, rise
from core.config.build import with_settings
from core.config.learning_rate import ConstantRate, Cosine, OneCycle, RateSchedule, Step
from core.config.presets import preset
from core.config.schema import Always, Parallel, Sequence, Token
from core.errors import InputError
from core.training.schedules import Overrides, Phase, Schedules, read_edit

SHAPES = ["linear", "sigmoid", "cosine"]


def schedules(*settings: str, steps_per_epoch: int = 5) -> Schedules:
    return Schedules(with_settings(preset("default"), settings), steps_per_epoch)


class TestBeta:
    @pytest.mark.parametrize(
        ("progress", "expected"), [(0, 0.2), (0.25, 0.6), (0.5, 1), (0.75, 1), (1, 1)]
    )
    def test_monotonic_rises_once_and_holds(self, progress: float, expected: float) -> None:
        config = Monotonic(beta_start=0.2, beta_max=1, rise_ratio=0.5)
        assert config.value(progress) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("progress", "expected"),
        [(0, 0), (0.0625, 0.25), (0.125, 0.5), (0.2, 0.5), (0.25, 0), (0.3125, 0.25), (1, 0.5)],
    )
    def test_cyclical_rises_in_each_cycle_anew(self, progress: float, expected: float) -> None:
        config = Cyclical(beta_max=0.5, cycles=4, rise_ratio=0.5)
        assert config.value(progress) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("progress", "expected"), [(0, 0.1), (0.124, 0.1), (0.1875, 0.55), (0.25, 1), (0.5, 0.1)]
    )
    def test_a_zero_phase_rests_at_the_start_value(self, progress: float, expected: float) -> None:
        config = Cyclical(cycles=2, zero_ratio=0.25, rise_ratio=0.25, beta_start=0.1, beta_max=1)
        assert config.value(progress) == pytest.approx(expected)

    @given(st.floats(0, 1))
    def test_constant_is_the_maximum_throughout(self, progress: float) -> None:
        config = Constant(beta_max=0.3)
        assert config.value(progress) == 0.3

    @given(st.integers(1, 400), st.integers(1, 12))
    def test_every_cycle_that_begins_on_a_step_begins_at_the_start_value(
        self, steps: int, cycles: int
    ) -> None:
        config = Cyclical(cycles=cycles, rise_ratio=0.2)
        for step in range(steps):
            if step * cycles % steps == 0:
                assert config.value(step / steps) == 0

    @given(
        st.sampled_from(SHAPES),
        st.floats(0, 10),
        st.floats(0, 10),
        st.integers(1, 20),
        st.floats(0.01, 1),
        st.floats(0, 0.99),
        st.floats(0, 1),
    )
    def test_stays_between_start_and_maximum(
        self,
        shape: str,
        start: float,
        more: float,
        cycles: int,
        rise_ratio: float,
        zero_ratio: float,
        progress: float,
    ) -> None:
        config = Cyclical(
            shape=shape,
            beta_start=start,
            beta_max=start + more,
            cycles=cycles,
            rise_ratio=rise_ratio,
            zero_ratio=min(zero_ratio, 1 - rise_ratio),
        )
        slack = 1e-12 * (start + more)
        assert start - slack <= config.value(progress) <= start + more + slack

    @given(st.sampled_from(SHAPES), st.lists(st.floats(0, 1), min_size=2))
    def test_monotonic_never_falls(self, shape: str, progress: list[float]) -> None:
        config = Monotonic(shape=shape)
        betas = [config.value(p) for p in sorted(progress)]
        assert all(a <= b + 1e-12 for a, b in pairwise(betas))

    @pytest.mark.parametrize("shape", SHAPES)
    def test_a_rise_goes_from_0_over_a_half_to_1(self, shape: str) -> None:
        assert [rise(shape, share) for share in (0, 0.5, 1)] == pytest.approx([0, 0.5, 1])

    def test_the_shapes_are_what_they_are_called(self) -> None:
        sigmoid = [1 / (1 + math.exp(-x)) for x in (-6, -3)]
        assert rise("linear", 0.25) == 0.25
        assert rise("cosine", 0.25) == pytest.approx((1 - math.sqrt(0.5)) / 2)
        assert rise("sigmoid", 0.25) == pytest.approx(
            (sigmoid[1] - sigmoid[0]) / (1 - 2 * sigmoid[0])
        )


class TestTeacherForcing:
    def test_changes_linearly_from_start_to_end(self) -> None:
        config = Sequence(start=0.9, end=0.1)
        ratios = [config.value(p) for p in (0, 0.25, 0.5, 1)]
        assert ratios == pytest.approx([0.9, 0.7, 0.5, 0.1])

    def test_always_feeds_the_right_character_and_a_hand_makes_it_a_draw_for_each_word(
        self,
    ) -> None:
        assert {Always().value(p / 10) for p in range(11)} == {1.0}
        assert not Always().per_character

    def test_passes_are_those_of_parallel_alone(self) -> None:
        assert [kind.n_passes for kind in (Always(), Sequence(), Token(), Parallel(passes=3))] == [
            *(0, 0, 0, 3)
        ]

    def test_can_be_constant(self) -> None:
        config = Token(start=0.7, end=0.7)
        assert {config.value(p / 10) for p in range(11)} == {0.7}


class TestLearningRate:
    def test_step_is_that_of_torch(self) -> None:
        ours = schedules(
            "optimizer.schedule.kind=step",
            "optimizer.learning_rate=0.1",
            "optimizer.schedule.step_epochs=3",
            "optimizer.schedule.gamma=0.5",
            "training.epochs=10",
        )
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        theirs = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
        for epoch in range(10):
            for step in range(5):
                assert ours.learning_rate(epoch * 5 + step) == pytest.approx(
                    optimizer.param_groups[0]["lr"]
                )
            optimizer.step()
            theirs.step()

    def test_cosine_is_that_of_torch(self) -> None:
        ours = schedules(
            "optimizer.schedule.kind=cosine",
            "optimizer.learning_rate=0.1",
            "optimizer.schedule.final_ratio=0.2",
            "training.epochs=4",
        )
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20, eta_min=0.02)
        for step in range(21):
            assert ours.learning_rate(step) == pytest.approx(optimizer.param_groups[0]["lr"])
            optimizer.step()
            theirs.step()

    @pytest.mark.parametrize(
        ("progress", "expected"), [(0, 0.04), (0.1, 0.52), (0.2, 1), (0.6, 0.55), (1, 0.1)]
    )
    def test_onecycle_rises_from_a_25th_and_falls_to_its_end(
        self, progress: float, expected: float
    ) -> None:
        config = OneCycle(warmup_ratio=0.2, final_ratio=0.1)
        assert config.value(1, progress, epoch=0) == pytest.approx(expected)

    def test_onecycle_without_warm_up_starts_at_its_peak(self) -> None:
        config = OneCycle(warmup_ratio=0)
        assert config.value(0.5, 0, epoch=0) == pytest.approx(0.5)

    @given(
        st.sampled_from([OneCycle, Cosine, Step, ConstantRate]),
        st.floats(1e-6, 100),
        st.floats(0, 0.99),
        st.floats(0, 1),
        st.floats(0, 1),
    )
    def test_never_exceeds_its_peak_nor_turns_negative(
        self,
        schedule: type[RateSchedule],
        peak: float,
        warmup: float,
        final: float,
        progress: float,
    ) -> None:
        given = {"warmup_ratio": warmup, "final_ratio": final}
        config = schedule(
            **{name: given[name] for name in schedule.__struct_fields__ if name in given}
        )
        rate = config.value(peak, progress, epoch=int(progress * 2000))
        assert 0 <= rate <= peak * (1 + 1e-12)


def test_schedules_run_over_the_steps_of_the_whole_training() -> None:
    ours = schedules(
        "training.epochs=4",
        "prior.kind=standard",
        "objective.annealing.beta_max=1",
        "objective.annealing.rise_ratio=0.5",
        "teacher_forcing.kind=sequence",
        "teacher_forcing.start=1",
        "teacher_forcing.end=0",
    )
    assert ours.steps == 20
    assert [ours.beta(step) for step in (0, 5, 10, 20)] == pytest.approx([0, 0.5, 1, 1])
    assert [ours.teacher_forcing_ratio(step) for step in (0, 5, 20)] == pytest.approx([1, 0.75, 0])


CYCLES = (
    "objective.annealing.kind=cyclical",
    "objective.annealing.cycles=4",
    "objective.annealing.zero_ratio=0.2",
    "objective.annealing.rise_ratio=0.4",
    "prior.fall_ratio=0",
    "training.epochs=20",
)
"""25 steps a cycle: 5 at rest, 10 rising, 10 held."""


@pytest.mark.parametrize(
    ("step", "phase"),
    [
        (0, Phase(1, 4, "resting")),
        (10, Phase(1, 4, "rising")),
        (20, Phase(1, 4, "holding")),
        (24, Phase(1, 4, "holding")),
        (25, Phase(2, 4, "resting")),
        (99, Phase(4, 4, "holding")),
        (100, Phase(4, 4, "holding")),
    ],
)
def test_the_phase_says_where_beta_stands(step: int, phase: Phase) -> None:
    assert schedules(*CYCLES).phase(step) == phase


def test_a_fall_and_a_hand_are_phases_too() -> None:
    fallen = schedules(
        "prior.start=0.2", "training.epochs=20", "objective.annealing.rise_ratio=0.1"
    )
    assert fallen.phase(25).course == "falling"
    by_hand = Schedules(fallen.config, 5, Overrides(beta=0.1))
    assert by_hand.phase(25).course == "set by hand"
    assert by_hand.beta(25) == 0.1


def test_cycles_begin_where_beta_does() -> None:
    cyclical = schedules(*CYCLES)
    assert cyclical.cycle_starts == (25, 50, 75)
    assert all(cyclical.phase(step).cycle > cyclical.phase(step - 1).cycle for step in (25, 50, 75))
    assert schedules("objective.annealing.kind=monotonic").cycle_starts == ()


def test_an_edit_is_read_from_a_number_or_the_word_schedule() -> None:
    assert read_edit("beta", " 0.25 ") == 0.25
    assert read_edit("beta", "schedule") is None
    for text in ("", "much", "inf", "-1", "1e9"):
        with pytest.raises(InputError, match=r"beta: .* is not accepted; it takes a number"):
            read_edit("beta", text)
