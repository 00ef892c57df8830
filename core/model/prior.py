"""Draws from the prior as training examples, and the cells of the latent space that label them.

Training on posteriors alone leaves the decoder untrained where the prior has mass and no posterior
reaches; there the tenses of one draw are of different verbs. Divided among the paradigms, the
latent space has a target everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import torch
from torch import Tensor

from core.compute.randomness import seeded
from core.config.schema import Codebook, Config
from core.corpus.batches import Batches
from core.corpus.paradigms import Paradigm
from core.errors import InputError
from core.model.cvae import Memory, Posterior

ROUNDS = 60
"""Rounds in which the cells are balanced."""
DRAWS = 4096
"""Draws on which a round measures the cells, and whose cells are computed at once."""
SMALLEST_SHARE = 0.05
"""Part of an equal share that is added to a cell's share, so that its logarithm is finite."""


@dataclass(frozen=True, slots=True)
class Draws:
    """One step's draws from the prior.

    z: (draws, latent). target: (draws, length) int64, the words that they should become, padded
    with `PAD`. target_conditions: (draws,) int64.
    """

    z: Tensor
    target: Tensor
    target_conditions: Tensor


def divide(posterior: Posterior, conditions: int, seed: int) -> tuple[Tensor, Tensor]:
    """Compute a power diagram around the posteriors, its cells of equal mass under N(0, I).

    posterior: of all forms, paradigm by paradigm, (cells * conditions, Z).
    Returns the keys (cells, Z) and the bias (cells,) of the linear function of z that is largest
    in its own cell. With bias alone unbalanced, this is which posterior is the most responsible
    for z, all of them having the mean precision.

    Source: Aurenhammer, Hoffmann & Aronov 1998 (semi-discrete optimal transport by weights of a
    power diagram), its dual ascended on soft cells in logarithms, as in Cuturi 2013.
    """
    mean = posterior.mean.view(-1, conditions, posterior.mean.shape[1]).mean(dim=1)  # cells Z
    precision = torch.exp(-posterior.log_variance).mean(dim=0)  # Z
    keys = mean * precision
    bias = -0.5 * (mean * keys).sum(dim=1)
    for index in range(ROUNDS):
        z = torch.randn(DRAWS, mean.shape[1], generator=seeded(seed, "division", index))
        scores = torch.addmm(bias, z.to(mean.device), keys.T)
        share = scores.softmax(dim=1).mean(dim=0) * len(mean)
        bias = bias - (1 - index / ROUNDS) * torch.log(share + SMALLEST_SHARE)
    return keys, bias


def fit_codebook(config: Config, paradigms: Sequence[Paradigm]) -> Config:
    """Give the prior as many slots as the paradigms need, where it has slots.

    Raises InputError when it sets a number of slots that is too small.
    """
    cells = len({paradigm.forms for paradigm in paradigms})
    prior = config.prior
    if not isinstance(prior, Codebook) or prior.slots >= cells:
        return config
    if prior.slots:
        raise InputError(
            f"prior.slots ({prior.slots}) must not be less than the {cells} training paradigms; "
            "0 takes as many as are needed"
        )
    return msgspec.structs.replace(config, prior=msgspec.structs.replace(prior, slots=cells))


class PriorDraws:
    """Examples for the decoder from N(0, I).

    The target of a draw is a form, under a random condition, of the paradigm in whose cell it lies.
    The randomness depends on the seed and the epoch alone, and the cells are part of the model, so
    a resumed training has the same draws.
    """

    def __init__(
        self, config: Config, prior: Codebook, paradigms: Sequence[Paradigm], batches: Batches
    ) -> None:
        first_rows: dict[tuple[str, ...], int] = {}
        for row, paradigm in enumerate(paradigms):
            first_rows.setdefault(paradigm.forms, row)
        self.paradigms = tuple(first_rows)
        """The distinct paradigms, in the order of their cells."""
        self._rows = torch.tensor(list(first_rows.values()))
        self._batches = batches
        self.size = round(prior.draws * config.training.batch_size)
        """Draws in a step."""
        self._latent_size = config.model.latent_size
        self._seed = config.training.seed
        self._epoch = -1
        self._z = torch.empty(0)
        self._words = batches.examples(self._rows)

    @classmethod
    def of(
        cls, config: Config, paradigms: Sequence[Paradigm], batches: Batches
    ) -> "PriorDraws | None":
        """Make the draws that a configuration's prior brings; None without a codebook."""
        prior = config.prior
        return cls(config, prior, paradigms, batches) if isinstance(prior, Codebook) else None

    def batch(self, step: int, memory: Memory) -> Draws:
        """Take the draws of a step, counted from 0 over the whole training."""
        epoch, position = divmod(step, self._batches.steps)
        if epoch != self._epoch:
            self._draw(epoch, memory)
        part = slice(position * self.size, (position + 1) * self.size)
        target, conditions = self._batches.forms(self._words, part)
        return Draws(self._z[part], target, conditions)

    def _draw(self, epoch: int, memory: Memory) -> None:
        generator = seeded(self._seed, "prior draws", epoch)
        count = self._batches.steps * self.size
        conditions = self._batches.conditions
        z = torch.randn(count, self._latent_size, generator=generator)
        drawn = torch.randint(conditions, (count,), generator=generator)
        device = memory.keys.device
        with torch.no_grad():
            cells = torch.cat(
                [
                    memory.scores(z[start : start + DRAWS].to(device)).argmax(dim=1)
                    for start in range(0, count, DRAWS)
                ]
            )
        words = self._rows[cells.cpu()] * conditions + drawn
        order = self._batches.by_length(self.size, words)
        self._z, self._words = z[order].to(device), self._batches.examples(words[order])
        self._epoch = epoch
