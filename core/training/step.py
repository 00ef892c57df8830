"""What one training step learns from, in shares that can be computed side by side."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.config.schema import Config
from core.corpus.vocabulary import PAD
from core.model.cvae import CondVAE
from core.model.objective import cross_entropy, kl_divergence, objective


@dataclass(frozen=True, slots=True)
class Examples:
    """Words to encode and decode, then draws from the prior to decode.

    B words, D draws, T characters with the end.
    """

    source: Tensor
    """(B, T) int64."""
    source_conditions: Tensor
    """(B,) int64."""
    noise: Tensor
    """(B, Z), for the reparameterisation trick."""
    draws: Tensor
    """(D, Z)."""
    target: Tensor
    """(B + D, T) int64, as all that follows: the words' rows first."""
    conditions: Tensor
    """(B + D,) int64."""
    inputs: Tensor
    """What the decoder is fed."""
    fed: Tensor | None
    """Where it is fed this rather than what it said itself, bool on the processor; None for
    everywhere."""

    def shares(self, count: int) -> "list[Examples]":
        """At most `count` parts of about the same size. One is the whole."""
        count = min(count, len(self.source))
        return [self] if count == 1 else [self._share(part, count) for part in range(count)]

    def _share(self, part: int, of: int) -> "Examples":
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
            None if self.fed is None else of_both(self.fed),
        )


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a share of a step's examples gives.

    gradients: one for each of the model's parameters, of the share's part of the mean.
    loss: that part of the mean. ce, kl: nats per word, (B,). lengths: characters, (B,).
    """

    gradients: tuple[Tensor, ...]
    loss: Tensor
    ce: Tensor
    kl: Tensor
    lengths: Tensor


def learn(
    model: CondVAE,
    examples: Examples,
    whole: Examples,
    config: Config,
    beta: float,
    *,
    bfloat16: bool,
) -> Learnt:
    """The gradients of a share of the whole examples, which add up to those of the whole."""
    words = len(examples.source)
    forcing, reduction = config.teacher_forcing, config.objective.ce_reduction
    with torch.autocast(model.device.type, torch.bfloat16, enabled=bfloat16):
        posterior = model.encode(examples.source, examples.source_conditions)
        z = torch.cat([posterior.sample(examples.noise), examples.draws])
        logits = model.decode(
            z,
            examples.conditions,
            examples.inputs,
            examples.fed,
            forcing.passes if forcing.mode == "parallel" else 0,
        )
    ce = cross_entropy(logits, examples.target)
    kl = kl_divergence(posterior).sum(dim=1)
    lengths = (examples.target != PAD).sum(dim=1)
    loss = objective(ce[:words], kl, lengths[:words], beta, reduction)
    loss = loss * (words / len(whole.source))
    if len(examples.draws):
        drawn = objective(ce[words:], 0.0, lengths[words:], 0.0, reduction)
        loss = loss + drawn * (len(examples.draws) / len(whole.draws))
    gradients = torch.autograd.grad(loss, list(model.parameters()), materialize_grads=True)
    return Learnt(gradients, loss.detach(), ce[:words].detach(), kl.detach(), lengths[:words])


def together(learnt: list[Learnt]) -> Learnt:
    """What the shares of a step give as one, added up in their order."""
    if len(learnt) == 1:
        return learnt[0]
    return Learnt(
        tuple(
            torch.stack(parts).sum(dim=0)
            for parts in zip(*(one.gradients for one in learnt), strict=True)
        ),
        torch.stack([one.loss for one in learnt]).sum(),
        torch.cat([one.ce for one in learnt]),
        torch.cat([one.kl for one in learnt]),
        torch.cat([one.lengths for one in learnt]),
    )


@contextlib.contextmanager
def unchanged_unless(good: Tensor, optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Have what the optimiser does within come to nothing unless `good`, without waiting for it.

    good: bool on the device of the parameters.
    """
    before = {key: tensor.clone() for key, tensor in _moved(optimizer).items()}
    yield
    for key, tensor in _moved(optimizer).items():
        # On mps Adam counts its steps on the processor, which does not know of `good`.
        if tensor.device == good.device:
            # What the optimiser began to remember here was nothing before.
            old = before[key] if key in before else torch.zeros_like(tensor)
            tensor.copy_(tensor.where(good, old))


def _moved(optimizer: torch.optim.Optimizer) -> dict[tuple[int, str], Tensor]:
    """What an optimiser changes: each parameter, and by name what it remembers of it."""
    found: dict[tuple[int, str], Tensor] = {}
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for number, parameter in enumerate(parameters):
        found[number, ""] = parameter.data
        state = optimizer.state.get(parameter, {})
        found |= {(number, name): one for name, one in state.items() if isinstance(one, Tensor)}
    return found
