"""The state of a training at one step."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from torch import Tensor

from core.training.schedules import SCHEDULED, Overrides


class Position(msgspec.Struct, frozen=True):
    """Progress of a training, beside its tensors.

    evaluated: step of the last evaluation. saved: step of the checkpoint `last`, -1 before it.
    best: highest score so far of those that choose the best checkpoint.
    """

    step: int = 0
    elapsed: float = 0.0
    evaluated: int = 0
    saved: int = -1
    best: float = -1.0
    overrides: Overrides = SCHEDULED


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state of a training at one step. Its tensors are the live ones, not copies.

    training: state of the optimizer and of the running means, by name.
    """

    position: Position
    model: Mapping[str, Tensor]
    training: Mapping[str, Tensor]
