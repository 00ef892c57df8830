"""The corpus as tensors on the device, cut into batches.

The order depends on the seed and the epoch alone, so that a resumed training has the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.compute.randomness import seeded
from core.corpus.paradigms import Paradigm
from core.corpus.vocabulary import PAD, SOS, Vocabulary


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's words.

    source, target: (batch, length) int64, padded with `PAD`, each ending in `EOS`.
    source_conditions, target_conditions: (batch,) int64.
    """

    source: Tensor
    source_conditions: Tensor
    target: Tensor
    target_conditions: Tensor


def encode_words(words: Sequence[str], vocabulary: Vocabulary) -> Tensor:
    """Encode words, padded with `PAD`: (words, length) int64. Raise InputError as `encode` does."""
    rows = [torch.tensor(vocabulary.encode(word)) for word in words]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)


def shift_right(target: Tensor) -> Tensor:
    """Return the decoder's inputs for `target`: the same ids one place later, after `SOS`."""
    start = target.new_full((len(target), 1), SOS)
    return torch.cat([start, target[:, :-1]], dim=1)


def pad_together(first: Tensor, second: Tensor) -> Tensor:
    """Join two batches of words (rows, length), padded with `PAD` to the longer."""
    length = max(first.shape[1], second.shape[1])
    return torch.cat(
        [F.pad(words, (0, length - words.shape[1]), value=PAD) for words in (first, second)]
    )


class Batches:
    """The training examples of a corpus: every form of every paradigm once an epoch."""

    def __init__(
        self,
        paradigms: Sequence[Paradigm],
        vocabulary: Vocabulary,
        *,
        task: Literal["convert", "reconstruct"],
        batch_size: int,
        seed: int,
        device: torch.device,
        bucket: int = 1,
    ) -> None:
        words = [form for paradigm in paradigms for form in paradigm.forms]
        ids = encode_words(words, vocabulary)
        self.conditions = len(vocabulary.conditions)
        self.words = len(words)
        self.steps = -(-self.words // batch_size)
        """Steps in an epoch; the last one may be smaller."""
        self._task = task
        self._batch_size = batch_size
        self._seed = seed
        self._bucket = bucket
        # Lengths stay on the processor: a batch is cut to its longest word without a device sync.
        self._lengths = (ids != PAD).sum(dim=1)
        self._ids = ids.to(device)
        self._device = device
        self._epoch = -1
        self._sources = self._targets = EpochWords(self._lengths, self._lengths)

    def batch(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0 over the whole training."""
        epoch, position = divmod(step, self.steps)
        if epoch != self._epoch:
            self._shuffle(epoch)
        part = slice(position * self._batch_size, (position + 1) * self._batch_size)
        return Batch(*self.forms(self._sources, part), *self.forms(self._targets, part))

    def forms(self, examples: "EpochWords", part: slice) -> tuple[Tensor, Tensor]:
        """Return forms and conditions of a part of an epoch's examples."""
        longest = int(examples.lengths[part].max())
        indices = examples.indices[part]
        return self._ids[indices, :longest], indices % self.conditions

    def examples(self, indices: Tensor) -> "EpochWords":
        """Return words by their indices (row * conditions + condition), in this order."""
        return EpochWords(indices.to(self._device), self._lengths[indices])

    def by_length(self, batch_size: int, *indices: Tensor) -> Tensor:
        """Order words by length within each bucket of batches. Of pairs, the longer word counts."""
        lengths = torch.stack([self._lengths[words] for words in indices]).amax(dim=0)
        bucket = torch.arange(len(lengths)) // (batch_size * self._bucket)
        return torch.argsort(bucket * (lengths.max() + 1) + lengths, stable=True)

    def _shuffle(self, epoch: int) -> None:
        generator = seeded(self._seed, "order", epoch)
        sources = targets = torch.randperm(self.words, generator=generator)
        if self._task == "convert":
            drawn = torch.randint(self.conditions, (self.words,), generator=generator)
            targets = sources // self.conditions * self.conditions + drawn
        if self._bucket > 1:
            order = self.by_length(self._batch_size, sources, targets)
            sources, targets = sources[order], targets[order]
        self._sources, self._targets = self.examples(sources), self.examples(targets)
        self._epoch = epoch


@dataclass(frozen=True, slots=True)
class EpochWords:
    """An epoch's words in their order: indices on the device, lengths on the processor."""

    indices: Tensor
    lengths: Tensor
