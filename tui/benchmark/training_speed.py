"""Training speed of this machine: our step, a loop like the lab's, and the limit.

All are measured in one process, in turns and several times, because the speed of a shared machine
drifts. The ratios count.

- loop: one word at a time and one character at a time, forward through autograd in Python, as in
  the lab (docs/lab.md), with the model sizes of `default`;
- default, lab4: training steps of the presets;
- limit: only the matrix products of a step of `default`, in the same type and shapes.
"""

import copy
import functools
import itertools
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from core.compute.hardware import Hardware
from core.compute.randomness import seeded
from core.compute.workers import Workers
from core.config.presets import preset
from core.corpus.formats import find_corpus
from core.corpus.vocabulary import FIRST_OUTPUT, PAD, SOS, Vocabulary
from core.model.cvae import Posterior
from core.model.objective import cross_entropy, kl_divergence
from core.training.control import Control
from core.training.step import compute_gradients
from core.training.trainer import Trainer, choose_hardware

SECONDS = 1.0
"""Duration of each measurement in a round."""
CORPUS = "verbs"
TEACHER_FORCING_RATIO = 0.7
"""Ratio of the lab."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Words per second: the median over the rounds, the lowest and the highest."""

    words_per_second: float
    spread: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Speeds by what was measured, the two ratios between them, and the machine."""

    speeds: dict[str, Speed]
    default_over_loop: float
    share_of_limit: float
    hardware: Hardware
    machine: dict[str, Any]


def measure(rounds: int, seconds: float = SECONDS) -> Iterator[Benchmark]:
    """Measure each of the four for some seconds in a round; yield the result after each round."""
    corpus = find_corpus(CORPUS)
    vocabulary = Vocabulary.of(corpus)
    default, lab4 = preset("default"), preset("lab4")
    chosen = choose_hardware(default, corpus, vocabulary, Control())
    single = Hardware(chosen.device, 1, "float32", lab4.training.batch_size)
    trainer = Trainer(default, corpus, vocabulary, (), Control(), chosen)
    # Halfway, the step includes samples of the prior, as most of the training does.
    trainer.skip_to(trainer.schedules.steps // 2)
    lab = Trainer(lab4, corpus, vocabulary, (), Control(), single)
    works = {
        "loop": _Loop(trainer).train_step,
        "lab4": lab.train_step,
        "default": trainer.train_step,
        "limit": _Products(trainer).compute,
    }
    speeds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            speeds[name].append(_words_per_second(work, seconds))
        yield _benchmark(speeds, chosen)


def _benchmark(speeds: dict[str, list[float]], hardware: Hardware) -> Benchmark:
    def ratio(a: str, b: str) -> float:
        return statistics.median(x / y for x, y in zip(speeds[a], speeds[b], strict=True))

    return Benchmark(
        {
            name: Speed(statistics.median(found), (min(found), max(found)))
            for name, found in speeds.items()
        },
        default_over_loop=ratio("default", "loop"),
        share_of_limit=ratio("default", "limit"),
        hardware=hardware,
        machine={
            "system": f"{platform.system()} {platform.machine()}",
            "processors": os.cpu_count(),
            "device": hardware.device,
            "threads": hardware.threads,
            "precision": hardware.precision,
            "torch": str(torch.__version__),
        },
    )


def _words_per_second(work: Callable[[], int], seconds: float) -> float:
    """Return words per second of a function that returns its number of words, after one warm-up."""
    work()
    words, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < seconds or not words:
        words += work()
    return words / taken


class _Loop:
    """Training loop of the lab: a word a step, a character a call, each word its own target."""

    def __init__(self, trainer: Trainer) -> None:
        self._batches = trainer.batches
        self._model = copy.deepcopy(trainer.model)
        self._optimizer = torch.optim.SGD(self._model.parameters(), 0.05)
        self._step = 0

    def train_step(self) -> int:
        """Train on one word; return 1."""
        # A word of each batch in turn, because a batch has words of similar length.
        row, position = divmod(self._step, self._batches.steps)
        batch = self._batches.batch(position)
        row %= len(batch.source)
        word = batch.source[row : row + 1]
        word = word[:, : int((word != PAD).sum())]
        condition = batch.source_conditions[row : row + 1]
        posterior = self._encode(word, condition)
        generator = seeded(0, "loop", self._step)
        noise = torch.randn(posterior.mean.shape, generator=generator).to(word.device)
        ce = self._decode(posterior.sample(noise), condition, word, generator)
        loss = ce / word.shape[1] + 0.1 * kl_divergence(posterior).sum()
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._step += 1
        return 1

    def _encode(self, word: Tensor, condition: Tensor) -> Posterior:
        encoder = self._model.encoder
        hidden = torch.zeros(1, encoder.lstm.hidden_size, device=word.device)
        embedded = self._model.condition(condition)
        hidden = torch.cat([hidden[:, embedded.shape[1] :], embedded], dim=1)
        state = (hidden[None], torch.zeros_like(hidden)[None])
        for character in word.T:
            _, state = encoder.lstm(encoder.embedding(character)[:, None], state)
        return Posterior(encoder.mean(state[0][0]), encoder.log_variance(state[0][0]))

    def _decode(
        self, z: Tensor, condition: Tensor, word: Tensor, generator: torch.Generator
    ) -> Tensor:
        decoder, code = self._model.decoder, self._model.context(z, condition)
        state = decoder.initial_state(code)
        forced = float(torch.rand((), generator=generator)) < TEACHER_FORCING_RATIO
        character = torch.full_like(word[:, :1], SOS)
        ce = torch.zeros((), device=word.device)
        for target in word.T:
            logits, state = decoder(code, state, character)
            ce = ce + cross_entropy(logits, target[:, None]).sum()
            character = target[:, None] if forced else logits.argmax(dim=2) + FIRST_OUTPUT
        return ce


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Record of the matrix products that are computed in its context: (rows, inner, columns)."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.products: list[tuple[int, int, int, torch.dtype]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        tensors = [one for one in args if isinstance(one, Tensor)]
        name = str(func)
        if name.startswith(("aten.mm", "aten.addmm")):
            left, right = tensors[-2:]
            self.products.append((*left.shape, right.shape[1], left.dtype))
        elif name.startswith("aten.mkldnn_rnn_layer."):
            inputs, _, recurrent, *_ = tensors
            products = _lstm_products(inputs, recurrent)
            self.products += [(*product, inputs.dtype) for product in products]
        return func(*args, **(kwargs or {}))


def _lstm_products(inputs: Tensor, recurrent: Tensor) -> Iterator[tuple[int, int, int]]:
    """Yield the matrix products of the forward and backward pass of an LSTM.

    inputs: (T, B, I). recurrent: (4H, H) weights. Products with the input and gradients of weights
    cover all steps at once; recurrent products are one per step.
    """
    steps, batch, size = inputs.shape
    gates, hidden = recurrent.shape
    yield steps * batch, size, gates
    yield steps * batch, gates, size
    yield size, steps * batch, gates
    yield hidden, steps * batch, gates
    for _ in range(steps):
        yield batch, hidden, gates
        yield batch, gates, hidden


class _Products:
    """Matrix products of the training steps of one epoch, in the same shards, on random numbers."""

    def __init__(self, trainer: Trainer) -> None:
        self._workers = Workers(trainer.hardware.threads)
        first = trainer.schedules.steps // 2
        steps = range(first, first + trainer.batches.steps)
        self._steps = itertools.cycle([self._step(trainer, step) for step in steps])

    def compute(self) -> int:
        """Compute the products of the next step; return the number of words in it."""
        words, shares = next(self._steps)
        self._workers.map(_multiply, shares)
        return words

    def _step(self, trainer: Trainer, step: int) -> tuple[int, list[list[tuple[Tensor, Tensor]]]]:
        """Return the words of a step, and the factors of the products of each shard."""
        whole, beta = trainer.examples(step), trainer.schedules.beta(step)
        bfloat16 = trainer.hardware.bfloat16
        shares = []
        for share in whole.shards(self._workers.count):
            with _Recorder() as recorder:
                compute_gradients(
                    trainer.model, share, whole, trainer.config, beta, bfloat16=bfloat16
                )
            shares.append(
                [
                    (_factor(rows, inner, dtype), _factor(inner, columns, dtype))
                    for rows, inner, columns, dtype in recorder.products
                ]
            )
        return len(whole.source), shares


@functools.cache
def _factor(rows: int, columns: int, dtype: torch.dtype) -> Tensor:
    return torch.randn(rows, columns).to(dtype)


def _multiply(factors: list[tuple[Tensor, Tensor]]) -> None:
    for left, right in factors:
        torch.mm(left, right)
