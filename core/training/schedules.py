"""Beta, teacher forcing ratio and learning rate as functions of the step.

Having no state, they need no saving, and a screen can draw them before a run exists. What was set
by hand while the training ran takes their place. Progress is the share of the training that lies
behind, from 0 to 1.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from core.config.fields import field
from core.config.schema import Config, ObjectiveConfig, OptimizerConfig, TeacherForcingConfig
from core.errors import InputError

ONECYCLE_START = 1 / 25
SIGMOID_STEEPNESS = 12.0
BACK = "schedule"
"""The word that returns a number to its schedule."""
EDITABLE: Mapping[str, str] = {
    "beta": "objective.beta_max",
    "learning_rate": "optimizer.learning_rate",
    "teacher_forcing_ratio": "teacher_forcing.start",
}
"""What can be changed while a training runs, each with the setting whose range it shares."""


class Overrides(msgspec.Struct, frozen=True, omit_defaults=True):
    """Numbers that stay as they were set while the training ran; None follows its schedule."""

    beta: float | None = None
    learning_rate: float | None = None
    teacher_forcing_ratio: float | None = None

    def edited(self, name: str, value: float | None) -> "Overrides":
        """The same with one number set; None returns it to its schedule.

        Raises InputError when there is no such number or it cannot have this value.
        """
        if name not in EDITABLE:
            raise InputError(
                f"{name!r} cannot be changed in a training; accepted: {', '.join(EDITABLE)}"
            )
        if value is not None:
            accepted = field(EDITABLE[name])
            try:
                value = float(accepted.check(float(value)))
            except InputError:
                raise InputError(
                    f"{name}: {value:g} is not accepted; it takes {accepted.accepts}, or {BACK}"
                ) from None
        return msgspec.structs.replace(self, **{name: value})


SCHEDULED = Overrides()
"""Nothing was set by hand."""


def read_edit(name: str, text: str) -> float | None:
    """The value for an edit that a text stands for: a number, or None for `schedule`.

    Raises InputError when the text is neither, or the value is out of range.
    """
    word = text.strip()
    try:
        value = None if word == BACK else float(word)
    except ValueError:
        raise InputError(
            f"{name}: {word[:40]!r} is not accepted; it takes a number, or {BACK}"
        ) from None
    Overrides().edited(name, value)
    return value


@dataclass(frozen=True, slots=True)
class Phase:
    """Where beta stands in its course."""

    cycle: int
    """From 1."""
    cycles: int
    course: Literal["resting", "rising", "holding", "falling", "set by hand"]


@dataclass(frozen=True, slots=True)
class Schedules:
    """The three schedules of one training."""

    config: Config
    steps_per_epoch: int
    overrides: Overrides = SCHEDULED

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_per_epoch * self.config.training.epochs

    @property
    def division(self) -> int:
        """The step before which the latent space is divided and draws from the prior begin."""
        return math.ceil(self.config.prior.start * self.steps)

    def beta(self, step: int) -> float:
        """The KL weight at a step."""
        if self.overrides.beta is not None:
            return self.overrides.beta
        config, progress = self.config.objective, step / self.steps
        risen = beta(config, progress)
        if not (config.fall_ratio and self.config.model.has_memory):
            return risen
        fallen = min(1.0, max(0.0, (progress - self.config.prior.start) / config.fall_ratio))
        return risen + (config.beta_final - risen) * fallen

    def phase(self, step: int) -> Phase:
        """Where beta stands in its course after a step."""
        config = self.config.objective
        cycles = config.cycles if config.annealing == "cyclical" else 1
        position = min(step / self.steps, 1.0) * cycles
        cycle = min(int(position), cycles - 1)
        course: Literal["resting", "rising", "holding", "falling", "set by hand"] = "holding"
        if self.overrides.beta is not None:
            course = "set by hand"
        elif step < self.steps:
            here, after = self.beta(step), self.beta(step + 1)
            if after > here:
                course = "rising"
            elif after < here and int((step + 1) / self.steps * cycles) == cycle:
                course = "falling"
            elif config.annealing != "constant" and position - cycle < config.zero_ratio:
                course = "resting"
        return Phase(cycle + 1, cycles, course)

    @property
    def cycle_starts(self) -> tuple[int, ...]:
        """The steps at which the second and every later cycle of beta begins."""
        config = self.config.objective
        cycles = config.cycles if config.annealing == "cyclical" else 1
        return tuple(math.ceil(self.steps * cycle / cycles) for cycle in range(1, cycles))

    def teacher_forcing_ratio(self, step: int) -> float:
        """The teacher forcing ratio at a step."""
        if self.overrides.teacher_forcing_ratio is not None:
            return self.overrides.teacher_forcing_ratio
        return teacher_forcing_ratio(self.config.teacher_forcing, step / self.steps)

    def learning_rate(self, step: int) -> float:
        """The learning rate at a step."""
        if self.overrides.learning_rate is not None:
            return self.overrides.learning_rate
        return learning_rate(
            self.config.optimizer, step / self.steps, epoch=step // self.steps_per_epoch
        )


def beta(config: ObjectiveConfig, progress: float) -> float:
    """The KL weight.

    Cyclical: Fu et al. 2019, eq. 6, with the zero phase of Li et al. 2020 (Optimus) at the head of
    each cycle. Monotonic is a single cycle.
    """
    if config.annealing == "constant":
        return config.beta_max
    cycles = config.cycles if config.annealing == "cyclical" else 1
    position = progress * cycles % 1.0 if progress < 1 else 1.0
    risen = min(1.0, max(0.0, (position - config.zero_ratio) / config.rise_ratio))
    return config.beta_start + (config.beta_max - config.beta_start) * rise(config.shape, risen)


def rise(shape: str, share: float) -> float:
    """Height of a rise from 0 to 1 of the given shape after a share of its time."""
    if shape == "sigmoid":
        low = _sigmoid(-SIGMOID_STEEPNESS / 2)
        height = _sigmoid(SIGMOID_STEEPNESS * (share - 0.5))
        return (height - low) / (1 - 2 * low)
    if shape == "cosine":
        return 0.5 * (1 - math.cos(math.pi * share))
    return share


def teacher_forcing_ratio(config: TeacherForcingConfig, progress: float) -> float:
    """The teacher forcing ratio. Source: Bengio et al. 2015, section 2.4 (linear decay)."""
    return config.start + (config.end - config.start) * progress


def learning_rate(config: OptimizerConfig, progress: float, epoch: int) -> float:
    """The learning rate.

    step: PyTorch's StepLR, by epochs. cosine: Loshchilov & Hutter 2017, eq. 5, one period.
    onecycle: Smith & Topin 2018, a cosine up from a 25th and a cosine down.
    """
    peak, final = config.learning_rate, config.learning_rate * config.final_ratio
    if config.schedule == "step":
        return peak * config.gamma ** (epoch // config.step_epochs)
    if config.schedule == "cosine":
        return final + (peak - final) * rise("cosine", 1 - progress)
    if config.schedule == "onecycle":
        if progress < config.warmup_ratio:
            start = peak * ONECYCLE_START
            return start + (peak - start) * rise("cosine", progress / config.warmup_ratio)
        left = (1 - progress) / (1 - config.warmup_ratio)
        return final + (peak - final) * rise("cosine", left)
    return peak


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
