"""Importance-weighted log-likelihood of training words."""

import math
from collections.abc import Iterator, Sequence

import msgspec
import torch
from torch import Tensor

from core.compute.randomness import seeded
from core.corpus.batches import encode_words
from core.corpus.vocabulary import PAD
from core.diagnostics.likelihood import LIKELIHOOD
from core.diagnostics.subject import Diagnostic, Row, Subject, forms_of
from core.model.inference import Inference
from core.scores.gaussian import Z95

WORDS = 500
"""Training words, drawn once at random."""
LATENTS_AT_ONCE = 8192


class ImportanceWeighted(msgspec.Struct, frozen=True):
    """Mean log p(x|c) over some words, in nats."""

    log_likelihood: float
    half_width: float
    """Half the 95 % interval over the choice of words."""
    words: int
    draws: int
    """Latents per word (K)."""


def importance_weighted(
    inference: Inference, words: Sequence[str], conditions: Sequence[int], draws: int, seed: int
) -> ImportanceWeighted:
    """Estimate a lower bound of the mean log p(x|c) that tightens with the number of draws.

    log 1/K sum_k p(x|z_k,c) p(z_k) / q(z_k|x,c), z_k from q(z|x,c), K draws.
    Source: Burda et al. 2016, eq. 8.
    """
    posterior = inference.posterior(words, conditions)
    means, log_variances = posterior.mean.cpu(), posterior.log_variance.cpu()
    forms, under = encode_words(words, inference.vocabulary), torch.tensor(conditions)
    lengths = (forms != PAD).sum(dim=1)

    def log_likelihood(rows: Tensor) -> Tensor:
        mean, log_variance = means[rows], log_variances[rows]
        generator = seeded(seed, "importance weights", int(rows[0]))
        noise = torch.randn(len(rows), draws, mean.shape[1], generator=generator)
        z = mean[:, None] + torch.exp(0.5 * log_variance)[:, None] * noise
        some = forms[rows][:, : int(lengths[rows].max())]
        ce = inference.character_cross_entropy(
            z.flatten(0, 1),
            some.repeat_interleave(draws, dim=0),
            under[rows].repeat_interleave(draws, dim=0),
        )
        # The constants of both densities cancel.
        log_prior = -0.5 * z.square().sum(dim=2)
        log_posterior = -0.5 * (noise.square().sum(dim=2) + log_variance.sum(dim=1)[:, None])
        weights = -ce.sum(dim=1).view(len(rows), draws) + log_prior - log_posterior
        return torch.logsumexp(weights.double(), dim=1) - math.log(draws)

    # Sorted by length to keep padding short.
    order = torch.argsort(lengths, stable=True)
    parts = torch.split(order, max(1, LATENTS_AT_ONCE // draws))
    each = torch.cat([log_likelihood(rows) for rows in parts])
    return ImportanceWeighted(
        log_likelihood=float(each.mean()),
        half_width=Z95 * float(each.std(correction=0)) / math.sqrt(len(each)),
        words=len(words),
        draws=draws,
    )


def measure(subject: Subject) -> ImportanceWeighted | None:
    """Estimate log p(x|c) of some training words; None for 0 draws."""
    if not subject.importance_draws:
        return None
    words, conditions = forms_of(subject.seen.paradigms)
    order = torch.randperm(len(words), generator=seeded(subject.seed, "importance words"))
    some = order[:WORDS].tolist()
    return importance_weighted(
        subject.inference,
        [words[i] for i in some],
        [conditions[i] for i in some],
        subject.importance_draws,
        subject.seed,
    )


def rows(found: ImportanceWeighted) -> Iterator[Row]:
    """Describe the bound with its interval."""
    bound = f"{found.log_likelihood:.2f} ± {found.half_width:.2f}"
    yield LIKELIHOOD, "log p(x|c)", f"{bound}; {found.words} seen words, K = {found.draws}"


DIAGNOSTICS = (Diagnostic("importance_weighted", "importance-weighted likelihood", measure, rows),)
