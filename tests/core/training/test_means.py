import math

import pytest
import torch
from torch import Tensor

from core.training.means import RunningMeans


def add(
    means: RunningMeans,
    step: int,
    ce: list[float],
    kl: list[float],
    lengths: list[int],
    norm: float = 1.0,
    loss: float = 1.0,
) -> None:
    scalars: list[Tensor] = [torch.tensor(loss), torch.tensor(ce), torch.tensor(kl)]
    means.add(step, *scalars, torch.tensor(lengths), torch.tensor(norm))


@pytest.fixture
def means() -> RunningMeans:
    return RunningMeans(torch.device("cpu"))


def test_means_are_over_words_characters_and_steps(means: RunningMeans) -> None:
    add(means, 0, [2.0, 4.0], [1.0, 3.0], [4, 5], norm=1.0)
    add(means, 1, [9.0], [5.0], [6], norm=3.0)
    found = means.read()
    assert found["ce"] == pytest.approx(15 / 3)
    assert found["ce_per_character"] == pytest.approx(15 / 15)
    assert found["kl"] == pytest.approx(9 / 3)
    assert found["gradient_norm"] == pytest.approx(4 / 2)


def test_a_reading_begins_anew(means: RunningMeans) -> None:
    add(means, 0, [2.0], [1.0], [4])
    means.read()
    add(means, 1, [6.0], [2.0], [3])
    assert means.read()["ce"] == 6


def test_what_is_not_finite_reads_as_none(means: RunningMeans) -> None:
    add(means, 0, [math.inf], [1.0], [4], norm=math.nan)
    found = means.read()
    assert (found["ce"], found["ce_per_character"], found["gradient_norm"]) == (None, None, None)
    assert found["kl"] == 1


@pytest.mark.parametrize("spoilt", [{"loss": math.nan}, {"loss": math.inf}, {"norm": math.inf}])
def test_the_first_bad_step_is_remembered(means: RunningMeans, spoilt: dict[str, float]) -> None:
    add(means, 0, [1.0], [1.0], [1])
    assert means.bad_step() is None
    add(means, 1, [1.0], [1.0], [1], **spoilt)
    add(means, 2, [1.0], [1.0], [1], **spoilt)
    add(means, 3, [1.0], [1.0], [1])
    assert means.bad_step() == 1
    means.read()
    assert means.bad_step() == 1


def test_sums_go_on_from_their_state(means: RunningMeans) -> None:
    add(means, 0, [2.0], [1.0], [4])
    other = RunningMeans(torch.device("cpu"))
    other.restore(means.state())
    for both in (means, other):
        add(both, 1, [3.0], [2.0], [2])
    assert means.read() == other.read()
