"""Beta, teacher forcing ratio and learning rate as functions of the step alone.

Having no state, they need no saving, and a screen can draw them before a run exists. Progress is
the share of the training that lies behind, from 0 to 1.
"""

import math
from dataclasses import dataclass

from core.config import Config, ObjectiveConfig, OptimizerConfig, TeacherForcingConfig

ONECYCLE_START = 1 / 25
SIGMOID_STEEPNESS = 12.0


@dataclass(frozen=True, slots=True)
class Schedules:
    """The three schedules of one training."""

    config: Config
    steps_per_epoch: int

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
        config, progress = self.config.objective, step / self.steps
        risen = beta(config, progress)
        if not (config.fall_ratio and self.config.model.has_memory):
            return risen
        fallen = min(1.0, max(0.0, (progress - self.config.prior.start) / config.fall_ratio))
        return risen + (config.beta_final - risen) * fallen

    def teacher_forcing_ratio(self, step: int) -> float:
        """The teacher forcing ratio at a step."""
        return teacher_forcing_ratio(self.config.teacher_forcing, step / self.steps)

    def learning_rate(self, step: int) -> float:
        """The learning rate at a step."""
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
