"""Means of what training measures, summed on the device so that no step waits for it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Means:
    """Means over some steps; None where one was not finite. CE and KL in nats per word."""

    ce: float | None
    ce_per_character: float | None
    kl: float | None
    gradient_norm: float | None


class RunningMeans:
    """Sums over the steps since the last reading, kept on the device until they are read."""

    _NAMES = ("words", "characters", "ce", "kl", "norm", "steps")

    def __init__(self, device: torch.device) -> None:
        self._sums = torch.zeros(len(self._NAMES), device=device)
        self._bad_step = torch.full((), -1, dtype=torch.long, device=device)

    def add(
        self, step: int, loss: Tensor, ce: Tensor, kl: Tensor, lengths: Tensor, norm: Tensor
    ) -> None:
        """Take in one step: its loss and gradient norm, its words' CE, KL and lengths, (B,)."""
        with torch.no_grad():
            # Made on the device: a number from the processor would have to be copied to it.
            words, one = lengths.new_full((), len(ce)), lengths.new_ones(())
            parts = [words, lengths.sum(), ce.sum(), kl.sum(), norm, one]
            self._sums += torch.stack([part.float() for part in parts])
            bad = ~torch.isfinite(loss + norm) & (self._bad_step < 0)
            self._bad_step = torch.where(bad, step, self._bad_step)

    def bad_step(self) -> int | None:
        """The first step whose loss or gradient was not finite. Waits for the device."""
        step = int(self._bad_step)
        return None if step < 0 else step

    def read(self) -> Means:
        """Means since the last reading. Waits for the device."""
        sums = dict(zip(self._NAMES, self._sums.tolist(), strict=True))
        self._sums = torch.zeros_like(self._sums)
        return Means(
            ce=_finite(sums["ce"] / sums["words"]),
            ce_per_character=_finite(sums["ce"] / sums["characters"]),
            kl=_finite(sums["kl"] / sums["words"]),
            gradient_norm=_finite(sums["norm"] / sums["steps"]),
        )

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint keeps, by name."""
        return {"means.sums": self._sums}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave. Raises KeyError or ValueError when it is not there."""
        sums = state["means.sums"]
        if sums.shape != self._sums.shape:
            raise ValueError(f"the sums of the means have the shape {tuple(sums.shape)}")
        self._sums = sums.to(self._sums.device).clone()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
