"""Beta, teacher forcing ratio and learning rate as functions of the step.

They have no state, so they need no saving and can be drawn before a run exists. A number that is
set by hand while the training runs replaces its schedule.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from core.config.annealing import Monotonic
from core.config.fields import field
from core.config.schema import Codebook, Config
from core.errors import InputError

BACK = "schedule"
"""The word that returns a number to its schedule."""
EDITABLE: Mapping[str, str] = {
    "beta": "objective.annealing.beta_max",
    "learning_rate": "optimizer.learning_rate",
    "teacher_forcing_ratio": "teacher_forcing.start",
}
"""Numbers that can be changed while a training runs, each with the setting whose range it has."""


class Overrides(msgspec.Struct, frozen=True, omit_defaults=True):
    """Numbers that stay as they were set while the training ran; None follows its schedule."""

    beta: float | None = None
    learning_rate: float | None = None
    teacher_forcing_ratio: float | None = None

    def edited(self, name: str, value: float | None) -> "Overrides":
        """Set one number; None returns it to its schedule.

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
    """Read the value of an edit: a number, or None for `schedule`.

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


Course = Literal["resting", "rising", "holding", "falling", "set by hand"]


@dataclass(frozen=True, slots=True)
class Phase:
    """Place of beta in its schedule. cycle: from 1."""

    cycle: int
    cycles: int
    course: Course


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
    def partition_step(self) -> int | None:
        """Step before which the latent space is divided and draws from the prior begin, if any."""
        prior = self.config.prior
        return math.ceil(prior.start * self.steps) if isinstance(prior, Codebook) else None

    def beta(self, step: int) -> float:
        """KL weight at a step."""
        if self.overrides.beta is not None:
            return self.overrides.beta
        progress = step / self.steps
        return self.config.prior.lower(self.config.objective.annealing.value(progress), progress)

    def phase(self, step: int) -> Phase:
        """Locate beta in its schedule after a step."""
        annealing = self.config.objective.annealing
        cycles = annealing.n_cycles
        position = min(step / self.steps, 1.0) * cycles
        cycle = min(int(position), cycles - 1)
        course: Course = "holding"
        if self.overrides.beta is not None:
            course = "set by hand"
        elif step < self.steps:
            here, after = self.beta(step), self.beta(step + 1)
            if after > here:
                course = "rising"
            elif after < here and int((step + 1) / self.steps * cycles) == cycle:
                course = "falling"
            elif isinstance(annealing, Monotonic) and position - cycle < annealing.zero_ratio:
                course = "resting"
        return Phase(cycle + 1, cycles, course)

    @property
    def cycle_starts(self) -> tuple[int, ...]:
        """Steps at which the second and every later cycle of beta begins."""
        cycles = self.config.objective.annealing.n_cycles
        return tuple(math.ceil(self.steps * cycle / cycles) for cycle in range(1, cycles))

    @property
    def peak_beta(self) -> float:
        """The highest beta of the training."""
        # Beta rises within a cycle until the fall begins, so it is highest at the end of either.
        ends = {end - 1 for end in (*self.cycle_starts, self.steps)}
        return max(self.beta(step) for step in ends | {self.partition_step or 0, 0})

    def teacher_forcing_ratio(self, step: int) -> float:
        """Teacher forcing ratio at a step."""
        if self.overrides.teacher_forcing_ratio is not None:
            return self.overrides.teacher_forcing_ratio
        return self.config.teacher_forcing.value(step / self.steps)

    def learning_rate(self, step: int) -> float:
        """Learning rate at a step."""
        if self.overrides.learning_rate is not None:
            return self.overrides.learning_rate
        optimizer = self.config.optimizer
        return optimizer.schedule.value(
            optimizer.learning_rate, step / self.steps, step // self.steps_per_epoch
        )
