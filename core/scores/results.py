"""The results of an evaluation, as the journal holds them."""

import msgspec


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

    score: float
    ci95: tuple[float, float]
    """95 % Wilson interval."""
    draws: int
    distinct: int
    """Distinct paradigms that were hit."""
    course_score: float
    """Counts a draw once for each equal training row."""


class Scores(msgspec.Struct, frozen=True):
    """What a model is worth at one moment."""

    selection_bleu4: float
    """BLEU-4 of the selection pairs, by which the best checkpoint is chosen."""
    bleu4: float | None
    """BLEU-4 of the pairs to report; None when none were given."""
    gaussian: Gaussian
    kl_per_dimension: tuple[float | None, ...]
    """Mean KL of each latent dimension over the sources of the selection pairs, in nats; None where
    it was not finite."""
    conversions: tuple[Conversion, ...]
    """Some of the pairs."""
    samples: tuple[Draw, ...]
    """Some of the draws."""
    active_units: int | None = None
    """Latent dimensions that the posterior means of the same sources make use of; None in journals
    that do not tell."""
    mutual_information: float | None = None
    """I_q(x; z) of the same sources, in nats: at most ln of their number. None where it was not
    finite, and in journals that do not tell."""
    commonest: Commonest | None = None
    """What all the draws say most often; None in journals that do not tell."""
