"""Linear probe: accuracy of a classifier that reads the condition from the latent."""

from collections.abc import Iterator

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor

from core.compute.randomness import seeded
from core.diagnostics.subject import Diagnostic, Row, Subject
from core.scores.gaussian import wilson_interval

HELD_OUT = 0.2
"""Share of the paradigms that a probe is tested on."""
PENALTY = 1e-3
"""Factor of the squared weights. Separable classes have a finite solution with it."""
STEPS = 500
FLAT = 1e-9
"""Largest entry of a gradient that needs no further step."""


class Probe(msgspec.Struct, frozen=True):
    """Accuracy of a probe on paradigms that it was not fitted to."""

    accuracy: float
    ci95: tuple[float, float]
    """95 % Wilson interval."""
    chance: float
    words: int


def probe_conditions(mean: Tensor, conditions: int, seed: int) -> Probe:
    """Fit and test a probe. mean: (paradigms * conditions, Z), paradigm by paradigm.

    Multinomial logistic regression on the posterior means. All forms of a paradigm are on one side
    of the split. Source: Alain & Bengio 2017, section 3.
    """
    grouped = mean.cpu().double().view(-1, conditions, mean.shape[1])
    order = torch.randperm(len(grouped), generator=seeded(seed, "probe"))
    held_out = max(1, round(HELD_OUT * len(grouped)))
    fitted_to, judged_on = grouped[order[held_out:]], grouped[order[:held_out]]
    centre = fitted_to.mean(dim=(0, 1))
    spread = fitted_to.std(dim=(0, 1), correction=0).clamp_min(1e-6)

    def examples(paradigms: Tensor) -> tuple[Tensor, Tensor]:
        features = (paradigms.flatten(0, 1) - centre) / spread
        features = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
        return features, torch.arange(conditions).repeat(len(paradigms))

    weight = logistic_regression(*examples(fitted_to), conditions)
    features, labels = examples(judged_on)
    right = int(((features @ weight.T).argmax(dim=1) == labels).sum())
    return Probe(
        accuracy=right / len(labels),
        ci95=wilson_interval(right, len(labels)),
        chance=1 / conditions,
        words=len(labels),
    )


def logistic_regression(features: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Fit the weight (classes, features) of least mean CE + PENALTY / 2 * |weight|^2.

    features: (rows, features) float64, one of them constant. labels: (rows,) int64.
    """
    weight = features.new_zeros(classes, features.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight],
        max_iter=STEPS,
        tolerance_grad=FLAT,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(features @ weight.T, labels) + PENALTY / 2 * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return weight.detach()


def measure(subject: Subject) -> Probe | None:
    """Probe the posterior means; None with one condition or one paradigm."""
    conditions = len(subject.corpus.conditions)
    if conditions < 2 or len(subject.seen.paradigms) < 2:
        return None
    return probe_conditions(subject.seen.posterior.mean, conditions, subject.seed)


def rows(found: Probe) -> Iterator[Row]:
    """Describe the accuracy beside chance."""
    accuracy = "{:.1%} ({:.1%} to {:.1%})".format(found.accuracy, *found.ci95)
    value = f"{accuracy} of {found.words:,} words, chance {found.chance:.1%}"
    yield "Latent", "Condition read from z", value


DIAGNOSTICS = (Diagnostic("probe", "condition from latent", measure, rows),)
