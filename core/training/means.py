"""Means of training measurements, summed on the device without a host sync."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor


class RunningMeans:
    """Sums over the steps since the last reading, kept on the device until they are read."""

    _NAMES = ("words", "characters", "ce", "kl", "norm", "steps", "loss")

    def __init__(self, device: torch.device, tolerated: int = 0) -> None:
        """Begin at zero. tolerated: steps in a row that may fail to be finite and are left out."""
        self._tolerated = tolerated
        self._skipped = torch.zeros(2, dtype=torch.long, device=device)
        """Steps left out since the last reading, and in a row up to now."""
        self._sums = torch.zeros(len(self._NAMES), device=device)
        self._bad_step = torch.full((), -1, dtype=torch.long, device=device)

    def add(
        self, step: int, loss: Tensor, ce: Tensor, kl: Tensor, lengths: Tensor, norm: Tensor
    ) -> None:
        """Add one step: its loss and gradient norm, its words' CE, KL and lengths, (B,)."""
        with torch.no_grad():
            # Made on the device: a number from the processor would have to be copied to it.
            words, one = lengths.new_full((), len(ce)), lengths.new_ones(())
            parts = [words, lengths.sum(), ce.sum(), kl.sum(), norm, one, loss]
            added, bad = torch.stack([part.float() for part in parts]), ~torch.isfinite(loss + norm)
            if self._tolerated:
                added = added.where(~bad, 0)
                # Both count one more, and a step that is finite ends the row.
                self._skipped = self._skipped + bad
                self._skipped[1] *= bad
                bad = self._skipped[1] > self._tolerated
            self._sums += added
            self._bad_step = torch.where(bad & (self._bad_step < 0), step, self._bad_step)

    def bad_step(self) -> int | None:
        """Find the first step that was not finite after as many in a row as are tolerated.

        Waits for the device.
        """
        step = int(self._bad_step)
        return None if step < 0 else step

    def read(self) -> dict[str, float | None]:
        """Return the means since the last reading, by the fields of `Progress`, and begin anew.

        A mean that is not finite is None. Waits for the device.
        """
        sums = dict(zip(self._NAMES, self._sums.tolist(), strict=True))
        self._sums = torch.zeros_like(self._sums)
        skipped, self._skipped[0] = int(self._skipped[0]), 0
        return {
            "loss": _ratio(sums["loss"], sums["steps"]),
            "ce": _ratio(sums["ce"], sums["words"]),
            "ce_per_character": _ratio(sums["ce"], sums["characters"]),
            "kl": _ratio(sums["kl"], sums["words"]),
            "gradient_norm": _ratio(sums["norm"], sums["steps"]),
            "skipped": skipped,
        }

    def state(self) -> dict[str, Tensor]:
        """Return the tensors for a checkpoint, by name."""
        skipped = {"means.skipped": self._skipped} if self._tolerated else {}
        return {"means.sums": self._sums} | skipped

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state`. Raises KeyError or ValueError when the tensors do not fit."""
        sums = state["means.sums"]
        if sums.shape == (len(self._NAMES) - 1,):
            # A checkpoint of version 0.1.0, which did not sum the loss.
            sums = torch.cat([sums, sums.new_full((1,), math.nan)])
        if sums.shape != self._sums.shape:
            raise ValueError(f"the sums of the means have the shape {tuple(sums.shape)}")
        skipped = state.get("means.skipped", self._skipped)
        if skipped.shape != self._skipped.shape or skipped.dtype != self._skipped.dtype:
            raise ValueError("the counts of the steps left out are not two whole numbers")
        self._skipped = skipped.to(self._skipped.device).clone()
        self._sums = sums.to(self._sums.device).clone()


def _ratio(value: float, count: float) -> float | None:
    """Divide; None where the result is not finite or nothing was counted."""
    return value / count if count and math.isfinite(value) else None
