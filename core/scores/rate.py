"""Information that the latent carries about a word.

q(z) is the aggregate posterior, the mixture of the N posteriors. Source: Hoffman & Johnson 2016.
"""

import math

import torch
from torch import Tensor

from core.compute.randomness import seeded
from core.model.cvae import Posterior

ACTIVE = 0.01
"""Variance of the posterior mean above which a dimension is active."""
ROWS_AT_ONCE = 512


def active_units(posterior: Posterior) -> int:
    """Count dimensions whose mean varies by more than `ACTIVE`. Source: Burda et al. 2016, 5.2."""
    return int((posterior.mean.var(dim=0, correction=0) > ACTIVE).sum())


def mutual_information(posterior: Posterior, seed: int) -> float:
    """Estimate I_q(x; z) in nats: the mean over words of E[log q(z|x) - log q(z)], at most ln N.

    One draw of z per word serves both terms, so that their errors cancel where the posteriors are
    alike. Source: Hoffman & Johnson 2016, section 2; He et al. 2019, section 4.2.
    """
    noise = torch.randn(posterior.mean.shape, generator=seeded(seed, "mutual information"))
    noise = noise.to(posterior.mean).double()
    mean, log_variance = posterior.mean.double(), posterior.log_variance.double()
    z = Posterior(mean, log_variance).sample(noise)
    log_own = -0.5 * (noise.square() + log_variance + math.log(2 * math.pi)).sum(dim=1)
    return float((log_own - log_aggregate(z, posterior)).mean())


def log_aggregate(z: Tensor, posterior: Posterior) -> Tensor:
    """Return log q(z) of latents (rows, Z) under the mixture of all posteriors: (rows,) float64."""
    mean, log_variance = posterior.mean.double(), posterior.log_variance.double()
    precision = torch.exp(-log_variance)
    # The square of z - mean is multiplied out: all pairs are then two matrix products.
    constant = (mean.square() * precision + log_variance).sum(dim=1)
    constant = constant + mean.shape[1] * math.log(2 * math.pi)
    parts = [
        torch.logsumexp(
            rows @ (mean * precision).T - 0.5 * (rows.square() @ precision.T + constant), dim=1
        )
        for rows in torch.split(z.double(), ROWS_AT_ONCE)
    ]
    return torch.cat(parts) - math.log(len(mean))
