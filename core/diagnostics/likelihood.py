"""ELBO of words, and their CE in its parts."""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import torch

from core.compute.randomness import seeded
from core.corpus.batches import encode_words
from core.corpus.inflection import common_stem
from core.corpus.paradigms import Paradigm
from core.corpus.vocabulary import PAD
from core.diagnostics.subject import Diagnostic, Row, Subject, forms_of
from core.model.cvae import Posterior
from core.model.inference import Inference
from core.model.objective import kl_divergence

LIKELIHOOD = "Likelihood, in nats per word"


class Likelihood(msgspec.Struct, frozen=True):
    """Means over words, each encoded and decoded under its own condition, in nats.

    CE uses one z from each word's posterior: ce + kl estimates the negative ELBO without bias.
    """

    words: int
    elbo: float
    """-(CE + KL), the ELBO at beta = 1. Source: Kingma & Welling 2014, eq. 10."""
    ce: float
    kl: float
    ce_per_character: float
    ce_stem: float
    """CE of the stem that all forms of the paradigm share, per word."""
    ce_ending: float
    """CE of the other characters and the end token, per word. CE = stem + ending."""
    ce_by_position: tuple[float, ...]
    """CE of the n-th character of the words that have one, the end token included."""


def likelihood(
    inference: Inference, paradigms: Sequence[Paradigm], posterior: Posterior, seed: int
) -> Likelihood:
    """Measure the likelihood of all forms. posterior: that of `forms_of(paradigms)`, in order."""
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


def measure(kind: str, subject: Subject) -> Likelihood | None:
    """Measure the likelihood of seen or unseen paradigms; None without paradigms."""
    part = subject.part(kind)
    if not part.paradigms:
        return None
    return likelihood(part.inference, part.paradigms, part.posterior, subject.seed)


def rows(kind: str, found: Likelihood) -> Iterator[Row]:
    """Describe the ELBO and the parts of the CE."""
    elbo = f"{found.elbo:.2f} = -({found.ce:.2f} CE + {found.kl:.2f} KL)"
    parts = f"{found.ce_stem:.3f} stem + {found.ce_ending:.3f} ending"
    positions = " ".join(f"{ce:.3f}" for ce in found.ce_by_position[:10])
    yield LIKELIHOOD, f"ELBO, {kind}", f"{elbo}; {found.words:,} words"
    yield LIKELIHOOD, f"CE, {kind}", f"{parts}; {found.ce_per_character:.4f} per character"
    yield LIKELIHOOD, f"CE by position, {kind}", positions


DIAGNOSTICS = tuple(
    Diagnostic(key, f"likelihood of {kind} paradigms", partial(measure, kind), partial(rows, kind))
    for key, kind in (("likelihood", "seen"), ("unseen_likelihood", "unseen"))
)
