"""The objective CE + beta * KL, in nats: the negative ELBO when beta is 1.

Source: Higgins et al. 2017, eq. 4.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.corpus.vocabulary import FIRST_OUTPUT, PAD
from core.model.cvae import Posterior


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Sum -log p over the characters of each word and its end, in nats, (B,).

    logits: (B, T, V - FIRST_OUTPUT). target: (B, T) int64, padded with `PAD`.
    """
    return character_cross_entropy(logits, target).sum(dim=1)


def character_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Compute the CE of each character, the end included, in nats, (B, T); 0 after the end.

    logits: (B, T, V - FIRST_OUTPUT). target: (B, T) int64, padded with `PAD`.
    """
    losses = F.cross_entropy(
        logits.float().flatten(0, 1),
        target.flatten() - FIRST_OUTPUT,
        ignore_index=PAD - FIRST_OUTPUT,
        reduction="none",
    )
    return losses.view(target.shape)


def kl_divergence(posterior: Posterior) -> Tensor:
    """Compute KL(q(z|x,c) || N(0, I)) of each word and latent dimension, in nats, (B, Z).

    Source: Kingma & Welling 2014, appendix B.
    """
    mean, log_variance = posterior.mean, posterior.log_variance
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def objective(
    ce: Tensor,
    kl: Tensor | float,
    lengths: Tensor,
    beta: Tensor | float,
    reduction: Literal["word", "character"],
) -> Tensor:
    """Average CE + beta * KL over the words, a scalar.

    ce: (B,) nats per word. kl: (B,) nats; 0 for draws from the prior.
    lengths: (B,) characters with the end.
    reduction: `character` divides each word's CE by its length, as in the lab (docs/lab.md).
    """
    per_word = ce / lengths if reduction == "character" else ce
    return torch.mean(per_word + beta * kl)
