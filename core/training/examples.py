"""Examples of a training step: words, and draws from the prior once the latent space is divided."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.compute.randomness import seeded
from core.config.schema import Config
from core.corpus.augmentation import invent
from core.corpus.batches import Batches, pad_together, shift_right
from core.corpus.paradigms import Corpus
from core.corpus.vocabulary import EOS, UNK, Vocabulary
from core.model.cvae import Memory
from core.model.inference import Inference
from core.model.prior import PriorDraws, divide
from core.training.schedules import Schedules


@dataclass(frozen=True, slots=True)
class Examples:
    """Words to encode and decode, then draws from the prior to decode.

    B words, D draws, T characters with the end.
    source: (B, T) int64. source_conditions: (B,) int64.
    noise: (B, Z), for the reparameterisation trick. draws: (D, Z).
    The rest has the rows of the words first. target: (B + D, T) int64. conditions: (B + D,) int64.
    inputs: right characters for the decoder, (B + D, T), as far as word dropout leaves them.
    teacher_forced: mask of the inputs that the decoder is fed instead of its own characters, bool
    on the processor; None for all.
    """

    source: Tensor
    source_conditions: Tensor
    noise: Tensor
    draws: Tensor
    target: Tensor
    conditions: Tensor
    inputs: Tensor
    teacher_forced: Tensor | None

    def shards(self, count: int) -> "list[Examples]":
        """Split into at most `count` parts of about the same size. One is the whole."""
        count = min(count, len(self.source))
        return [self] if count == 1 else [self._shard(part, count) for part in range(count)]

    def _shard(self, part: int, of: int) -> "Examples":
        words, draws = slice(part, None, of), slice(len(self.source) + part, None, of)

        def of_both(tensor: Tensor) -> Tensor:
            return torch.cat([tensor[: len(self.source)][words], tensor[draws]])

        return Examples(
            self.source[words],
            self.source_conditions[words],
            self.noise[words],
            self.draws[words],
            of_both(self.target),
            of_both(self.conditions),
            of_both(self.inputs),
            None if self.teacher_forced is None else of_both(self.teacher_forced),
        )


class ExampleSource:
    """Examples of each step. Their randomness depends on the seed and the step alone."""

    def __init__(
        self, config: Config, corpus: Corpus, vocabulary: Vocabulary, device: torch.device
    ) -> None:
        self._config = config
        self._device = device
        training, paradigms = config.training, corpus.split("train")
        self.batches = Batches(
            (*paradigms, *invent(paradigms, training.invented, training.seed)),
            vocabulary,
            task=config.objective.task,
            batch_size=training.batch_size,
            seed=training.seed,
            device=device,
            bucket=training.bucket,
        )
        self._prior = PriorDraws.of(config, paradigms, self.batches)

    def examples(self, step: int, schedules: Schedules, memory: Memory | None) -> Examples:
        """Assemble the examples of a step, counted from 0 over the whole training."""
        config, batch = self._config, self.batches.batch(step)
        generator = seeded(config.training.seed, "step", step, self._device.type)
        shape = len(batch.source), config.model.latent_size
        noise = torch.randn(shape, generator=generator, device=self._device)
        target, conditions, z = batch.target, batch.target_conditions, noise[:0]
        start = schedules.partition_step
        if self._prior and self._prior.size and memory and start is not None and step >= start:
            draws = self._prior.batch(step, memory)
            target = pad_together(target, draws.target)
            conditions, z = torch.cat([conditions, draws.target_conditions]), draws.z
        inputs = shift_right(target)
        if dropout := config.objective.word_dropout:
            chance = torch.rand(inputs.shape, generator=generator, device=self._device)
            inputs = inputs.masked_fill((chance < dropout) & (inputs > EOS), UNK)
        return Examples(
            batch.source,
            batch.source_conditions,
            noise,
            z,
            target,
            conditions,
            inputs,
            self._teacher_forced(inputs, schedules.teacher_forcing_ratio(step), step),
        )

    def divide_latent_space(self, inference: Inference, memory: Memory | None) -> None:
        """Divide the latent space among the training paradigms as the encoder places them now."""
        if self._prior is None or memory is None:
            return
        paradigms, conditions = self._prior.paradigms, range(self.batches.conditions)
        posterior = inference.posterior(
            [forms[condition] for forms in paradigms for condition in conditions],
            [condition for _ in paradigms for condition in conditions],
        )
        memory.set_cells(*divide(posterior, len(conditions), self._config.training.seed))

    def _teacher_forced(self, inputs: Tensor, ratio: float, step: int) -> Tensor | None:
        """Draw the mask of the inputs that the decoder is fed, (B, T); None for all."""
        if ratio >= 1:
            return None
        generator = seeded(self._config.training.seed, "teacher forcing", step)
        shape = inputs.shape if self._config.teacher_forcing.per_character else (len(inputs), 1)
        return (torch.rand(shape, generator=generator) < ratio).expand(inputs.shape)
