"""Quality of samples: distribution of the hits, new real paradigms, and near misses."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import attrgetter

import msgspec
import torch

from core.compute.randomness import seeded
from core.corpus.formats import known_paradigms
from core.diagnostics.edit_distance import edit_distances
from core.diagnostics.subject import Diagnostic, Forms, Row, Subject
from core.model.cvae import Posterior
from core.model.inference import Inference
from core.scores.gaussian import gaussian_score
from core.scores.results import Gaussian

NEAR = 2
"""Largest edit distance of a near miss, summed over the forms."""
MEASURED_MISSES = 200
"""Distinct misses whose edit distances are measured, the most frequent first."""
SHOWN = 10
GENERATION = "Generation"


class NearMiss(msgspec.Struct, frozen=True):
    """A sample that is not a training paradigm, with the nearest one."""

    forms: Forms
    nearest: Forms
    distance: int
    """Edit distance, summed over the forms."""


class Generation(msgspec.Struct, frozen=True):
    """Quality of latents decoded under every condition."""

    gaussian: Gaussian
    entropy: float
    """Entropy of the paradigms among the hits, in nats; ln N when all are hit equally often."""
    ln_paradigms: float
    novel: float
    """Share of the samples that are real paradigms outside the training corpus."""
    distinct_novel: int
    some_novel: tuple[Forms, ...]
    measured_misses: int
    """Distinct misses (neither hit nor novel) that were measured, at most MEASURED_MISSES."""
    misses_by_distance: dict[int, int]
    """Number of measured misses by edit distance from the nearest training paradigm."""
    near_misses: tuple[NearMiss, ...]
    """Examples within NEAR, the nearest first."""

    @property
    def effective_paradigms(self) -> float:
        """Number of equally frequent paradigms with the same entropy."""
        return math.exp(self.entropy)


def generation(
    samples: Sequence[Forms], training: Sequence[Forms], real: Iterable[Forms]
) -> Generation:
    """Measure samples against the training rows and all paradigms known to be real."""
    known = set(training)
    unknown = set(real) - known
    novel = Counter(forms for forms in samples if forms in unknown)
    misses = Counter(forms for forms in samples if forms not in known and forms not in novel)
    measured = [forms for forms, _ in misses.most_common(MEASURED_MISSES)]
    nearest = near_misses(measured, sorted(known))
    near = sorted((miss for miss in nearest if miss.distance <= NEAR), key=attrgetter("distance"))
    return Generation(
        gaussian=gaussian_score(samples, training),
        entropy=entropy(Counter(forms for forms in samples if forms in known)),
        ln_paradigms=math.log(len(known)),
        novel=novel.total() / len(samples),
        distinct_novel=len(novel),
        some_novel=tuple(forms for forms, _ in novel.most_common(SHOWN)),
        measured_misses=len(measured),
        misses_by_distance=dict(sorted(Counter(miss.distance for miss in nearest).items())),
        near_misses=tuple(near[:SHOWN]),
    )


def entropy(counts: "Counter[Forms]") -> float:
    """Return the entropy of counts, in nats. Source: Shannon 1948, section 6."""
    total = counts.total()
    return sum(n / total * math.log(total / n) for n in counts.values()) if total else 0.0


def near_misses(misses: Sequence[Forms], known: Sequence[Forms]) -> list[NearMiss]:
    """Find the known paradigm nearest to each miss, by edit distance summed over the forms."""
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
    """Sample from the aggregate posterior: the ceiling of a perfect prior with this decoder.

    Source: Hoffman & Johnson 2016, section 2 (the prior that maximises the ELBO).
    """
    generator = seeded(seed, "aggregate posterior")
    rows = torch.randint(len(posterior.mean), (draws,), generator=generator)
    chosen = Posterior(posterior.mean.cpu()[rows], posterior.log_variance.cpu()[rows])
    return inference.paradigms(chosen.sample(torch.randn(chosen.mean.shape, generator=generator)))


def measure(source: str, subject: Subject) -> Generation:
    """Measure samples from the prior, or from the aggregate posterior."""
    model, draws, seed = subject.inference, subject.draws, subject.seed
    if source == "prior":
        samples = model.sample(draws, seed)
    else:
        samples = sample_aggregate(model, subject.seen.posterior, draws, seed)
    training = [paradigm.forms for paradigm in subject.corpus.split("train")]
    return generation(samples, training, known_paradigms(subject.corpus))


def rows(source: str, found: Generation) -> Iterator[Row]:
    """Describe the Gaussian score, the spread of the hits, and the misses."""
    gaussian, (low, high) = found.gaussian, found.gaussian.ci95
    near = sum(n for distance, n in found.misses_by_distance.items() if distance <= NEAR)
    score = f"{gaussian.score:.4f} ({low:.4f} to {high:.4f}) of {gaussian.draws:,} samples"
    spread = f"{gaussian.distinct:,} distinct, effective number {found.effective_paradigms:,.0f}"
    misses = f"{near} of {found.measured_misses} within edit distance {NEAR} of a training paradigm"
    new = f"{found.novel:.2%} of the samples new but real"
    yield GENERATION, f"Gaussian score, {source}", score
    yield GENERATION, f"Paradigms, {source}", f"{spread}; {new}"
    yield GENERATION, f"Misses, {source}", misses
    if source == "prior":
        for forms in found.some_novel[:3]:
            yield GENERATION, "New but real", " ".join(forms)
        for miss in found.near_misses[:5]:
            pair = f"{' '.join(miss.forms)} ({miss.nearest[0]})"
            yield GENERATION, f"At edit distance {miss.distance}", pair


DIAGNOSTICS = tuple(
    Diagnostic(source, stage, partial(measure, source), partial(rows, source))
    for source, stage in (
        ("prior", "samples from the prior"),
        ("aggregate", "samples from the aggregate posterior"),
    )
)
