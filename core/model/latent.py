"""Ways through the latent space: between words, along a dimension, and a map of it all."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.corpus.inflection import inflection
from core.corpus.paradigms import Paradigm
from core.model.inference import Inference
from core.model.objective import kl_divergence


def interpolate(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Latents on the straight line from one (Z,) to another, both included: (steps, Z).

    Source: Bowman et al. 2016, section 5.3.
    """
    share = torch.linspace(0, 1, steps)[:, None].to(start.device)
    return start + share * (end - start)


def walk(z: Tensor, dimension: int, offsets: Sequence[float]) -> Tensor:
    """A latent (Z,) moved along one of its dimensions by each offset: (offsets, Z).

    An offset of 1 is one standard deviation of the prior. Source: Higgins et al. 2017, figure 1.
    """
    moved = z.repeat(len(offsets), 1)
    moved[:, dimension] += torch.tensor(offsets, device=z.device)
    return moved


@dataclass(frozen=True, slots=True)
class Components:
    """The directions along which points differ most."""

    mean: Tensor
    """(Z,)."""
    axes: Tensor
    """(Z, components), of length 1, each with its largest entry above 0."""
    shares: tuple[float, ...]
    """Of the whole variance, for each component."""

    def project(self, points: Tensor) -> Tensor:
        """Where points (rows, Z) lie along the components: (rows, components)."""
        return (points - self.mean) @ self.axes


def principal_components(points: Tensor, count: int = 2) -> Components:
    """The first principal components of points (rows, Z); at most Z of them.

    Source: Pearson 1901, as eigenvectors of the covariance.
    """
    mean = points.mean(dim=0)
    centred = (points - mean).double()
    variances, vectors = torch.linalg.eigh(centred.T @ centred)
    variances, vectors = variances.flip(0).clamp_min(0), vectors.flip(1)
    axes = vectors[:, :count]
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    shares = variances[:count] / variances.sum().clamp_min(torch.finfo(torch.double).tiny)
    return Components(mean, (axes * largest.sign()).to(points.dtype), tuple(shares.tolist()))


@dataclass(frozen=True, slots=True)
class Place:
    """A form on the map."""

    word: str
    condition: int
    ending: str
    """What it adds to what all forms of its paradigm begin with."""
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LatentMap:
    """Where the posterior means of forms lie."""

    places: tuple[Place, ...]
    components: Components
    """The two that the places are drawn along."""
    kl: tuple[float, ...]
    """Mean KL of each latent dimension, in nats."""

    @property
    def dimensions(self) -> list[int]:
        """The latent dimensions, the one that tells most (highest KL) first."""
        return sorted(range(len(self.kl)), key=lambda dimension: -self.kl[dimension])


def latent_map(inference: Inference, paradigms: Sequence[Paradigm]) -> LatentMap:
    """The map of all forms of paradigms, each distinct paradigm once, each form under its own
    condition.

    Raises InputError for a form that the vocabulary cannot spell.
    """
    distinct = list(dict.fromkeys(paradigm.forms for paradigm in paradigms))
    labels = [
        (form, condition, ending)
        for forms in distinct
        for condition, (form, ending) in enumerate(
            zip(forms, inflection(forms).endings, strict=True)
        )
    ]
    posterior = inference.posterior([one[0] for one in labels], [one[1] for one in labels])
    components = principal_components(posterior.mean)
    # A model of one latent dimension is drawn on a line.
    spots = torch.nn.functional.pad(components.project(posterior.mean), (0, 1))[:, :2].tolist()
    return LatentMap(
        tuple(Place(*label, *spot) for label, spot in zip(labels, spots, strict=True)),
        components,
        tuple(kl_divergence(posterior).mean(dim=0).tolist()),
    )
