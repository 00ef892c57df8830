"""How well the condition can be read from the latent: a linear probe."""

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor

from core.compute.randomness import seeded
from core.scores.gaussian import wilson_interval

HELD_OUT = 0.2
"""Share of the paradigms on which a probe is judged."""
PENALTY = 1e-3
"""Of the squared weights, so that classes that can be parted have a solution."""
NEWTON_STEPS = 30
FLAT = 1e-10
"""Largest entry of a gradient that needs no further step."""


class Probe(msgspec.Struct, frozen=True):
    """A probe's share of conditions that it names rightly, on paradigms it was not fitted to."""

    accuracy: float
    ci95: tuple[float, float]
    """95 % Wilson interval."""
    chance: float
    words: int


def probe_conditions(mean: Tensor, conditions: int, seed: int) -> Probe:
    """The probe of a latent. mean: (paradigms * conditions, Z), paradigm by paradigm.

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
    """The weight (classes, features) of least mean CE + PENALTY / 2 * |weight|^2.

    features: (rows, features) float64, one of them constant. labels: (rows,) int64.
    Newton's method with halved steps. Source: Boyd & Vandenberghe 2004, section 9.5.
    """
    weight = features.new_zeros(classes, features.shape[1])
    for _ in range(NEWTON_STEPS):
        loss, gradient = _loss(weight, features, labels)
        if gradient.abs().max() < FLAT:
            break
        direction = torch.linalg.solve(_hessian(weight, features), gradient.flatten())
        step = direction.view_as(weight)
        while _loss(weight - step, features, labels)[0] > loss and step.abs().max() > FLAT:
            step = step / 2
        weight = weight - step
    return weight


def _loss(weight: Tensor, features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The penalised mean CE and its gradient (classes, features)."""
    log_shares = torch.log_softmax(features @ weight.T, dim=1)
    loss = F.nll_loss(log_shares, labels) + 0.5 * PENALTY * weight.square().sum()
    error = log_shares.exp() - F.one_hot(labels, len(weight))
    return loss, error.T @ features / len(features) + PENALTY * weight


def _hessian(weight: Tensor, features: Tensor) -> Tensor:
    """Of the penalised mean CE, (classes * features, classes * features)."""
    shares = torch.softmax(features @ weight.T, dim=1)
    blocks = [
        [
            (features * (shares[:, a] * (float(a == b) - shares[:, b]))[:, None]).T @ features
            for b in range(len(weight))
        ]
        for a in range(len(weight))
    ]
    hessian = torch.cat([torch.cat(row, dim=1) for row in blocks]) / len(features)
    return hessian + PENALTY * torch.eye(len(hessian), dtype=hessian.dtype)
