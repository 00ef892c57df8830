import itertools
import math
from collections import Counter
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from core.corpus.vocabulary import EOS, FIRST_OUTPUT, SOS, Vocabulary
from core.model.cvae import CondVAE
from core.model.decoding import GREEDY, Decoding, decode

NewModel = Callable[..., CondVAE]
LIMIT = 4


@pytest.fixture
def small() -> tuple[CondVAE, Vocabulary]:
    """A model over three letters, whose words can all be listed."""
    from core.config.schema import Codebook, ModelConfig

    vocabulary = Vocabulary(("a", "b", "c"), ("one", "two"), 3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        config = ModelConfig(
            embedding_size=4,
            hidden_size=8,
            latent_size=2,
            condition_size=2,
            latent_every_step=True,
        )
        model = CondVAE(config, Codebook(), vocabulary)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=1.0)
    return model.eval(), vocabulary


def latents(rows: int, size: int) -> Tensor:
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(2))


def log_likelihood(model: CondVAE, z: Tensor, condition: int, ids: tuple[int, ...]) -> float:
    """Of a whole word: every character that decoding reads, the first end included."""
    inputs = torch.tensor([[SOS, *ids[:-1]]])
    logits = model.decode(z[None], torch.tensor([condition]), inputs)[0]
    steps = torch.log_softmax(logits, dim=1)
    return sum(float(steps[i, one - FIRST_OUTPUT]) for i, one in enumerate(ids))


def words(characters: int) -> list[tuple[int, ...]]:
    """Every word of at most LIMIT steps: letters and then the end, or letters to the limit."""
    letters = range(EOS + 1, EOS + 1 + characters)
    ended = [(*word, EOS) for n in range(LIMIT) for word in itertools.product(letters, repeat=n)]
    return ended + list(itertools.product(letters, repeat=LIMIT))


def test_a_wide_beam_finds_the_most_likely_word_of_all(
    small: tuple[CondVAE, Vocabulary],
) -> None:
    model, _ = small
    z, conditions = latents(6, 2), torch.tensor([0, 1] * 3)
    with torch.inference_mode():
        found = decode(model, z, conditions, LIMIT, Decoding(beam=200))
        for row in range(6):
            best = max(
                words(3), key=lambda ids: log_likelihood(model, z[row], int(conditions[row]), ids)
            )
            padded = [*best, *[EOS] * (LIMIT - len(best))]
            assert found[row].tolist() == padded


def test_a_wider_beam_never_finds_a_less_likely_word_than_greedy_here(
    small: tuple[CondVAE, Vocabulary],
) -> None:
    model, _ = small
    z, conditions = latents(20, 2), torch.zeros(20, dtype=torch.long)

    def likelihoods(how: Decoding) -> list[float]:
        ids = decode(model, z, conditions, LIMIT, how).tolist()
        cut = [tuple(row[: row.index(EOS) + 1]) if EOS in row else tuple(row) for row in ids]
        return [log_likelihood(model, one, 0, word) for one, word in zip(z, cut, strict=True)]

    with torch.inference_mode():
        greedy, wide = likelihoods(GREEDY), likelihoods(Decoding(beam=200))
    assert all(b >= a - 1e-5 for a, b in zip(greedy, wide, strict=True))
    assert any(b > a + 1e-5 for a, b in zip(greedy, wide, strict=True))


def test_a_cold_temperature_is_greedy(new_model: NewModel) -> None:
    model = new_model()
    z, conditions = latents(30, 4), torch.arange(30) % 4
    with torch.inference_mode():
        assert torch.equal(
            decode(model, z, conditions, 9, Decoding(temperature=1e-6, seed=3)),
            decode(model, z, conditions, 9),
        )


def test_draws_follow_the_softmax_at_the_temperature(
    small: tuple[CondVAE, Vocabulary],
) -> None:
    model, _ = small
    draws, temperature = 20_000, 1.7
    z = latents(1, 2).expand(draws, -1)
    with torch.inference_mode():
        first = decode(
            model, z, torch.zeros(draws, dtype=torch.long), 1, Decoding(temperature=temperature)
        )[:, 0]
        logits = model.decode(z[:1], torch.tensor([0]), torch.tensor([[SOS]]))[0, 0]
    expected = torch.softmax(logits / temperature, dim=0).tolist()
    counts = Counter(first.tolist())
    for index, share in enumerate(expected):
        spread = math.sqrt(share * (1 - share) / draws)
        assert abs(counts[index + FIRST_OUTPUT] / draws - share) < 5 * spread + 1e-4


def test_draws_depend_on_their_seed(new_model: NewModel) -> None:
    model, z = new_model(), latents(30, 4)
    conditions = torch.zeros(30, dtype=torch.long)

    def draw(seed: int) -> Tensor:
        return decode(model, z, conditions, 9, Decoding(temperature=1.0, seed=seed))

    with torch.inference_mode():
        assert torch.equal(draw(1), draw(1))
        assert not torch.equal(draw(1), draw(2))
