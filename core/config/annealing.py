"""Annealing: the schedule of beta, the weight of the KL, by the progress of a training, 0 to 1."""

import math
from typing import Annotated, Literal

from msgspec import Meta

from core.config.section import Choice, Weight

SIGMOID_STEEPNESS = 12.0


class Annealing(Choice, frozen=True):
    """Base of the schedules of beta. It is constant unless a subclass moves it.

    beta_max: Beta after a rise, and throughout when constant.
    """

    beta_max: Weight = 0.1

    @property
    def n_cycles(self) -> int:
        """Rises over the whole training."""
        return 1

    @property
    def end_of_rise(self) -> float:
        """Progress at which beta has first risen."""
        return 0.0

    def value(self, progress: float) -> float:
        """Beta."""
        return self.beta_max


class Constant(Annealing, frozen=True):
    """Beta does not change."""


class Monotonic(Annealing, frozen=True):
    """Beta rises once and then holds.

    beta_start: Beta at the start of a rise.
    shape: Form of each rise of beta.
    rise_ratio: Share of a cycle (of the whole training when monotonic) in which beta rises; then it
        holds. R of Fu et al. 2019.
    zero_ratio: Share of a cycle, at its head, in which beta rests at its start value. Source: Li et
        al. 2020 (Optimus), section 3.3.
    """

    beta_start: Weight = 0.0
    shape: Literal["linear", "sigmoid", "cosine"] = "linear"
    rise_ratio: Annotated[float, Meta(gt=0, le=1)] = 0.7
    zero_ratio: Annotated[float, Meta(ge=0, lt=1)] = 0.0

    def __post_init__(self) -> None:
        """Raise ValueError for fields that contradict one another."""
        if self.beta_start > self.beta_max:
            raise ValueError(
                f"objective.annealing.beta_start ({self.beta_start:g}) must not exceed "
                f"objective.annealing.beta_max ({self.beta_max:g})"
            )
        if self.rise_ratio + self.zero_ratio > 1:
            raise ValueError(
                f"objective.annealing.rise_ratio ({self.rise_ratio:g}) and "
                f"objective.annealing.zero_ratio ({self.zero_ratio:g}) must not exceed 1 together"
            )

    @property
    def end_of_rise(self) -> float:
        """Progress at which beta has first risen; 0 where it does not rise."""
        if self.beta_max <= self.beta_start:
            return 0.0
        return (self.zero_ratio + self.rise_ratio) / self.n_cycles

    def value(self, progress: float) -> float:
        """Beta by Fu et al. 2019, eq. 6, after the zero phase of Li et al. 2020 in each cycle."""
        position = progress * self.n_cycles % 1.0 if progress < 1 else 1.0
        risen = min(1.0, max(0.0, (position - self.zero_ratio) / self.rise_ratio))
        return self.beta_start + (self.beta_max - self.beta_start) * rise(self.shape, risen)


class Cyclical(Monotonic, frozen=True):
    """Beta rises and holds again and again.

    cycles: Cycles over the whole training. M of Fu et al. 2019.
    """

    cycles: Annotated[int, Meta(ge=1, le=10_000)] = 4

    @property
    def n_cycles(self) -> int:
        """Rises over the whole training."""
        return self.cycles


def rise(shape: str, share: float) -> float:
    """Height of a rise from 0 to 1 of the given shape after a share of its time."""
    if shape == "sigmoid":
        # Stretched to begin at 0 and end at 1. Another form of it would round differently, and a
        # resumed run must have the same beta to the last bit.
        low = _sigmoid(-SIGMOID_STEEPNESS / 2)
        return (_sigmoid(SIGMOID_STEEPNESS * (share - 0.5)) - low) / (1 - 2 * low)
    if shape == "cosine":
        return 0.5 * (1 - math.cos(math.pi * share))
    return share


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
