"""The results of an evaluation, as the journal holds them."""

from typing import Annotated

import msgspec

from core.scores.metric import UNIT_INTERVAL, Metric


class Conversion(msgspec.Struct, frozen=True):
    """A form, what it should become under a condition, and what the model made of it."""

    source: str
    target: str
    prediction: str
    source_condition: str
    target_condition: str


class Draw(msgspec.Struct, frozen=True):
    """The paradigm that the model decodes from one latent."""

    forms: tuple[str, ...]
    hit: bool


class Commonest(msgspec.Struct, frozen=True):
    """Forms that were drawn more often than any others, and how often."""

    forms: tuple[str, ...]
    times: int


class Gaussian(msgspec.Struct, frozen=True):
    """The Gaussian score and what must be read with it."""

    score: Annotated[float, Metric("Gaussian score", bounds=UNIT_INTERVAL, name="gaussian")]
    ci95: tuple[float, float]
    """95 % Wilson interval."""
    draws: Annotated[int, Metric("Samples", name="gaussian_draws")]
    distinct: Annotated[int, Metric("Distinct paradigms")]
    """Distinct paradigms that were hit."""
    course_score: Annotated[float, Metric("Course score", bounds=UNIT_INTERVAL)]
    """Counts a draw once for each equal training row."""


class Scores(msgspec.Struct, frozen=True):
    """What a model is worth at one moment."""

    selection_bleu4: Annotated[float, Metric("Selection BLEU-4", bounds=UNIT_INTERVAL)]
    """BLEU-4 of the selection pairs, by which the best checkpoint is chosen."""
    bleu4: Annotated[float | None, Metric("BLEU-4", bounds=UNIT_INTERVAL)]
    """BLEU-4 of the pairs to report; None when none were given."""
    gaussian: Gaussian
    kl_per_dimension: tuple[float | None, ...]
    """Mean KL of each latent dimension over the sources of the selection pairs, in nats; None where
    it was not finite."""
    conversions: tuple[Conversion, ...]
    """Some of the pairs."""
    samples: tuple[Draw, ...]
    """Some of the draws."""
    active_units: Annotated[int | None, Metric("Active units")] = None
    """Latent dimensions that the posterior means of the same sources make use of; None in journals
    that do not tell."""
    mutual_information: Annotated[float | None, Metric("Mutual information", "nats")] = None
    """I_q(x; z) of the same sources, in nats: at most ln of their number. None where it was not
    finite, and in journals that do not tell."""
    commonest: Commonest | None = None
    """What all the draws say most often; None in journals that do not tell."""

    @property
    def headline_bleu4(self) -> float:
        """BLEU-4 of the reported pairs where there are any, else of the selection pairs."""
        return self.selection_bleu4 if self.bleu4 is None else self.bleu4
