import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as kl_of_distributions

from core.corpus.vocabulary import EOS, FIRST_OUTPUT, PAD
from core.model.cvae import Posterior
from core.model.objective import cross_entropy, kl_divergence, objective


def test_ce_is_the_sum_of_minus_log_p_over_characters_and_end() -> None:
    logits = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(1))
    target = torch.tensor([[4, 5, EOS, PAD, PAD], [9, 8, 7, 6, EOS], [EOS, PAD, PAD, PAD, PAD]])
    by_hand = []
    for row in range(3):
        nats = 0.0
        for position in range(5):
            if target[row, position] != PAD:
                p = torch.softmax(logits[row, position].double(), dim=0)
                nats -= float(torch.log(p[target[row, position] - FIRST_OUTPUT]))
        by_hand.append(nats)
    assert cross_entropy(logits, target).tolist() == pytest.approx(by_hand, rel=1e-5)


def test_ce_is_computed_in_float32_whatever_the_logits_are() -> None:
    logits, target = torch.randn(2, 3, 7).bfloat16(), torch.tensor([[4, 5, EOS]] * 2)
    ce = cross_entropy(logits, target)
    assert ce.dtype == torch.float32
    assert torch.equal(ce, cross_entropy(logits.float(), target))


def test_kl_is_that_of_the_distributions() -> None:
    posterior = Posterior(torch.randn(6, 4) * 3, torch.randn(6, 4) * 2)
    q = Normal(posterior.mean, torch.exp(0.5 * posterior.log_variance))
    p = Normal(torch.zeros(6, 4), torch.ones(6, 4))
    torch.testing.assert_close(
        kl_divergence(posterior), kl_of_distributions(q, p), rtol=1e-5, atol=1e-5
    )


def test_kl_is_zero_at_the_prior() -> None:
    assert torch.equal(
        kl_divergence(Posterior(torch.zeros(2, 3), torch.zeros(2, 3))), torch.zeros(2, 3)
    )


def test_the_objective_is_the_mean_of_ce_plus_beta_kl() -> None:
    ce, kl, lengths = torch.tensor([4.0, 9.0]), torch.tensor([1.0, 2.0]), torch.tensor([2, 3])
    assert float(objective(ce, kl, lengths, 0.5, "word")) == pytest.approx((4.5 + 10) / 2)
    assert float(objective(ce, kl, lengths, 0.5, "character")) == pytest.approx((2.5 + 4) / 2)


def test_character_reduction_is_the_mean_of_torch_for_a_word_alone() -> None:
    logits, target = torch.randn(1, 4, 7), torch.tensor([[4, 5, 6, EOS]])
    ce = cross_entropy(logits, target)
    mean = torch.nn.functional.cross_entropy(logits[0], target[0] - FIRST_OUTPUT)
    assert torch.isclose(objective(ce, torch.zeros(1), torch.tensor([4]), 1.0, "character"), mean)


def test_the_sampled_latent_has_mean_and_variance_of_the_posterior() -> None:
    posterior = Posterior(torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, 2.0]]))
    assert torch.equal(posterior.sample(torch.zeros(1, 2)), posterior.mean)
    moved = posterior.sample(torch.ones(1, 2)) - posterior.mean
    torch.testing.assert_close(moved.square(), posterior.log_variance.exp())
