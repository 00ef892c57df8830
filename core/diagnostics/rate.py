"""Rate: the KL split into information about the word and mismatch with the prior.

E_x[KL(q(z|x) || p(z))] = I_q(x; z) + KL(q(z) || p(z)), and I_q(x; z) <= ln N. q(z) is the
aggregate posterior, the mixture of the N posteriors. Source: Hoffman & Johnson 2016, section 2.
"""

import math
from collections.abc import Iterator

import msgspec
from torch import Tensor

from core.diagnostics.subject import Diagnostic, Row, Subject
from core.model.cvae import Posterior
from core.model.objective import kl_divergence
from core.scores.rate import active_units, mutual_information

RATE = "Rate, in nats per word"


class Rate(msgspec.Struct, frozen=True):
    """Rate of a model on some words, in nats per word."""

    kl: float
    kl_per_dimension: tuple[float, ...]
    active_units: int
    mutual_information: float
    """I_q(x; z)."""
    marginal_kl: float
    """KL(q(z) || N(0, I)), the mismatch that lowers the quality of samples."""
    ln_words: float
    """Upper bound of I_q(x; z)."""
    ln_paradigms: float
    """Nats that identify a paradigm."""
    mean: tuple[float, ...]
    """Mean of the aggregate posterior in each dimension; the prior's is 0."""
    variance: tuple[float, ...]
    """Variance of the aggregate posterior in each dimension; the prior's is 1."""


def rate(posterior: Posterior, paradigms: int, seed: int) -> Rate:
    """Measure the rate of the posteriors of all words of so many paradigms."""
    per_dimension = kl_divergence(posterior).mean(dim=0)
    kl, information = float(per_dimension.sum()), mutual_information(posterior, seed)
    mean, variance = aggregate(posterior)
    return Rate(
        kl=kl,
        kl_per_dimension=tuple(per_dimension.tolist()),
        active_units=active_units(posterior),
        mutual_information=information,
        marginal_kl=kl - information,
        ln_words=math.log(len(posterior.mean)),
        ln_paradigms=math.log(paradigms),
        mean=tuple(mean.tolist()),
        variance=tuple(variance.tolist()),
    )


def aggregate(posterior: Posterior) -> tuple[Tensor, Tensor]:
    """Return mean and variance (by the law of total variance) of the aggregate posterior: (Z,)."""
    within = posterior.log_variance.exp().mean(dim=0)
    return posterior.mean.mean(dim=0), within + posterior.mean.var(dim=0, correction=0)


def measure(subject: Subject) -> Rate:
    """Measure the rate on the training paradigms."""
    return rate(subject.seen.posterior, len(subject.seen.paradigms), subject.seed)


def rows(found: Rate) -> Iterator[Row]:
    """Describe the KL, its two parts, and the use of the dimensions."""
    information, mismatch = f"{found.mutual_information:.2f}", f"{found.marginal_kl:.2f}"
    limits = f"of at most {found.ln_words:.2f}; ln N of the paradigms is {found.ln_paradigms:.2f}"
    ranked = [f"{kl:.2f}" for kl in sorted(found.kl_per_dimension, reverse=True)]
    highest = ", ".join([*ranked[:8], *(["..."] if len(ranked) > 8 else [])])
    means = f"{min(found.mean):.2f} to {max(found.mean):.2f}"
    variances = f"{min(found.variance):.2f} to {max(found.variance):.2f}"
    split = f"{information} mutual information + {mismatch} marginal KL"
    yield RATE, "KL", f"{found.kl:.2f} = {split}"
    yield RATE, "Mutual information", f"{information} {limits}"
    yield RATE, "Marginal KL", f"{mismatch} from aggregate posterior to N(0, I)"
    yield "Latent", "Active units", f"{found.active_units} of {len(found.mean)} dimensions"
    yield "Latent", "KL by dimension", f"{highest} nats"
    yield "Latent", "Aggregate mean", f"{means} (N(0, I): 0)"
    yield "Latent", "Aggregate variance", f"{variances} (N(0, I): 1)"


DIAGNOSTICS = (Diagnostic("rate", "rate", measure, rows),)
