"""Scores during a training, and the joint rule that chooses the best checkpoint."""

from collections import Counter
from collections.abc import Sequence

import torch

from core.compute.randomness import seeded
from core.config.schema import EvaluationConfig
from core.corpus.paradigms import Corpus, Pair, conversion_pairs
from core.errors import InputError
from core.model.inference import Inference
from core.model.objective import kl_divergence
from core.scores.bleu import mean_bleu4
from core.scores.conversion import convert_pairs
from core.scores.gaussian import gaussian_score
from core.scores.rate import active_units, mutual_information
from core.scores.results import Commonest, Conversion, Draw, Scores

SEED = 0
"""Seed of selection pairs and samples: the same at every evaluation of every run."""
SHOWN = 10
"""Conversions and samples that an evaluation records."""


class Evaluation:
    """Pairs and paradigms to score a model on. Raise InputError without pairs to select on."""

    def __init__(self, config: EvaluationConfig, corpus: Corpus, pairs: Sequence[Pair]) -> None:
        self.pairs = pairs
        self.selection_pairs = sample_pairs(corpus, config, pairs)
        self._draws = config.gaussian_draws
        self._rows = [paradigm.forms for paradigm in corpus.split("train")]

    def scores(self, inference: Inference) -> Scores:
        """Score a model."""
        selected = convert_pairs(inference, self.selection_pairs)
        reported = convert_pairs(inference, self.pairs)
        samples = inference.sample(self._draws, SEED)
        posterior = inference.posterior(
            [pair.source for pair in self.selection_pairs],
            [pair.source_condition for pair in self.selection_pairs],
        )
        shown = (self.pairs, reported) if self.pairs else (self.selection_pairs, selected)
        names, known = inference.vocabulary.conditions, set(self._rows)
        return Scores(
            selection_bleu4=mean_bleu4([p.target for p in self.selection_pairs], selected),
            bleu4=mean_bleu4([p.target for p in self.pairs], reported) if self.pairs else None,
            gaussian=gaussian_score(samples, self._rows),
            kl_per_dimension=tuple(kl_divergence(posterior).mean(dim=0).tolist()),
            conversions=tuple(
                Conversion(
                    source=pair.source,
                    target=pair.target,
                    prediction=prediction,
                    source_condition=names[pair.source_condition],
                    target_condition=names[pair.target_condition],
                )
                for pair, prediction in list(zip(*shown, strict=True))[:SHOWN]
            ),
            samples=tuple(Draw(forms, forms in known) for forms in samples[:SHOWN]),
            active_units=active_units(posterior),
            mutual_information=mutual_information(posterior, SEED),
            commonest=Commonest(*Counter(samples).most_common(1)[0]),
        )


def joint_score(scores: Scores) -> float:
    """Return the harmonic mean of the selection pairs' BLEU-4 and the Gaussian score."""
    bleu4, gaussian = scores.selection_bleu4, scores.gaussian.score
    return 2 * bleu4 * gaussian / (bleu4 + gaussian) if bleu4 + gaussian else 0.0


def sample_pairs(
    corpus: Corpus, config: EvaluationConfig, reported: Sequence[Pair] = ()
) -> list[Pair]:
    """Draw the selection pairs: a fixed random sample of the conversions of a split.

    Reported pairs are left out, so that no checkpoint is chosen by a reported score. Raise
    InputError when no conversion is left.
    """
    if not corpus.split(config.select_on):
        raise InputError(
            f"evaluation.select_on is {config.select_on}, but the corpus {corpus.name} has no "
            "such split; train would be accepted"
        )
    pairs = _shuffled_pairs(corpus, config, reported)
    if not pairs:
        raise InputError(
            f"data.pairs reports every conversion of the split {config.select_on}, which leaves "
            "none to choose the best checkpoint by; fewer pairs are needed"
        )
    return pairs[: config.selection_pairs]


def unselected_pairs(corpus: Corpus, config: EvaluationConfig) -> list[Pair]:
    """Draw as many other conversions of the split, to report where no pairs were given."""
    return _shuffled_pairs(corpus, config, ())[config.selection_pairs :][: config.selection_pairs]


def _shuffled_pairs(
    corpus: Corpus, config: EvaluationConfig, left_out: Sequence[Pair]
) -> list[Pair]:
    excluded = set(left_out)
    conversions = conversion_pairs(corpus.split(config.select_on))
    pairs = [pair for pair in dict.fromkeys(conversions) if pair not in excluded]
    order = torch.randperm(len(pairs), generator=seeded(SEED, "selection pairs"))
    return [pairs[i] for i in order.tolist()]
