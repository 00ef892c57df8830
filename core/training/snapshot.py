"""The state of a training at one step."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from torch import Tensor

from core.training.schedules import SCHEDULED, Overrides


class Position(msgspec.Struct, frozen=True):
    """Where a training stands, beside its tensors."""

    step: int = 0
    elapsed: float = 0.0
    evaluated: int = 0
    """Step of the last evaluation."""
    saved: int = -1
    """Step of the checkpoint `last`; -1 before the first."""
    best: float = -1.0
    """Highest score so far of those by which the best checkpoint is chosen."""
    overrides: Overrides = SCHEDULED
    """What was set by hand."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a training is at one step. The tensors are the live ones, not copies."""

    position: Position
    model: Mapping[str, Tensor]
    training: Mapping[str, Tensor]
    """State of the optimiser and of the running means, by name."""
