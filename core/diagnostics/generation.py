"""What is behind the Gaussian score: which paradigms are hit, and what the misses are."""

import math
from collections import Counter
from collections.abc import Sequence

import msgspec
import torch

from core.compute.randomness import seeded
from core.diagnostics.edit_distance import edit_distances
from core.model.cvae import Posterior
from core.model.inference import Inference
from core.scores.gaussian import gaussian_score
from core.scores.results import Gaussian

Forms = tuple[str, ...]
NEAR = 2
"""Letters in all by which a near miss may differ from a paradigm."""
MEASURED_MISSES = 200
"""Different misses whose edit distances are measured, the most frequent first."""
SHOWN = 10


class NearMiss(msgspec.Struct, frozen=True):
    """A draw that is no training paradigm, and the one that it comes nearest to."""

    forms: Forms
    nearest: Forms
    distance: int
    """Letters, summed over the forms."""


class Generation(msgspec.Struct, frozen=True):
    """Draws of latents, decoded under every condition."""

    gaussian: Gaussian
    entropy: float
    """Of which paradigm a hit is, in nats; ln N when all are hit alike."""
    ln_paradigms: float
    novel: float
    """Share of the draws that are real paradigms, but not of the training."""
    distinct_novel: int
    some_novel: tuple[Forms, ...]
    measured_misses: int
    """Different misses (neither hit nor novel) that were measured, at most MEASURED_MISSES."""
    misses_by_distance: dict[int, int]
    """How many of them lie so many letters from the nearest training paradigm."""
    near_misses: tuple[NearMiss, ...]
    """Some of those within NEAR letters, the nearest first."""


def generation(
    samples: Sequence[Forms], training: Sequence[Forms], real: Sequence[Forms]
) -> Generation:
    """What is behind the score of samples.

    training: the rows of the corpus. real: paradigms that exist, in the same conditions.
    """
    known = set(training)
    unknown = set(real) - known
    novel = Counter(forms for forms in samples if forms in unknown)
    misses = Counter(forms for forms in samples if forms not in known and forms not in novel)
    measured = [forms for forms, _ in misses.most_common(MEASURED_MISSES)]
    nearest = near_misses(measured, sorted(known))
    return Generation(
        gaussian=gaussian_score(samples, training),
        entropy=entropy(Counter(forms for forms in samples if forms in known)),
        ln_paradigms=math.log(len(known)),
        novel=novel.total() / len(samples),
        distinct_novel=len(novel),
        some_novel=tuple(forms for forms, _ in novel.most_common(SHOWN)),
        measured_misses=len(measured),
        misses_by_distance=dict(sorted(Counter(miss.distance for miss in nearest).items())),
        near_misses=tuple(
            sorted(
                (miss for miss in nearest if miss.distance <= NEAR), key=lambda miss: miss.distance
            )[:SHOWN]
        ),
    )


def entropy(counts: "Counter[Forms]") -> float:
    """Entropy in nats of what was counted. Source: Shannon 1948, section 6."""
    total = counts.total()
    return sum(n / total * math.log(total / n) for n in counts.values()) if total else 0.0


def near_misses(misses: Sequence[Forms], known: Sequence[Forms]) -> list[NearMiss]:
    """The known paradigm nearest to each miss, by the edit distance summed over the forms."""
    if not misses:
        return []
    columns = zip(zip(*misses, strict=True), zip(*known, strict=True), strict=True)
    distances = torch.stack([edit_distances(ours, theirs) for ours, theirs in columns]).sum(dim=0)
    least, index = distances.min(dim=1)
    return [
        NearMiss(forms, known[nearest], distance)
        for forms, nearest, distance in zip(misses, index.tolist(), least.tolist(), strict=True)
    ]


def sample_aggregate(
    inference: Inference, posterior: Posterior, draws: int, seed: int
) -> list[Forms]:
    """The paradigms of draws from the aggregate posterior: what a perfect prior would reach.

    Source: Hoffman & Johnson 2016, section 2 (the prior that maximises the ELBO).
    """
    generator = seeded(seed, "aggregate posterior")
    rows = torch.randint(len(posterior.mean), (draws,), generator=generator)
    chosen = Posterior(posterior.mean.cpu()[rows], posterior.log_variance.cpu()[rows])
    return inference.paradigms(chosen.sample(torch.randn(chosen.mean.shape, generator=generator)))
