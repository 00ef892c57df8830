"""How likely a model finds words: ELBO, CE in its parts, importance-weighted log-likelihood."""

import math
from collections.abc import Sequence

import msgspec
import torch
from torch import Tensor

from core.compute.randomness import seeded
from core.corpus.batches import encode_words
from core.corpus.inflection import common_stem
from core.corpus.paradigms import Paradigm
from core.corpus.vocabulary import PAD
from core.model.cvae import Posterior
from core.model.inference import Inference
from core.model.objective import kl_divergence
from core.scores.gaussian import Z95

LATENTS_AT_ONCE = 8192


class Likelihood(msgspec.Struct, frozen=True):
    """Means over words, each read and said under its own condition, in nats.

    CE is of one z drawn from each word's posterior, so that ce + kl estimates the negative ELBO
    without bias.
    """

    words: int
    elbo: float
    """-(CE + KL), the ELBO at beta = 1. Source: Kingma & Welling 2014, eq. 10."""
    ce: float
    kl: float
    ce_per_character: float
    ce_stem: float
    """Of the characters that all forms of the paradigm begin with; per word."""
    ce_ending: float
    """Of the other characters and the end; per word. CE = stem + ending."""
    ce_by_position: tuple[float, ...]
    """Of the n-th character of the words that have one, the end included."""


class ImportanceWeighted(msgspec.Struct, frozen=True):
    """log p(x|c) in nats, its mean over some words."""

    log_likelihood: float
    half_width: float
    """Of the 95 % interval over the choice of words."""
    words: int
    draws: int
    """Latents for each word (K)."""


def likelihood(
    inference: Inference, paradigms: Sequence[Paradigm], posterior: Posterior, seed: int
) -> Likelihood:
    """The likelihood of all forms. posterior: of `forms_of(paradigms)`, in that order."""
    words, conditions = forms_of(paradigms)
    noise = torch.randn(posterior.mean.shape, generator=seeded(seed, "likelihood"))
    forms = encode_words(words, inference.vocabulary)
    ce = inference.character_cross_entropy(
        posterior.sample(noise.to(posterior.mean)), forms, torch.tensor(conditions)
    )
    kl = float(kl_divergence(posterior).sum(dim=1).mean())
    there = forms != PAD
    stems = [len(common_stem(paradigm.forms)) for paradigm in paradigms for _ in paradigm.forms]
    in_stem = torch.arange(forms.shape[1]) < torch.tensor(stems)[:, None]
    mean = float(ce.sum(dim=1).mean())
    return Likelihood(
        words=len(words),
        elbo=-(mean + kl),
        ce=mean,
        kl=kl,
        ce_per_character=float(ce.sum() / there.sum()),
        ce_stem=float((ce * in_stem).sum(dim=1).mean()),
        ce_ending=float((ce * ~in_stem).sum(dim=1).mean()),
        ce_by_position=tuple((ce.sum(dim=0) / there.sum(dim=0)).tolist()),
    )


def forms_of(paradigms: Sequence[Paradigm]) -> tuple[list[str], list[int]]:
    """All forms, paradigm by paradigm, and their conditions."""
    words = [form for paradigm in paradigms for form in paradigm.forms]
    return words, [index for paradigm in paradigms for index in range(len(paradigm.forms))]


def importance_weighted(
    inference: Inference, words: Sequence[str], conditions: Sequence[int], draws: int, seed: int
) -> ImportanceWeighted:
    """A lower bound of the mean log p(x|c) that no number of draws makes looser.

    log 1/K sum_k p(x|z_k,c) p(z_k) / q(z_k|x,c), z_k from q(z|x,c), K draws.
    Source: Burda et al. 2016, eq. 8.
    """
    posterior = inference.posterior(words, conditions)
    forms = encode_words(words, inference.vocabulary)
    # Words of like length together, so that little is padded.
    order = torch.argsort((forms != PAD).sum(dim=1), stable=True)
    found = [
        _log_likelihood(inference, posterior, forms, torch.tensor(conditions), rows, draws, seed)
        for rows in torch.split(order, max(1, LATENTS_AT_ONCE // draws))
    ]
    each = torch.cat(found)
    return ImportanceWeighted(
        log_likelihood=float(each.mean()),
        half_width=Z95 * float(each.std(correction=0)) / math.sqrt(len(each)),
        words=len(words),
        draws=draws,
    )


def _log_likelihood(
    inference: Inference,
    posterior: Posterior,
    forms: Tensor,
    conditions: Tensor,
    rows: Tensor,
    draws: int,
    seed: int,
) -> Tensor:
    """Of the forms of some rows, (rows,)."""
    mean, log_variance = posterior.mean.cpu()[rows], posterior.log_variance.cpu()[rows]
    generator = seeded(seed, "importance weights", int(rows[0]))
    noise = torch.randn(len(rows), draws, mean.shape[1], generator=generator)
    z = mean[:, None] + torch.exp(0.5 * log_variance)[:, None] * noise
    some = forms[rows][:, : int((forms[rows] != PAD).sum(dim=1).max())]
    ce = inference.character_cross_entropy(
        z.flatten(0, 1),
        some.repeat_interleave(draws, dim=0),
        conditions[rows].repeat_interleave(draws, dim=0),
    )
    # The constants of both densities are the same.
    log_prior = -0.5 * z.square().sum(dim=2)
    log_posterior = -0.5 * (noise.square().sum(dim=2) + log_variance.sum(dim=1)[:, None])
    weights = -ce.sum(dim=1).view(len(rows), draws) + log_prior - log_posterior
    return torch.logsumexp(weights.double(), dim=1) - math.log(draws)
