"""Evidence for the rules of the alarms, taken from the journal of a training."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from core.config.schema import Config
from core.runs.history import History
from core.scores.results import Gaussian, Scores
from core.training.events import Started
from core.training.schedules import Schedules

GRACE = 0.03
"""Share of the training at whose head only its schedules are judged."""
RECENT = 0.01
"""Share of the training whose readings count as the present."""
LOW_KL = 0.5
"""Nats under which a latent holds no information about a word."""
PATIENCE = 0.2
"""Share of the training in which something should improve."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The journal of a training so far."""

    config: Config
    history: History

    @property
    def started(self) -> Started:
        """The event that began the training, with its numbers of steps and paradigms."""
        assert self.history.started
        return self.history.started

    @property
    def step(self) -> int:
        """Step of the last event."""
        return self.history.last.step if self.history.last else 0

    @property
    def verbs(self) -> float:
        """Information that identifies one of the N distinct training paradigms: ln N, in nats."""
        return math.log(max(self.started.paradigms, 2))

    @property
    def low_kl(self) -> float:
        """Nats under which the latent has collapsed; less where few paradigms need few."""
        return min(LOW_KL, self.verbs / 4)

    def past(self, share: float) -> bool:
        """Return True if more than this share of the training lies behind."""
        return self.step > share * self.started.steps

    def past_warm_up_by(self, share: float) -> bool:
        """Return True if more than this share of the training lies behind its warm-up."""
        return self.past(warm_up_share(self.config) + share)

    def values(self, name: str, start: float, end: float = 0.0) -> list[float]:
        """Select the finite values of a series between two shares of the training before now."""
        series = self.history.series.get(name)
        if series is None:
            return []
        low, high = (
            bisect_right(series.steps, self.step - share * self.started.steps)
            for share in (start, end)
        )
        return [value for value in series.values[low:high] if math.isfinite(value)]

    def recent(self, name: str) -> list[float]:
        """Select the last values of a series, two at least where there are two."""
        recent = self.values(name, RECENT)
        if len(recent) < 2 and (series := self.history.series.get(name)):
            recent = [value for value in series.values[-2:] if math.isfinite(value)]
        return recent

    def even_hits(self, gaussian: Gaussian) -> float:
        """Compute the distinct paradigms to expect if the hits fell alike on all.

        H hits miss one of N with probability (1 - 1/N)^H.
        """
        paradigms = self.started.paradigms
        return paradigms * (1 - (1 - 1 / paradigms) ** hit_count(gaussian))

    @property
    def scores(self) -> Scores | None:
        """The last scores, unless they are from the warm-up."""
        return self.lately[-1] if self.lately else None

    @property
    def lately(self) -> list[Scores]:
        """The last scores and those of PATIENCE before them, without those of the warm-up."""
        evaluated = self.history.evaluated
        if evaluated is None:
            return []
        start = evaluated.step - PATIENCE * self.started.steps
        start = max(start, warm_up_share(self.config) * self.started.steps)
        return [event.scores for event in self.history.evaluations if event.step > start]


def hit_count(gaussian: Gaussian) -> int:
    """Count the samples that were hits."""
    return round(gaussian.score * gaussian.draws)


def kl_of(scores: Scores) -> float:
    """Sum the KL of the words that were scored, in nats."""
    return sum(kl for kl in scores.kl_per_dimension if kl is not None)


def rise_share(config: Config) -> float:
    """Return the share of the training after which beta has risen, GRACE at least."""
    return max(GRACE, config.objective.annealing.end_of_rise)


def warm_up_share(config: Config) -> float:
    """Return the share of the training after which beta has risen, and fallen where it falls."""
    return max(rise_share(config), config.prior.end_of_fall)


@lru_cache(maxsize=8)
def peak_beta(config: Config, steps_per_epoch: int) -> float:
    """Find the highest beta of a training."""
    return Schedules(config, steps_per_epoch).peak_beta
