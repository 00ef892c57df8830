"""All diagnostics of a model on its corpus."""

from collections.abc import Callable, Sequence

import msgspec
import torch

from core.compute.randomness import seeded
from core.corpus.formats import find_corpus
from core.corpus.paradigms import Corpus, Paradigm
from core.diagnostics.generation import Generation, generation, sample_aggregate
from core.diagnostics.likelihood import (
    ImportanceWeighted,
    Likelihood,
    forms_of,
    importance_weighted,
    likelihood,
)
from core.diagnostics.probe import Probe, probe_conditions
from core.model.cvae import Posterior
from core.model.inference import Inference
from core.progress import ignore
from core.scores.conversion import Accuracy, conversion_accuracy
from core.scores.rate import Rate, rate

SEED = 0
GENERATION_DRAWS = 5000
IMPORTANCE_DRAWS = 500
IMPORTANCE_WORDS = 500
"""Training words, drawn once at random, whose log-likelihood is estimated."""
REAL = "verbs-all"
"""Shipped corpus in which a paradigm that is not of the training may be found to be real."""


class Diagnosis(msgspec.Struct, frozen=True):
    """What is known of one checkpoint. Unseen are the splits valid and test, where there are any.

    None where there is nothing to measure on, or nothing was asked for.
    """

    paradigms: int
    """Different training paradigms."""
    unseen_paradigms: int
    likelihood: Likelihood
    unseen_likelihood: Likelihood | None
    importance_weighted: ImportanceWeighted | None
    rate: Rate
    probe: Probe | None
    seen: Accuracy
    unseen: Accuracy | None
    prior: Generation
    """Of draws from N(0, I)."""
    aggregate: Generation
    """Of as many draws from the aggregate posterior: the ceiling that a perfect prior would reach
    with this decoder."""


def diagnose(
    inference: Inference,
    corpus: Corpus,
    *,
    seed: int = SEED,
    draws: int = GENERATION_DRAWS,
    importance_draws: int = IMPORTANCE_DRAWS,
    say: Callable[[str], None] = ignore,
) -> Diagnosis:
    """All diagnostics of a model, with the same draws for the same seed.

    importance_draws: 0 leaves the importance-weighted log-likelihood out, which takes longest.
    say: told what is measured now.

    Raises Cancelled when the inference is told so.
    """
    rows = corpus.split("train")
    paradigms = _distinct(rows)
    unseen = _distinct([*corpus.split("valid"), *corpus.split("test")])
    words, conditions = forms_of(paradigms)
    say("posteriors")
    posterior = _on_processor(inference.posterior(words, conditions))
    say("likelihood")
    seen_likelihood = likelihood(inference, paradigms, posterior, seed)
    unseen_likelihood = None
    if unseen:
        unseen_posterior = _on_processor(inference.posterior(*forms_of(unseen)))
        unseen_likelihood = likelihood(inference, unseen, unseen_posterior, seed)
    say("rate")
    found_rate = rate(posterior, len(paradigms), seed)
    say("tense from latent")
    several = len(corpus.conditions) > 1 and len(paradigms) > 1
    probe = probe_conditions(posterior.mean, len(corpus.conditions), seed) if several else None
    say("conversions")
    seen_accuracy = conversion_accuracy(inference, paradigms)
    unseen_accuracy = conversion_accuracy(inference, unseen) if unseen else None
    say("draws from the prior")
    training, real = [p.forms for p in rows], _real(corpus)
    from_prior = generation(inference.sample(draws, seed), training, real)
    say("draws from the aggregate posterior")
    ceiling = sample_aggregate(inference, posterior, draws, seed)
    from_aggregate = generation(ceiling, training, real)
    weighted = None
    if importance_draws:
        say("importance-weighted likelihood")
        order = torch.randperm(len(words), generator=seeded(seed, "importance words"))
        some = order[:IMPORTANCE_WORDS].tolist()
        weighted = importance_weighted(
            inference, [words[i] for i in some], [conditions[i] for i in some],
            importance_draws, seed,
        )  # fmt: skip
    return Diagnosis(
        paradigms=len(paradigms),
        unseen_paradigms=len(unseen),
        likelihood=seen_likelihood,
        unseen_likelihood=unseen_likelihood,
        importance_weighted=weighted,
        rate=found_rate,
        probe=probe,
        seen=seen_accuracy,
        unseen=unseen_accuracy,
        prior=from_prior,
        aggregate=from_aggregate,
    )


def _distinct(paradigms: Sequence[Paradigm]) -> list[Paradigm]:
    """The paradigms without later rows of the same forms."""
    return list({p.forms: p for p in reversed(paradigms)}.values())[::-1]


def _on_processor(posterior: Posterior) -> Posterior:
    return Posterior(posterior.mean.cpu(), posterior.log_variance.cpu())


def _real(corpus: Corpus) -> list[tuple[str, ...]]:
    """Paradigms that exist: the corpus's own, and the shipped ones where the conditions agree."""
    real = [paradigm.forms for paradigm in corpus.paradigms]
    shipped = find_corpus(REAL)
    if shipped.conditions == corpus.conditions:
        real += [paradigm.forms for paradigm in shipped.paradigms]
    return real
