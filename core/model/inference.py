"""Inference: conversion of words and sampling of paradigms, in batches."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeVar

import torch
from torch import Tensor

from core.compute.randomness import seeded
from core.compute.workers import Workers, default_count
from core.corpus.batches import encode_words, shift_right
from core.corpus.vocabulary import EOS, Vocabulary
from core.errors import Cancelled
from core.model.cvae import CondVAE, Posterior
from core.model.decoding import GREEDY, Decoding, decode, probabilities
from core.model.objective import character_cross_entropy, cross_entropy, kl_divergence
from core.progress import ignore, never

ROWS_AT_ONCE = 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Form:
    """A decoded word with the probabilities of its characters."""

    word: str
    probabilities: tuple[float, ...]
    """Probability of each character given the ones before it; the end too, if it was reached."""

    @property
    def least_sure(self) -> tuple[str, float]:
        """The least probable character (empty for the end), and its probability."""
        place = min(range(len(self.probabilities)), key=self.probabilities.__getitem__)
        return self.word[place : place + 1], self.probabilities[place]


class Inference:
    """A model with its vocabulary.

    cancelled: polled in long computations, which raise Cancelled when it returns True.
    """

    def __init__(
        self,
        model: CondVAE,
        vocabulary: Vocabulary,
        *,
        workers: Workers | None = None,
        bfloat16: bool = False,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        self._workers = workers or Workers(default_count(model.device))
        self.model = model
        self.vocabulary = vocabulary
        self._bfloat16 = bfloat16
        self._cancelled = cancelled
        self._decoded: Callable[[int], None] = ignore

    def watched(
        self, *, cancelled: Callable[[], bool] = never, decoded: Callable[[int], None] = ignore
    ) -> "Inference":
        """Return the same model for one computation that can be followed and cancelled.

        decoded: receives the number of rows that were decoded since the last call, in any thread.
        """
        watched = copy(self)
        watched._cancelled, watched._decoded = cancelled, decoded
        return watched

    def convert(
        self,
        words: Sequence[str],
        sources: Sequence[int],
        targets: Sequence[int],
        how: Decoding = GREEDY,
    ) -> list[str]:
        """Convert each word to its target condition, from the mean of its posterior.

        Raise InputError for a word with characters outside the vocabulary.
        """
        if not words:
            return []
        mean = self.posterior(words, sources).mean
        limit = self.vocabulary.decoding_limit(words)
        return self.decode(mean, torch.tensor(targets), limit, how)

    def inflect(self, words: Sequence[str], sources: Sequence[int]) -> list[tuple[Form, ...]]:
        """Convert each word to every condition, as `convert` does."""
        limit = self.vocabulary.decoding_limit(words)
        count = len(self.vocabulary.conditions)

        def part(words: Sequence[str], sources: Sequence[int]) -> Iterator[tuple[Form, ...]]:
            z = self._posterior(words, sources).mean.repeat_interleave(count, dim=0)
            conditions = torch.arange(count, device=z.device).repeat(len(words))
            ids = decode(self.model, z, conditions, limit)
            sure = probabilities(self.model, z, conditions, ids)
            self._decoded(len(ids))
            forms = []
            for row, chances in zip(ids.tolist(), sure.tolist(), strict=True):
                length = row.index(EOS) + 1 if EOS in row else limit
                forms.append(Form(self.vocabulary.decode(row), tuple(chances[:length])))
            return zip(*[iter(forms)] * count, strict=True)

        at_once = max(1, ROWS_AT_ONCE // count)
        return list(chain.from_iterable(self._in_parts(part, at_once, words, sources)))

    def likeliest_conditions(self, words: Sequence[str]) -> list[int]:
        """Find the condition under which each word has the highest ELBO at its posterior mean.

        Raise InputError for a word with characters outside the vocabulary.
        """
        conditions = len(self.vocabulary.conditions)

        def part(words: Sequence[str]) -> list[int]:
            repeated = [word for word in words for _ in range(conditions)]
            under = list(range(conditions)) * len(words)
            posterior = self._posterior(repeated, under)
            forms = encode_words(repeated, self.vocabulary).to(self.model.device)
            logits = self.model.decode(
                posterior.mean, torch.tensor(under, device=forms.device), shift_right(forms)
            )
            elbo = -cross_entropy(logits, forms) - kl_divergence(posterior).sum(dim=1)
            likeliest: list[int] = elbo.view(-1, conditions).argmax(dim=1).tolist()
            return likeliest

        at_once = max(1, ROWS_AT_ONCE // conditions)
        return list(chain.from_iterable(self._in_parts(part, at_once, words)))

    def posterior(self, words: Sequence[str], sources: Sequence[int]) -> Posterior:
        """Return the posterior of each word under its condition. Raises InputError as `convert`."""
        found = self._in_parts(self._posterior, ROWS_AT_ONCE, words, sources)
        return Posterior(
            torch.cat([one.mean for one in found]), torch.cat([one.log_variance for one in found])
        )

    def _posterior(self, words: Sequence[str], sources: Sequence[int]) -> Posterior:
        forms = encode_words(words, self.vocabulary).to(self.model.device)
        return self.model.encode(forms, torch.tensor(sources, device=self.model.device))

    def character_cross_entropy(self, z: Tensor, forms: Tensor, conditions: Tensor) -> Tensor:
        """Return the CE of each character of forms given their latents, in nats: (rows, T).

        z: (rows, latent). forms: (rows, T) int64, padded with `PAD`. conditions: (rows,) int64.
        """

        def part(*columns: Tensor) -> Tensor:
            z, forms, conditions = (column.to(self.model.device) for column in columns)
            logits = self.model.decode(z, conditions, shift_right(forms))
            return character_cross_entropy(logits, forms).cpu()

        return torch.cat(self._in_parts(part, ROWS_AT_ONCE, z, forms, conditions))

    def paradigms(self, z: Tensor, how: Decoding = GREEDY) -> list[tuple[str, ...]]:
        """Decode each latent under every condition. z: (draws, latent)."""
        conditions = len(self.vocabulary.conditions)
        forms = self.decode(
            z.repeat_interleave(conditions, dim=0), torch.arange(conditions).repeat(len(z)), how=how
        )
        return list(zip(*[iter(forms)] * conditions, strict=True))

    def sample(self, draws: int, seed: int, how: Decoding = GREEDY) -> list[tuple[str, ...]]:
        """Sample paradigms from the prior N(0, I)."""
        return self.paradigms(self.prior(draws, seed), how)

    def prior(self, draws: int, seed: int) -> Tensor:
        """Draw latents from N(0, I), the same on every device: (draws, latent)."""
        return torch.randn(draws, self.model.latent_size, generator=seeded(seed, "prior"))

    def decode(
        self, z: Tensor, conditions: Tensor, limit: int | None = None, how: Decoding = GREEDY
    ) -> list[str]:
        """Decode z (rows, latent) under conditions (rows,), up to the end token or the limit."""
        limit = limit or self.vocabulary.decoding_limit()
        at_once = max(1, ROWS_AT_ONCE // how.beam)

        def part(rows: range, z: Tensor, conditions: Tensor) -> list[str]:
            seeded_apart = replace(how, seed=how.seed + rows.start // at_once)
            ids = decode(self.model, z, conditions, limit, seeded_apart)
            self._decoded(len(ids))
            return [self.vocabulary.decode(row) for row in ids.tolist()]

        parts = self._in_parts(part, at_once, range(len(z)), z, conditions)
        return list(chain.from_iterable(parts))

    def _in_parts(self, compute: Callable[..., T], at_once: int, *columns: Any) -> list[T]:
        """Compute on the rows of the columns, so many at once, in the threads of the workers."""

        def part(start: int) -> T:
            if self._cancelled():
                raise Cancelled("the computation was cancelled")
            device = self.model.device.type
            with (
                torch.inference_mode(),
                torch.autocast(device, torch.bfloat16, enabled=self._bfloat16),
            ):
                return compute(*(column[start : start + at_once] for column in columns))

        return self._workers.map(part, range(0, len(columns[0]), at_once))
