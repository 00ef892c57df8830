"""Gaussian score: share of samples that are whole training paradigms."""

import math
from collections import Counter
from collections.abc import Sequence

from core.scores.results import Gaussian

Z95 = 1.959963984540054
"""97.5 % quantile of the standard normal distribution."""


def gaussian_score(
    samples: Sequence[tuple[str, ...]], training: Sequence[tuple[str, ...]]
) -> Gaussian:
    """Score samples against the training rows.

    A sample is a hit when its whole tuple equals a training paradigm; score = hits / draws.
    `course_score` counts a sample once for each equal row.
    """
    rows = Counter(training)
    hits = [forms for forms in samples if forms in rows]
    return Gaussian(
        score=len(hits) / len(samples),
        ci95=wilson_interval(len(hits), len(samples)),
        draws=len(samples),
        distinct=len(set(hits)),
        course_score=sum(rows[forms] for forms in hits) / len(samples),
    )


def wilson_interval(hits: int, draws: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion. Source: Wilson 1927."""
    share, z2 = hits / draws, Z95**2
    middle = (share + z2 / (2 * draws)) / (1 + z2 / draws)
    half = Z95 / (1 + z2 / draws) * math.sqrt(share * (1 - share) / draws + z2 / (4 * draws**2))
    low = middle - half if hits else 0.0
    high = middle + half if hits < draws else 1.0
    return max(0.0, low), min(1.0, high)
