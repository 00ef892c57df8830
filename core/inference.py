"""Using a model: convert words, sample paradigms. Everything is a batch, decoded greedily."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from core.batches import encode_words
from core.errors import Cancelled
from core.model import CondVAE, Posterior
from core.randomness import seeded
from core.vocabulary import EOS, FIRST_OUTPUT, SOS, Vocabulary

ROWS_AT_ONCE = 4096


def never() -> bool:
    """The answer of a caller who does not cancel."""
    return False


class Inference:
    """A model with its vocabulary, ready to convert and to sample.

    cancelled: asked now and then in long computations, which raise Cancelled when it says True.
    """

    def __init__(
        self,
        model: CondVAE,
        vocabulary: Vocabulary,
        *,
        bfloat16: bool = False,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self._bfloat16 = bfloat16
        self._cancelled = cancelled

    def convert(
        self, words: Sequence[str], sources: Sequence[int], targets: Sequence[int]
    ) -> list[str]:
        """Each word, read under its source condition, as it is under its target condition.

        Decodes from the mean of the posterior. Raises InputError for a word that the vocabulary
        cannot spell.
        """
        if not words:
            return []
        mean = self.posterior(words, sources).mean
        return self.decode(mean, torch.tensor(targets), self.vocabulary.decoding_limit(words))

    def posterior(self, words: Sequence[str], sources: Sequence[int]) -> Posterior:
        """Posterior of each word under its condition.

        Raises InputError for a word that the vocabulary cannot spell.
        """
        means, log_variances = [], []
        with torch.inference_mode(), self._autocast():
            for start in range(0, len(words), ROWS_AT_ONCE):
                self._check_cancelled()
                part = slice(start, start + ROWS_AT_ONCE)
                forms = encode_words(words[part], self.vocabulary).to(self.model.device)
                conditions = torch.tensor(sources[part], device=self.model.device)
                posterior = self.model.encode(forms, conditions)
                means.append(posterior.mean)
                log_variances.append(posterior.log_variance)
        return Posterior(torch.cat(means), torch.cat(log_variances))

    def paradigms(self, z: Tensor) -> list[tuple[str, ...]]:
        """The forms of each latent under every condition. z: (draws, latent)."""
        conditions = len(self.vocabulary.conditions)
        forms = self.decode(
            z.repeat_interleave(conditions, dim=0), torch.arange(conditions).repeat(len(z))
        )
        return list(zip(*[iter(forms)] * conditions, strict=True))

    def sample(self, draws: int, seed: int) -> list[tuple[str, ...]]:
        """The paradigms of draws from the prior N(0, I)."""
        return self.paradigms(self.prior(draws, seed))

    def prior(self, draws: int, seed: int) -> Tensor:
        """Draws from N(0, I), the same on every device: (draws, latent)."""
        return torch.randn(draws, self.model.latent_size, generator=seeded(seed, "prior"))

    def decode(self, z: Tensor, conditions: Tensor, limit: int | None = None) -> list[str]:
        """The word of each latent (rows, latent) under its condition (rows,), decoded greedily
        to the end token or `limit` characters.
        """
        words: list[str] = []
        for some_z, some_conditions in zip(
            torch.split(z, ROWS_AT_ONCE), torch.split(conditions, ROWS_AT_ONCE), strict=True
        ):
            ids = self._greedy(some_z, some_conditions, limit or self.vocabulary.decoding_limit())
            words += [self.vocabulary.decode(row) for row in ids.tolist()]
        return words

    def _greedy(self, z: Tensor, conditions: Tensor, limit: int) -> Tensor:
        """Ids of each row's word, (rows, limit), `EOS` from its end on.

        Rows that have ended are dropped from the batch as decoding goes on.
        """
        model, device = self.model, self.model.device
        words = torch.full((len(z), limit), EOS, device=device)
        with torch.inference_mode(), self._autocast():
            rows = torch.arange(len(z), device=device)
            code = model.code(z.to(device), conditions.to(device))
            state = model.decoder.start(code)
            character = torch.full((len(z), 1), SOS, device=device)
            for position in range(limit):
                self._check_cancelled()
                logits, state = model.decoder(code, state, character)
                character = logits.argmax(dim=2) + FIRST_OUTPUT
                words[rows, position] = character[:, 0]
                going_on = character[:, 0] != EOS
                if not going_on.any():
                    break
                rows, code, character = rows[going_on], code[going_on], character[going_on]
                state = (state[0][:, going_on], state[1][:, going_on])
        return words

    def _check_cancelled(self) -> None:
        if self._cancelled():
            raise Cancelled("it was cancelled")

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.model.device.type, torch.bfloat16, enabled=self._bfloat16)
