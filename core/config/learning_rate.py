"""Schedules of the learning rate.

`value` takes the learning rate that is set (peak), the share of the training that lies behind
(progress) and the number of whole epochs.
"""

from typing import Annotated

from msgspec import Meta

from core.config.annealing import rise
from core.config.section import Choice, Count, Ratio

ONECYCLE_START = 1 / 25


class RateSchedule(Choice, frozen=True):
    """Base of the schedules. The learning rate is constant unless a subclass moves it."""

    def value(self, peak: float, progress: float, epoch: int) -> float:
        """Learning rate."""
        return peak


class ConstantRate(RateSchedule, frozen=True, tag="constant"):
    """The learning rate does not change."""


class Step(RateSchedule, frozen=True):
    """The learning rate decays every few epochs, as PyTorch's StepLR.

    step_epochs: Epochs between two decays of the learning rate.
    gamma: Factor of each decay.
    """

    step_epochs: Count = 500
    gamma: Annotated[float, Meta(gt=0, le=1)] = 0.8

    def value(self, peak: float, progress: float, epoch: int) -> float:
        """Learning rate."""
        return float(peak * self.gamma ** (epoch // self.step_epochs))


class Cosine(RateSchedule, frozen=True):
    """The learning rate falls along a cosine. Source: Loshchilov & Hutter 2017, eq. 5.

    final_ratio: Learning rate at the end, as a share of the highest one.
    """

    final_ratio: Ratio = 0.01

    def value(self, peak: float, progress: float, epoch: int) -> float:
        """Learning rate."""
        final = peak * self.final_ratio
        return final + (peak - final) * rise("cosine", 1 - progress)


class OneCycle(RateSchedule, frozen=True):
    """The learning rate rises from a 25th, then falls. Source: Smith & Topin 2018.

    warmup_ratio: Share of the training in which the learning rate rises.
    final_ratio: Learning rate at the end, as a share of the highest one.
    """

    warmup_ratio: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    final_ratio: Ratio = 0.01

    def value(self, peak: float, progress: float, epoch: int) -> float:
        """Learning rate."""
        final = peak * self.final_ratio
        if progress < self.warmup_ratio:
            start = peak * ONECYCLE_START
            return start + (peak - start) * rise("cosine", progress / self.warmup_ratio)
        left = (1 - progress) / (1 - self.warmup_ratio)
        return final + (peak - final) * rise("cosine", left)
