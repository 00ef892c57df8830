"""Where the nats of the KL go: what the latent tells of a word, and mismatch with the prior.

E_x[KL(q(z|x) || p(z))] = I_q(x; z) + KL(q(z) || p(z)), and I_q(x; z) <= ln N. q(z) is the
aggregate posterior, the mixture of the N posteriors. Source: Hoffman & Johnson 2016, section 2.
"""

import math

import msgspec
import torch
from torch import Tensor

from core.compute.randomness import seeded
from core.model.cvae import Posterior
from core.model.objective import kl_divergence

ACTIVE = 0.01
"""Variance of the posterior mean above which a dimension is active."""
ROWS_AT_ONCE = 512


class Rate(msgspec.Struct, frozen=True):
    """The rate of a model on some words, in nats per word."""

    kl: float
    kl_per_dimension: tuple[float, ...]
    active_units: int
    mutual_information: float
    """I_q(x; z)."""
    marginal_kl: float
    """KL(q(z) || N(0, I)): mismatch, which draws from the prior pay for."""
    ln_words: float
    """The most that I_q(x; z) can be."""
    ln_paradigms: float
    """What it takes to name a paradigm."""
    mean: tuple[float, ...]
    """Of the aggregate posterior, for each dimension; the prior's is 0."""
    variance: tuple[float, ...]
    """Of the aggregate posterior, for each dimension; the prior's is 1."""


def rate(posterior: Posterior, paradigms: int, seed: int) -> Rate:
    """The rate of the posteriors of all words of so many paradigms."""
    per_dimension = kl_divergence(posterior).mean(dim=0)
    kl, told = float(per_dimension.sum()), mutual_information(posterior, seed)
    mean, variance = aggregate(posterior)
    return Rate(
        kl=kl,
        kl_per_dimension=tuple(per_dimension.tolist()),
        active_units=active_units(posterior),
        mutual_information=told,
        marginal_kl=kl - told,
        ln_words=math.log(len(posterior.mean)),
        ln_paradigms=math.log(paradigms),
        mean=tuple(mean.tolist()),
        variance=tuple(variance.tolist()),
    )


def active_units(posterior: Posterior) -> int:
    """Dimensions whose posterior mean varies over the words by more than `ACTIVE`.

    Source: Burda et al. 2016, section 5.2.
    """
    return int((posterior.mean.var(dim=0, correction=0) > ACTIVE).sum())


def mutual_information(posterior: Posterior, seed: int) -> float:
    """I_q(x; z) in nats: mean over words of E[log q(z|x) - log q(z)], at most ln N.

    Estimated with one draw of z for each word, the same in both terms, so that their errors cancel
    where the posteriors are alike. Source: Hoffman & Johnson 2016, section 2; He et al. 2019,
    section 4.2.
    """
    noise = torch.randn(posterior.mean.shape, generator=seeded(seed, "mutual information"))
    noise = noise.to(posterior.mean).double()
    mean, log_variance = posterior.mean.double(), posterior.log_variance.double()
    z = Posterior(mean, log_variance).sample(noise)
    log_own = -0.5 * (noise.square() + log_variance + math.log(2 * math.pi)).sum(dim=1)
    return float((log_own - log_aggregate(z, posterior)).mean())


def log_aggregate(z: Tensor, posterior: Posterior) -> Tensor:
    """log q(z) under the mixture of all posteriors, in nats: (rows, Z) to (rows,) in float64."""
    mean, log_variance = posterior.mean.double(), posterior.log_variance.double()
    precision = torch.exp(-log_variance)
    # The square of z - mean, multiplied out, so that all pairs are two matrix products.
    constant = (mean.square() * precision + log_variance).sum(dim=1)
    constant = constant + mean.shape[1] * math.log(2 * math.pi)
    parts = [
        torch.logsumexp(
            rows @ (mean * precision).T - 0.5 * (rows.square() @ precision.T + constant), dim=1
        )
        for rows in torch.split(z.double(), ROWS_AT_ONCE)
    ]
    return torch.cat(parts) - math.log(len(mean))


def aggregate(posterior: Posterior) -> tuple[Tensor, Tensor]:
    """Mean and variance of the aggregate posterior, each (Z,), by the law of total variance."""
    within = posterior.log_variance.exp().mean(dim=0)
    return posterior.mean.mean(dim=0), within + posterior.mean.var(dim=0, correction=0)
