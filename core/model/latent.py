"""Paths through the latent space and a map of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.corpus.inflection import inflection
from core.corpus.paradigms import Paradigm
from core.model.inference import Inference
from core.model.objective import kl_divergence


def interpolate(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Interpolate linearly, both ends included: (steps, Z). Source: Bowman et al. 2016, 5.3."""
    share = torch.linspace(0, 1, steps)[:, None].to(start.device)
    return start + share * (end - start)


def walk(z: Tensor, dimension: int, offsets: Sequence[float]) -> Tensor:
    """Move a latent (Z,) along one dimension by each offset: (offsets, Z).

    An offset of 1 is one standard deviation of the prior. Source: Higgins et al. 2017, figure 1.
    """
    moved = z.repeat(len(offsets), 1)
    moved[:, dimension] += torch.tensor(offsets, device=z.device)
    return moved


@dataclass(frozen=True, slots=True)
class Components:
    """Principal components: the directions of greatest variance."""

    mean: Tensor
    """(Z,)."""
    axes: Tensor
    """(Z, components), of length 1, each with its largest entry above 0."""
    shares: tuple[float, ...]
    """Share of the whole variance, for each component."""

    def project(self, points: Tensor) -> Tensor:
        """Project points (rows, Z) on the components: (rows, components)."""
        return (points - self.mean) @ self.axes


def principal_components(points: Tensor, count: int = 2) -> Components:
    """Compute at most Z principal components of points (rows, Z). Source: Pearson 1901."""
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
    """The part after the stem of its paradigm."""
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LatentMap:
    """Posterior means of forms, projected on two dimensions."""

    places: tuple[Place, ...]
    components: Components
    """The two axes of the map."""
    kl: tuple[float, ...]
    """Mean KL of each latent dimension, in nats."""

    @property
    def dimensions(self) -> list[int]:
        """Latent dimensions, the one with the highest KL first."""
        return sorted(range(len(self.kl)), key=lambda dimension: -self.kl[dimension])


def latent_map(inference: Inference, paradigms: Sequence[Paradigm]) -> LatentMap:
    """Map all forms of the distinct paradigms. Raise InputError for one outside the alphabet."""
    distinct = list(dict.fromkeys(paradigm.forms for paradigm in paradigms))
    labels = [
        (form, condition, ending)
        for forms in distinct
        for condition, (form, ending) in enumerate(zip(forms, inflection(forms)[1], strict=True))
    ]
    posterior = inference.posterior([one[0] for one in labels], [one[1] for one in labels])
    components = principal_components(posterior.mean)
    # With one latent dimension the map is a line.
    spots = torch.nn.functional.pad(components.project(posterior.mean), (0, 1))[:, :2].tolist()
    return LatentMap(
        tuple(Place(*label, *spot) for label, spot in zip(labels, spots, strict=True)),
        components,
        tuple(kl_divergence(posterior).mean(dim=0).tolist()),
    )
