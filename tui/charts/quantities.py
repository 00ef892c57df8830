"""The numbers that a journal tells, as charts name them."""

from collections.abc import Mapping
from dataclasses import dataclass

UNIT = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Quantity:
    """How one number is shown."""

    title: str
    bounds: tuple[float, float] | None = None
    """Ends of its axis; None takes those of its values."""
    noisy: bool = False
    """Whether a smooth line through it says more than its points."""


QUANTITIES: Mapping[str, Quantity] = {
    "ce": Quantity("CE nats/word", noisy=True),
    "kl": Quantity("KL nats", noisy=True),
    "beta": Quantity("Beta"),
    "bleu4": Quantity("BLEU-4", UNIT),
    "gaussian": Quantity("Gaussian", UNIT),
    "teacher_forcing_ratio": Quantity("Teacher forcing", UNIT),
    "ce_per_character": Quantity("CE nats/character", noisy=True),
    "learning_rate": Quantity("Learning rate"),
    "gradient_norm": Quantity("Gradient norm", noisy=True),
    "words_per_second": Quantity("Words/s", noisy=True),
    "skipped": Quantity("Steps left out"),
    "selection_bleu4": Quantity("Selection BLEU-4", UNIT),
    "joint": Quantity("Joint score", UNIT),
    "distinct": Quantity("Distinct paradigms"),
}
"""Those that are known by name; a journal may tell others."""


def quantity(name: str) -> Quantity:
    """How a number of the journal is shown."""
    return QUANTITIES.get(name) or Quantity(name.replace("_", " "))
