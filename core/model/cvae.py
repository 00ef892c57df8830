"""The conditional sequence-to-sequence VAE: Encoder, reparameterisation, Decoder.

Shapes in the margin: B words in a batch, T characters (the end included), C size of the condition
embedding, H hidden, Z latent, V ids. LSTM: Hochreiter & Schmidhuber 1997.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.config.schema import Codebook, ModelConfig, Prior
from core.corpus.vocabulary import FIRST_OUTPUT, PAD, Vocabulary

State = tuple[Tensor, Tensor]
NO_CELL = -1e30
"""Bias of a memory slot that has no cell."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """q(z|x,c) = N(mean, diag(exp(log_variance))), each (B, Z) in float32."""

    mean: Tensor
    log_variance: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """Sample (B, Z) by the reparameterisation trick from standard normal noise (B, Z).

        Source: Kingma & Welling 2014, section 2.4.
        """
        return self.mean + torch.exp(0.5 * self.log_variance) * noise


class Encoder(nn.Module):
    """Characters and a condition to a posterior."""

    def __init__(self, config: ModelConfig, vocabulary_size: int, condition_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, config.embedding_size, padding_idx=PAD)
        self.lstm = nn.LSTM(config.embedding_size, config.hidden_size)
        self.backward_lstm = (
            nn.LSTM(config.embedding_size, config.hidden_size) if config.bidirectional else None
        )
        summary_size = config.hidden_size * (1 + config.bidirectional)
        self.mean = nn.Linear(summary_size, config.latent_size)
        self.log_variance = nn.Linear(summary_size, config.latent_size)
        self._unconditioned = config.hidden_size - condition_size

    def forward(self, forms: Tensor, condition: Tensor) -> Posterior:
        """Encode forms (B, T) of ids under an embedded condition (B, C)."""
        zeros = condition.new_zeros(len(forms), self._unconditioned)
        hidden = torch.cat([zeros, condition], dim=1)  # B H
        start = (hidden[None], torch.zeros_like(hidden)[None])
        last = (forms != PAD).sum(dim=1) - 1  # B
        rows = torch.arange(len(forms), device=forms.device)
        summary = self.lstm(self.embedding(forms.T), start)[0][last, rows]  # B H
        if self.backward_lstm is not None:
            # Turned round within each word's own length, so that padding stays behind it.
            places = last[:, None] - torch.arange(forms.shape[1], device=forms.device)
            turned = self.embedding(forms.gather(1, places.clamp(min=0)).T)
            backward = self.backward_lstm(turned, start)[0][last, rows]  # B H
            summary = torch.cat([summary, backward], dim=1)  # B 2H
        return Posterior(self.mean(summary).float(), self.log_variance(summary).float())


class Memory(nn.Module):
    """One learnt slot for each cell of the latent space, read by the decoder beside the latent.

    The cells are those of a power diagram, set once by `set_cells`; before that nothing is read.
    M slots, S their size. `slots` are the values of the attention.
    Source: van den Oord et al. 2017, section 3 (a codebook between latent and decoder).
    """

    keys: Tensor
    bias: Tensor

    def __init__(self, config: Codebook, latent_size: int) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(config.slots, latent_size))
        self.register_buffer("bias", torch.full((config.slots,), NO_CELL))
        self.slots = nn.Parameter(torch.zeros(config.slots, config.size))
        self._sharpness = config.sharpness

    def scores(self, z: Tensor) -> Tensor:
        """Score each cell at each latent: (B, Z) to (B, M). Its own cell has the highest."""
        # A rounded score would move the borders of the cells.
        with torch.autocast(z.device.type, enabled=False):
            return torch.addmm(self.bias, z.float(), self.keys.T)

    def forward(self, z: Tensor) -> Tensor:
        """Read the memory at each latent: (B, Z) to (B, S)."""
        weights = torch.softmax(self._sharpness * self.scores(z), dim=1)
        return weights * (self.bias > NO_CELL) @ self.slots

    def set_cells(self, keys: Tensor, bias: Tensor) -> None:
        """Set the cells: keys (cells, Z), bias (cells,), for at most M cells."""
        self.keys[: len(keys)] = keys
        self.bias[: len(bias)] = bias


class Decoder(nn.Module):
    """A latent and a condition to the logits of characters."""

    def __init__(self, config: ModelConfig, vocabulary_size: int, context_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, config.embedding_size, padding_idx=PAD)
        self.initial = nn.Linear(context_size, 2 * config.hidden_size)
        self.repeated = (
            nn.Linear(context_size, config.embedding_size, bias=False)
            if config.latent_every_step
            else None
        )
        self.lstm = nn.LSTM(config.embedding_size, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, vocabulary_size - FIRST_OUTPUT)

    def initial_state(self, context: Tensor) -> State:
        """Compute the initial state of the LSTM from its context, (B, Z + S + C)."""
        hidden, cell = self.initial(context).chunk(2, dim=1)
        return hidden[None].contiguous(), cell[None].contiguous()

    def forward(self, context: Tensor, state: State, inputs: Tensor) -> tuple[Tensor, State]:
        """Compute the logits (B, T, V - FIRST_OUTPUT) after each input (B, T), and the state."""
        embedded = self.embedding(inputs.T)  # T B embedding
        if self.repeated is not None:
            embedded = embedded + self.repeated(context)
        states, state = self.lstm(embedded, state)
        return self.output(states).transpose(0, 1), state


class CondVAE(nn.Module):
    """The whole model. The variant `vae` is the one whose condition embedding has size 0."""

    def __init__(self, config: ModelConfig, prior: Prior, vocabulary: Vocabulary) -> None:
        super().__init__()
        condition_size = config.condition_size if config.variant == "cvae" else 0
        self.condition = nn.Embedding(len(vocabulary.conditions), condition_size)
        self.encoder = Encoder(config, vocabulary.size, condition_size)
        context_size, self.memory = config.latent_size + condition_size, None
        if isinstance(prior, Codebook):
            context_size += prior.size
            self.memory = Memory(prior, config.latent_size)
        self.decoder = Decoder(config, vocabulary.size, context_size)
        self.latent_size = config.latent_size

    @property
    def device(self) -> torch.device:
        """Device of the parameters."""
        return self.condition.weight.device

    def encode(self, forms: Tensor, conditions: Tensor) -> Posterior:
        """Compute the posterior of each word given its condition.

        forms: (B, T) int64, padded with `PAD`, each ending in `EOS`. conditions: (B,) int64.
        Source: Kingma & Welling 2014, eq. 9, with the condition in the initial hidden state.
        """
        posterior: Posterior = self.encoder(forms, self.condition(conditions))
        return posterior

    def context(self, z: Tensor, conditions: Tensor) -> Tensor:
        """Join the decoder's input at every character, (B, Z + S + C): latent, slot, condition."""
        reading = [] if self.memory is None else [self.memory(z)]
        return torch.cat([z, *reading, self.condition(conditions)], dim=1)

    def decode(
        self,
        z: Tensor,
        conditions: Tensor,
        inputs: Tensor,
        teacher_forced: Tensor | None = None,
        n_passes: int = 0,
    ) -> Tensor:
        """Compute the logits of the characters after each input, (B, T, V - FIRST_OUTPUT).

        z: (B, Z). conditions: (B,) int64. inputs: (B, T) int64, the right characters after `SOS`.
        teacher_forced: (B, T) bool on the processor, true where the right character is fed, false
        for the decoder's own most likely one. None, for true everywhere, takes one fused pass.
        n_passes: fused passes that find the decoder's own characters, exactly for as many of a
        word. With 0 they are found one by one, for the words that need any.
        Sources: Bengio et al. 2015; with passes, Duckworth et al. 2019.
        """
        context, forced = self.context(z, conditions), teacher_forced
        if forced is None or bool(forced.all()):
            return self._decode_fused(context, inputs)
        on_device = forced.to(inputs.device)
        if n_passes:
            return self._decode_fused(
                context, self._mix_in_own(context, inputs, on_device, n_passes)
            )
        rows = forced.all(dim=1)
        whole = rows.nonzero()[:, 0].to(inputs.device)
        free = (~rows).nonzero()[:, 0].to(inputs.device)
        own = self._decode_stepwise(context[free], inputs[free], on_device[free])
        if not len(whole):
            return own
        fused = self._decode_fused(context[whole], inputs[whole])
        return torch.cat([fused, own])[torch.argsort(torch.cat([whole, free]))]

    def _decode_fused(self, context: Tensor, inputs: Tensor) -> Tensor:
        logits: Tensor = self.decoder(context, self.decoder.initial_state(context), inputs)[0]
        return logits

    @torch.no_grad()
    def _mix_in_own(self, context: Tensor, inputs: Tensor, forced: Tensor, n_passes: int) -> Tensor:
        """Replace the characters that are not fed by the decoder's own."""
        mixed = inputs
        for _ in range(n_passes):
            said = self._decode_fused(context, mixed).argmax(dim=2) + FIRST_OUTPUT
            own = torch.cat([inputs[:, :1], said[:, :-1]], dim=1)
            mixed = torch.where(forced, inputs, own)
        return mixed

    def _decode_stepwise(self, context: Tensor, inputs: Tensor, forced: Tensor) -> Tensor:
        state = self.decoder.initial_state(context)
        logits: list[Tensor] = []
        for position in range(inputs.shape[1]):
            character = inputs[:, position : position + 1]
            if logits:
                own = logits[-1].argmax(dim=2) + FIRST_OUTPUT
                character = torch.where(forced[:, position : position + 1], character, own)
            step, state = self.decoder(context, state, character)
            logits.append(step)
        return torch.cat(logits, dim=1)
