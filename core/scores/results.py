"""Results of an evaluation, as the journal holds them."""

from typing import Annotated

import msgspec

from core.scores.metric import UNIT_INTERVAL, Metric


class Conversion(msgspec.Struct, frozen=True):
    """A form, its target under a condition, and the model's prediction."""

    source: str
    target: str
    prediction: str
    source_condition: str
    target_condition: str


class Draw(msgspec.Struct, frozen=True):
    """A sample: the paradigm decoded from one latent of the prior."""

    forms: tuple[str, ...]
    hit: bool


class Commonest(msgspec.Struct, frozen=True):
    """The most frequent sample, with its count."""

    forms: tuple[str, ...]
    times: int


class Gaussian(msgspec.Struct, frozen=True):
    """Gaussian score with the numbers that qualify it."""

    score: Annotated[float, Metric("Gaussian score", bounds=UNIT_INTERVAL, name="gaussian")]
    ci95: tuple[float, float]
    """95 % Wilson interval."""
    draws: Annotated[int, Metric("Samples", name="gaussian_draws")]
    distinct: Annotated[int, Metric("Distinct paradigms")]
    """Distinct paradigms among the hits."""
    course_score: Annotated[float, Metric("Course score", bounds=UNIT_INTERVAL)]
    """Score that counts a sample once for each equal training row."""


class Scores(msgspec.Struct, frozen=True):
    """Scores of a model at one step."""

    selection_bleu4: Annotated[float, Metric("Selection BLEU-4", bounds=UNIT_INTERVAL)]
    """BLEU-4 of the selection pairs, by which the best checkpoint is chosen."""
    bleu4: Annotated[float | None, Metric("BLEU-4", bounds=UNIT_INTERVAL)]
    """BLEU-4 of the reported pairs; None without such pairs."""
    gaussian: Gaussian
    kl_per_dimension: tuple[float | None, ...]
    """Mean KL of each dimension over the selection pairs' sources, in nats; None if not finite."""
    conversions: tuple[Conversion, ...]
    """Examples of the pairs."""
    samples: tuple[Draw, ...]
    """Examples of the samples."""
    active_units: Annotated[int | None, Metric("Active units")] = None
    """Latent dimensions that vary over the same sources; None in older journals."""
    mutual_information: Annotated[float | None, Metric("Mutual information", "nats")] = None
    """I_q(x; z) of the same sources, in nats; None where not finite, and in older journals."""
    commonest: Commonest | None = None
    """The most frequent of all samples; None in older journals."""

    @property
    def headline_bleu4(self) -> float:
        """BLEU-4 of the reported pairs if there are any, else of the selection pairs."""
        return self.selection_bleu4 if self.bleu4 is None else self.bleu4
