import itertools
import math
from collections import Counter
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from core.config.schema import Standard
from core.corpus.batches import encode_words, shift_right
from core.corpus.paradigms import Corpus, Paradigm
from core.corpus.vocabulary import PAD, Vocabulary
from core.diagnostics.diagnosis import DIAGNOSTICS, diagnose, sections
from core.diagnostics.edit_distance import edit_distances
from core.diagnostics.generation import (
    MEASURED_MISSES,
    NearMiss,
    entropy,
    generation,
    near_misses,
    sample_aggregate,
)
from core.diagnostics.importance import importance_weighted
from core.diagnostics.likelihood import likelihood
from core.diagnostics.probe import PENALTY, logistic_regression, probe_conditions
from core.diagnostics.rate import aggregate, rate
from core.diagnostics.subject import forms_of
from core.errors import Cancelled
from core.model.cvae import CondVAE, Posterior
from core.model.inference import Inference
from core.model.objective import kl_divergence
from core.runs.checkpoint import load_inference
from core.runs.directory import RunDirectory
from core.scores.gaussian import gaussian_score
from core.scores.rate import active_units, log_aggregate, mutual_information

NewModel = Callable[..., CondVAE]
WALK = ("walk", "walks", "walking", "walked")
TALK = ("talk", "talks", "talking", "talked")
SEE = ("see", "sees", "seeing", "saw")
LETTERS = "abcdefghijklmno"


def normal(rows: int, dimensions: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, dimensions, generator=torch.Generator().manual_seed(seed))


def posterior(mean: list[float], deviation: list[float]) -> Posterior:
    """Of one dimension."""
    return Posterior(torch.tensor(mean)[:, None], 2 * torch.tensor(deviation).log()[:, None])


def density(z: torch.Tensor, mean: float, deviation: float) -> torch.Tensor:
    scaled = ((z - mean) / deviation).square()
    return torch.exp(-0.5 * scaled) / (deviation * math.sqrt(2 * math.pi))


GRID = torch.linspace(-12, 12, 20_001, dtype=torch.float64)


class TestRate:
    def test_posteriors_far_apart_tell_all_of_the_word(self) -> None:
        many = Posterior(100 * torch.arange(2000.0)[:, None], torch.zeros(2000, 1))
        assert mutual_information(many, 0) == pytest.approx(math.log(2000), abs=0.05)

    def test_posteriors_that_are_alike_tell_nothing(self) -> None:
        alike = Posterior(torch.full((3000, 4), 2.0), torch.full((3000, 4), -1.0))
        assert mutual_information(alike, 0) == pytest.approx(0, abs=0.06)
        assert active_units(alike) == 0

    def test_mutual_information_is_that_of_a_sum_over_a_fine_grid(self) -> None:
        means, deviations = [-1.0, 0.3, 2.0], [0.5, 1.0, 0.2]
        each = [density(GRID, *pair) for pair in zip(means, deviations, strict=True)]
        mixture = sum(each) / 3
        terms = [p * (p.clamp_min(1e-300) / mixture).log() for p in each]
        exact = float(torch.trapezoid(sum(terms) / 3, GRID))
        # Many words with these three posteriors: one draw for each is many for the three.
        many = posterior(means * 4000, deviations * 4000)
        assert mutual_information(many, 1) == pytest.approx(exact, abs=0.02)

    def test_kl_is_mutual_information_and_marginal_kl(self) -> None:
        means, deviations = [-1.0, 0.3, 2.0], [0.5, 1.0, 0.2]
        mixture = sum(density(GRID, *pair) for pair in zip(means, deviations, strict=True)) / 3
        prior = density(GRID, 0, 1)
        exact = float(torch.trapezoid(mixture * (mixture / prior).log(), GRID))
        found = rate(posterior(means * 4000, deviations * 4000), 3000, 1)
        assert found.kl == pytest.approx(found.mutual_information + found.marginal_kl)
        assert found.marginal_kl == pytest.approx(exact, abs=0.02)
        assert found.kl == pytest.approx(sum(found.kl_per_dimension))
        assert (found.ln_words, found.ln_paradigms) == (math.log(12_000), math.log(3000))

    def test_kl_of_each_dimension_is_that_between_two_normals(self) -> None:
        words = Posterior(normal(6, 3, 1), normal(6, 3, 2))
        prior = torch.distributions.Normal(0.0, 1.0)
        each = torch.distributions.Normal(words.mean, (0.5 * words.log_variance).exp())
        exact = torch.distributions.kl_divergence(each, prior).mean(dim=0)
        assert rate(words, 2, 0).kl_per_dimension == pytest.approx(exact.tolist(), rel=1e-5)

    def test_the_aggregate_density_is_the_mean_of_the_densities(self) -> None:
        words = Posterior(normal(7, 3, 1), 0.3 * normal(7, 3, 2) - 4)
        z = words.mean[:5] + 0.1
        normals = torch.distributions.Normal(
            words.mean.double(), (0.5 * words.log_variance.double()).exp()
        )
        each = normals.log_prob(z.double()[:, None]).sum(dim=2)
        assert log_aggregate(z, words) == pytest.approx(each.exp().mean(dim=1).log())

    def test_mean_and_variance_of_the_aggregate_are_those_of_its_draws(self) -> None:
        words = Posterior(normal(50, 3, 1) * torch.tensor([0.0, 1.0, 3.0]), normal(50, 3, 2))
        rows = torch.arange(50).repeat(20_000)
        draws = Posterior(words.mean[rows], words.log_variance[rows]).sample(
            normal(len(rows), 3, 3)
        )
        mean, variance = aggregate(words)
        assert mean == pytest.approx(draws.mean(dim=0), abs=0.02)
        assert variance == pytest.approx(draws.var(dim=0), rel=0.02)

    def test_a_unit_is_active_where_its_mean_varies_by_more_than_a_hundredth(self) -> None:
        wave = torch.tensor([1.0, -1.0]).repeat(50)[:, None]
        mean = wave * torch.tensor([0.0, 0.0099, 0.0101, 1.0]).sqrt()
        assert active_units(Posterior(mean + 5, torch.zeros_like(mean))) == 2


class TestLikelihood:
    @pytest.fixture(scope="class")
    def inference(self, new_model: NewModel, vocabulary: Vocabulary) -> Inference:
        return Inference(new_model(Standard(), latent_size=1), vocabulary)

    def log_likelihoods(self, inference: Inference, word: str, condition: int) -> torch.Tensor:
        """log p(word | z, condition) at every z of the grid."""
        forms = encode_words([word], inference.vocabulary).expand(len(GRID), -1)
        conditions = torch.full((len(GRID),), condition)
        with torch.inference_mode():
            logits = inference.model.decode(GRID.float()[:, None], conditions, shift_right(forms))
        shares = F.log_softmax(logits, dim=2).double()
        return shares.gather(2, (forms - 3)[:, :, None])[:, :, 0].sum(dim=1)

    def test_importance_weighted_likelihood_is_the_integral_over_the_prior(
        self, inference: Inference
    ) -> None:
        words, conditions = ["walk", "sees", "cutting"], [0, 1, 2]
        exact = [
            float(
                torch.trapezoid(
                    self.log_likelihoods(inference, word, c).exp() * density(GRID, 0, 1), GRID
                ).log()
            )
            for word, c in zip(words, conditions, strict=True)
        ]
        found = importance_weighted(inference, words, conditions, 5000, 0)
        assert found.log_likelihood == pytest.approx(sum(exact) / 3, abs=0.05)
        assert (found.words, found.draws) == (3, 5000)
        spread = torch.tensor(exact).std(correction=0).item()
        assert found.half_width == pytest.approx(1.96 * spread / math.sqrt(3), abs=0.1)

    def test_one_latent_a_word_bounds_it_from_below(self, inference: Inference) -> None:
        words, conditions = forms_of([Paradigm(WALK), Paradigm(SEE)] * 50)
        one, many = (importance_weighted(inference, words, conditions, k, 0) for k in (1, 300))
        assert one.log_likelihood < many.log_likelihood

    def test_the_elbo_is_the_integral_over_the_posterior(self, inference: Inference) -> None:
        (word,) = found = inference.posterior(["walk"], [0]).mean.flatten().tolist()
        assert len(found) == 1
        q = inference.posterior(["walk"], [0])
        deviation = float((0.5 * q.log_variance).exp())
        weight = density(GRID, word, deviation)
        exact_ce = -float(
            torch.trapezoid(weight * self.log_likelihoods(inference, "walk", 0), GRID)
        )
        paradigms = [Paradigm(("walk",))] * 3000
        repeated = Posterior(q.mean.expand(3000, 1), q.log_variance.expand(3000, 1))
        result = likelihood(inference, paradigms, repeated, 0)
        assert result.ce == pytest.approx(exact_ce, rel=0.02)
        assert result.kl == pytest.approx(float(kl_divergence(q).sum()))
        assert result.elbo == pytest.approx(-(result.ce + result.kl))

    def test_the_parts_of_ce_are_what_a_loop_over_characters_sums(
        self, inference: Inference
    ) -> None:
        paradigms = [Paradigm(WALK), Paradigm(SEE)]
        words, conditions = forms_of(paradigms)
        # Posteriors so narrow that the draw is the mean.
        mean = inference.posterior(words, conditions).mean
        narrow = Posterior(mean, torch.full_like(mean, -30.0))
        found = likelihood(inference, paradigms, narrow, 0)
        stems, endings, positions = [], [], Counter[int]()
        seen: Counter[int] = Counter()
        for index, (word, condition) in enumerate(zip(words, conditions, strict=True)):
            forms = encode_words([word], inference.vocabulary)
            with torch.inference_mode():
                logits = inference.model.decode(
                    mean[index : index + 1], torch.tensor([condition]), shift_right(forms)
                )[0]
            each = [
                float(-F.log_softmax(logits[i], dim=0)[character - 3])
                for i, character in enumerate(forms[0].tolist())
            ]
            assert len(each) == len(word) + 1
            common = 4 if word.startswith("walk") else 1
            stems.append(sum(each[:common]))
            endings.append(sum(each[common:]))
            for position, ce in enumerate(each):
                positions[position] += ce
                seen[position] += 1
        assert found.ce_stem == pytest.approx(sum(stems) / 8, rel=1e-4)
        assert found.ce_ending == pytest.approx(sum(endings) / 8, rel=1e-4)
        assert found.ce == pytest.approx(found.ce_stem + found.ce_ending, rel=1e-5)
        assert found.ce_per_character == pytest.approx(found.ce * 8 / sum(seen.values()), rel=1e-5)
        assert found.ce_by_position == pytest.approx(
            [positions[i] / seen[i] for i in range(len(seen))], rel=1e-4
        )

    def test_character_cross_entropy_is_nothing_after_the_end(self, inference: Inference) -> None:
        forms = encode_words(["cut", "walking"], inference.vocabulary)
        ce = inference.character_cross_entropy(normal(2, 1), forms, torch.tensor([0, 2]))
        assert (ce[forms == PAD] == 0).all() and (ce[forms != PAD] > 0).all()


class TestProbe:
    def test_reads_a_condition_that_is_there(self) -> None:
        mean = normal(400, 3) * 0.1
        mean[:, 1] += torch.arange(4).repeat(100) * 2.0
        found = probe_conditions(mean, 4, 0)
        assert found.accuracy > 0.95 and found.chance == 0.25 and found.words == 80

    def test_reads_nothing_where_nothing_is(self) -> None:
        found = probe_conditions(normal(4000, 8), 4, 0)
        assert found.ci95[0] < 0.25 < found.ci95[1]

    def test_is_not_fitted_to_the_words_on_which_it_is_judged(self) -> None:
        """With more dimensions than words, whatever it was fitted to it would name rightly."""
        assert probe_conditions(normal(200, 300), 4, 0).accuracy < 0.6

    def test_the_fitted_weight_has_the_least_loss(self) -> None:
        features, labels = normal(60, 3).double(), torch.arange(60) % 3
        weight = logistic_regression(features, labels, 3)

        def loss(at: torch.Tensor) -> float:
            penalty = 0.5 * PENALTY * at.square().sum()
            return float(F.cross_entropy(features @ at.T, labels) + penalty)

        for seed in range(20):
            assert loss(weight + 1e-3 * normal(3, 3, seed).double()) > loss(weight)

    def test_the_fit_of_a_constant_gives_the_shares_of_the_classes(self) -> None:
        labels = torch.tensor([0] * 700 + [1] * 300)
        weight = logistic_regression(torch.ones(1000, 1, dtype=torch.float64), labels, 2)
        assert torch.softmax(weight[:, 0], dim=0).tolist() == pytest.approx([0.7, 0.3], abs=1e-3)


def levenshtein(one: str, other: str) -> int:
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return levenshtein(one[1:], other[1:])
    shorter = (one[1:], other), (one, other[1:]), (one[1:], other[1:])
    return 1 + min(levenshtein(*pair) for pair in shorter)


SHORT = st.lists(st.text("abé", min_size=0, max_size=5), min_size=1, max_size=4)


@given(SHORT, SHORT)
def test_edit_distances_are_those_of_the_definition(ours: list[str], theirs: list[str]) -> None:
    assert edit_distances(ours, theirs).tolist() == [
        [levenshtein(one, other) for other in theirs] for one in ours
    ]


class TestGeneration:
    def test_draws_are_hits_novel_or_misses(self) -> None:
        odd = ("walk", "walks", "walking", "walkd")
        samples = [WALK] * 5 + [TALK] * 3 + [SEE] * 2 + [odd] * 2 + [("x", "y", "z", "w")]
        found = generation(samples, [WALK, TALK, TALK], [SEE, WALK])
        assert found.gaussian == gaussian_score(samples, [WALK, TALK, TALK])
        assert (found.novel, found.distinct_novel, found.some_novel) == (2 / 13, 1, (SEE,))
        assert found.measured_misses == 2
        assert [(miss.forms, miss.nearest, miss.distance) for miss in found.near_misses] == [
            (odd, WALK, 1)
        ]
        assert sum(found.misses_by_distance.values()) == 2
        assert found.entropy == pytest.approx(-(5 / 8 * math.log(5 / 8) + 3 / 8 * math.log(3 / 8)))
        assert found.effective_paradigms == pytest.approx(8 / (5**5 * 3**3) ** (1 / 8))
        assert found.ln_paradigms == math.log(2)

    def test_nothing_but_hits_has_no_misses(self) -> None:
        found = generation([WALK] * 4, [WALK], [])
        assert (found.entropy, found.novel, found.near_misses) == (0, 0, ())

    def test_nothing_but_misses_has_no_entropy(self) -> None:
        assert generation([SEE] * 4, [WALK], []).entropy == 0

    def test_entropy_of_equal_counts_is_ln_of_their_number(self) -> None:
        assert entropy(Counter({WALK: 7, TALK: 7, SEE: 7})) == pytest.approx(math.log(3))

    def test_the_nearest_paradigm_is_the_one_a_loop_finds(self) -> None:
        known = [WALK, TALK, SEE]
        misses = [("walk", "talks", "walking", "walked"), ("se", "ses", "seing", "sew")]
        for miss in near_misses(misses, known):
            each = {
                one: sum(levenshtein(*pair) for pair in zip(miss.forms, one, strict=True))
                for one in known
            }
            assert miss.distance == min(each.values()) == each[miss.nearest]

    def test_the_most_frequent_misses_are_measured(self) -> None:
        rare = [(f"{letter}{other}walk", *WALK[1:]) for letter in LETTERS for other in LETTERS]
        often = ("walkx", *WALK[1:])
        found = generation([*rare, often, often], [WALK], [])
        assert len(rare) > MEASURED_MISSES == found.measured_misses
        assert found.near_misses[0] == NearMiss(often, WALK, 1)
        assert found.misses_by_distance == {1: 1, 2: MEASURED_MISSES - 1}

    def test_the_aggregate_is_drawn_from_in_equal_shares_of_the_words(
        self, trained: RunDirectory
    ) -> None:
        """Its score is the mean over the words of how often their own posteriors hit."""
        inference = load_inference(trained)
        words = ["walk", "see", "cut", "give"]
        q = inference.posterior(words, [0] * 4)
        draws = 2000
        hits = [
            gaussian_score(sample_aggregate(inference, one, draws, 1), [WALK, SEE]).score
            for one in (Posterior(q.mean[i : i + 1], q.log_variance[i : i + 1]) for i in range(4))
        ]
        found = gaussian_score(sample_aggregate(inference, q, draws, 0), [WALK, SEE])
        assert 0.1 < found.score < 0.9
        assert found.score == pytest.approx(sum(hits) / 4, abs=4 * math.sqrt(0.25 / draws))

    def test_draws_from_narrow_posteriors_are_what_the_words_decode_to(
        self, trained: RunDirectory
    ) -> None:
        inference = load_inference(trained)
        q = inference.posterior(["walk", "see"], [0, 0])
        narrow = Posterior(q.mean, torch.full_like(q.mean, -30.0))
        drawn = sample_aggregate(inference, narrow, 40, 0)
        assert set(drawn) == set(inference.paradigms(q.mean))
        assert sample_aggregate(inference, narrow, 40, 0) == drawn


class TestDiagnosis:
    def test_is_the_same_twice_and_knows_seen_from_unseen(
        self, trained: RunDirectory, corpus: Corpus
    ) -> None:
        inference = load_inference(trained)
        one, other = (diagnose(inference, corpus, draws=60, importance_draws=10) for _ in range(2))
        assert one == other
        assert (one["paradigms"], one["unseen_paradigms"]) == (8, 3)
        assert one["likelihood"].words == 32 and one["unseen"] is not None
        assert one["likelihood"].kl == pytest.approx(one["rate"].kl, rel=1e-4)
        assert one["aggregate"].gaussian.score >= one["prior"].gaussian.score
        assert one["prior"].gaussian == gaussian_score(
            inference.sample(60, 0), [p.forms for p in corpus.split("train")]
        )

    def test_is_described_in_sections(self, trained: RunDirectory, corpus: Corpus) -> None:
        found = diagnose(load_inference(trained), corpus, draws=10, importance_draws=5)
        assert list(found)[2:] == [one.key for one in DIAGNOSTICS]
        described = sections(found)
        assert list(described) == [
            "Corpus",
            "Likelihood, in nats per word",
            "Rate, in nats per word",
            "Latent",
            "Conversions",
            "Generation",
        ]
        for diagnostic in DIAGNOSTICS:
            for section, name, value in diagnostic.rows(found[diagnostic.key]):
                assert name and value and (name, value) in described[section]
        without = sections({**found, "importance_weighted": None})
        assert len(without["Likelihood, in nats per word"]) == 6

    def test_of_a_corpus_without_unseen_verbs_leaves_them_out(
        self, trained: RunDirectory, corpus: Corpus
    ) -> None:
        seen = Corpus("seen", corpus.conditions, corpus.split("train"))
        found = diagnose(load_inference(trained), seen, draws=10, importance_draws=0)
        assert found["unseen"] is found["unseen_likelihood"] is found["importance_weighted"] is None

    def test_can_be_cancelled_at_every_stage(self, trained: RunDirectory, corpus: Corpus) -> None:
        whole = load_inference(trained)
        answers = itertools.count()
        counted = Inference(whole.model, whole.vocabulary, cancelled=lambda: next(answers) < 0)
        diagnose(counted, corpus, draws=10, importance_draws=10)
        for until in range(0, next(answers), 3):
            asked = itertools.count()
            inference = Inference(
                whole.model,
                whole.vocabulary,
                cancelled=lambda asked=asked, until=until: next(asked) >= until,
            )
            with pytest.raises(Cancelled):
                diagnose(inference, corpus, draws=10, importance_draws=10)
