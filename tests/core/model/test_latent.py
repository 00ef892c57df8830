import pytest
import torch

from core.corpus.paradigms import Corpus
from core.model.latent import interpolate, latent_map, principal_components, walk
from core.model.objective import kl_divergence
from core.runs.checkpoint import load_inference
from core.runs.directory import RunDirectory


def test_a_line_goes_from_one_latent_to_the_other_in_equal_steps() -> None:
    start, end = torch.tensor([0.0, 2.0]), torch.tensor([4.0, 0.0])
    expected = torch.tensor([[0.0, 2.0], [1.0, 1.5], [2.0, 1.0], [3.0, 0.5], [4.0, 0.0]])
    assert torch.allclose(interpolate(start, end, 5), expected)


def test_a_walk_moves_one_dimension_and_no_other() -> None:
    moved = walk(torch.tensor([1.0, 2.0, 3.0]), 1, [-3, 0, 3])
    assert moved.tolist() == [[1, -1, 3], [1, 2, 3], [1, 5, 3]]


def test_components_are_those_of_the_singular_values() -> None:
    generator = torch.Generator().manual_seed(1)
    points = torch.randn(200, 5, generator=generator) * torch.tensor([5.0, 1, 3, 0.5, 0.1]) + 7
    found = principal_components(points)
    _, singular, vectors = torch.linalg.svd(points - points.mean(dim=0), full_matrices=False)
    shares = singular.square() / singular.square().sum()
    assert found.shares == pytest.approx(shares[:2].tolist(), abs=1e-5)
    assert torch.allclose(found.axes.abs(), vectors[:2].T.abs(), atol=1e-4)
    assert found.project(points).std(dim=0)[0] > found.project(points).std(dim=0)[1]
    assert (found.axes.gather(0, found.axes.abs().argmax(dim=0)[None]) > 0).all()


def test_points_that_are_all_one_have_components_of_no_variance() -> None:
    found = principal_components(torch.ones(4, 3))
    assert found.shares == (0, 0)
    assert torch.equal(found.project(torch.ones(4, 3)), torch.zeros(4, 2))


def test_a_map_has_each_form_of_each_distinct_paradigm_where_its_posterior_is(
    trained: RunDirectory, corpus: Corpus
) -> None:
    inference = load_inference(trained, "last")
    training = corpus.split("train")
    found = latent_map(inference, training)
    assert corpus.duplicates == 1
    assert len(found.places) == 4 * (len(training) - 1)
    saw = next(place for place in found.places if place.word == "saw")
    assert (saw.condition, saw.ending) == (3, "aw")
    posterior = inference.posterior(["saw"], [3])
    here = found.components.project(posterior.mean)[0].tolist()
    assert [saw.x, saw.y] == pytest.approx(here, abs=1e-4)
    every = inference.posterior(
        [place.word for place in found.places], [place.condition for place in found.places]
    )
    assert found.kl == pytest.approx(kl_divergence(every).mean(dim=0).tolist(), rel=1e-4)
    assert found.kl[found.dimensions[0]] == max(found.kl)
    assert sorted(found.dimensions) == [0, 1, 2, 3]
