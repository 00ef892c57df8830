"""Gradients of one training step, in shards that can be computed side by side."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.config.schema import Config
from core.corpus.vocabulary import PAD
from core.model.cvae import CondVAE
from core.model.objective import cross_entropy, kl_divergence, objective
from core.training.examples import Examples


@dataclass(frozen=True, slots=True)
class StepResult:
    """Gradients and measurements of a shard of a step's examples.

    gradients: one for each of the model's parameters, of the shard's part of the mean.
    loss: that part of the mean. ce, kl: nats per word, (B,). lengths: characters, (B,).
    """

    gradients: tuple[Tensor, ...]
    loss: Tensor
    ce: Tensor
    kl: Tensor
    lengths: Tensor


def compute_gradients(
    model: CondVAE,
    examples: Examples,
    whole: Examples,
    config: Config,
    beta: float,
    *,
    bfloat16: bool,
) -> StepResult:
    """Compute the gradients of a shard; those of all shards add up to those of the whole."""
    words = len(examples.source)
    reduction = config.objective.ce_reduction
    with torch.autocast(model.device.type, torch.bfloat16, enabled=bfloat16):
        posterior = model.encode(examples.source, examples.source_conditions)
        z = torch.cat([posterior.sample(examples.noise), examples.draws])
        logits = model.decode(
            z,
            examples.conditions,
            examples.inputs,
            examples.teacher_forced,
            config.teacher_forcing.n_passes,
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
    return StepResult(gradients, loss.detach(), ce[:words].detach(), kl.detach(), lengths[:words])


def sum_shards(shards: list[StepResult]) -> StepResult:
    """Add up the results of a step's shards, in their order."""
    if len(shards) == 1:
        return shards[0]
    return StepResult(
        tuple(
            torch.stack(parts).sum(dim=0)
            for parts in zip(*(one.gradients for one in shards), strict=True)
        ),
        torch.stack([one.loss for one in shards]).sum(),
        torch.cat([one.ce for one in shards]),
        torch.cat([one.kl for one in shards]),
        torch.cat([one.lengths for one in shards]),
    )
