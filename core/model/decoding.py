"""Decoding of words: greedy, by beam search, or by sampling of characters."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.compute.randomness import seeded
from core.corpus.batches import shift_right
from core.corpus.vocabulary import EOS, FIRST_OUTPUT, SOS
from core.model.cvae import CondVAE


@dataclass(frozen=True, slots=True)
class Decoding:
    """Decoding method. The default is greedy: the most likely character at every step."""

    beam: int = 1
    """Hypotheses of the beam search; 1 is greedy decoding."""
    temperature: float = 0.0
    """Temperature of sampling: above 0, characters are drawn from softmax(logits / temperature)."""
    seed: int = 0
    """Seed of the sampling."""


GREEDY = Decoding()


def decode(
    model: CondVAE, z: Tensor, conditions: Tensor, limit: int, how: Decoding = GREEDY
) -> Tensor:
    """Decode z (rows, latent) under conditions (rows,) to ids (rows, limit), ending in `EOS`."""
    context = model.context(z.to(model.device), conditions.to(model.device))
    if how.beam > 1:
        return _beam_search(model, context, limit, how.beam)
    return _step_by_step(model, context, limit, how)


def probabilities(model: CondVAE, z: Tensor, conditions: Tensor, words: Tensor) -> Tensor:
    """Return the probability of each character given the ones before it: (rows, limit).

    z: (rows, latent). conditions: (rows,) int64. words: ids as `decode` returns them. Values
    behind the first `EOS` of a word have no meaning.
    """
    logits = model.decode(z, conditions, shift_right(words))
    outputs = (words - FIRST_OUTPUT)[:, :, None]
    return torch.softmax(logits.float(), dim=2).gather(2, outputs)[:, :, 0]


def _step_by_step(model: CondVAE, context: Tensor, limit: int, how: Decoding) -> Tensor:
    """Decode one character at a time. Rows that have ended leave the batch."""
    device = context.device
    words = torch.full((len(context), limit), EOS, device=device)
    rows = torch.arange(len(context), device=device)
    state = model.decoder.initial_state(context)
    character = torch.full((len(context), 1), SOS, device=device)
    for position in range(limit):
        logits, state = model.decoder(context, state, character)
        if how.temperature > 0:
            logits = logits.float() / how.temperature + _gumbel(logits, how.seed, position)
        character = logits.argmax(dim=2) + FIRST_OUTPUT
        words[rows, position] = character[:, 0]
        going_on = character[:, 0] != EOS
        if not going_on.any():
            break
        rows, context, character = rows[going_on], context[going_on], character[going_on]
        state = (state[0][:, going_on], state[1][:, going_on])
    return words


def _gumbel(logits: Tensor, seed: int, position: int) -> Tensor:
    """Draw noise whose argmax with logits samples their softmax. Source: Maddison et al. 2014."""
    uniform = torch.rand(logits.shape, generator=seeded(seed, "decoding", position))
    return -torch.log(-torch.log(uniform.clamp_min(1e-30))).to(logits.device)


def _beam_search(model: CondVAE, context: Tensor, limit: int, beam: int) -> Tensor:
    """Find the most likely word while keeping the `beam` most likely beginnings of each row.

    The likelihood is that of the whole word with its end, without a bonus for length.
    Source: Graves 2012, section 3.
    """
    rows, device = len(context), context.device
    context = context.repeat_interleave(beam, dim=0)
    state = model.decoder.initial_state(context)
    words = torch.full((rows, beam, limit), EOS, device=device)
    character = torch.full((rows * beam, 1), SOS, device=device)
    # All hypotheses begin alike: only the first counts until they differ.
    score = torch.full((rows, beam), -torch.inf, device=device)
    score[:, 0] = 0.0
    ended = torch.zeros(rows, beam, dtype=torch.bool, device=device)
    first = torch.arange(rows, device=device)[:, None] * beam
    for position in range(limit):
        logits, state = model.decoder(context, state, character)
        step = F.log_softmax(logits[:, 0].float(), dim=1).view(rows, beam, -1)
        # A finished word continues with its end token at no cost.
        only_end = torch.full_like(step, -torch.inf)
        only_end[:, :, EOS - FIRST_OUTPUT] = 0.0
        total = score[:, :, None] + torch.where(ended[:, :, None], only_end, step)
        score, best = total.flatten(1).topk(beam, dim=1)
        parent, chosen = best // step.shape[2], best % step.shape[2] + FIRST_OUTPUT
        words = words.gather(1, parent[:, :, None].expand(-1, -1, limit)).clone()
        words[:, :, position] = chosen
        ended = chosen == EOS
        if ended[:, 0].all():
            # No other hypothesis can overtake a finished one: likelihoods only fall.
            break
        kept = (first + parent).flatten()
        state = (state[0][:, kept], state[1][:, kept])
        character = chosen.view(-1, 1)
    return words[:, 0]
