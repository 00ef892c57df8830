import msgspec
import pytest

from core.config.schema import EvaluationConfig
from core.corpus.paradigms import Corpus, Pair, Paradigm, conversion_pairs
from core.errors import InputError
from core.model.cvae import Posterior
from core.model.inference import Inference
from core.model.objective import kl_divergence
from core.runs.checkpoint import load_inference
from core.runs.directory import RunDirectory
from core.scores.bleu import mean_bleu4
from core.scores.conversion import convert_pairs
from core.scores.evaluation import SEED, SHOWN, Evaluation, joint_score, sample_pairs
from core.scores.gaussian import gaussian_score
from core.scores.rate import active_units, mutual_information

CONFIG = EvaluationConfig(gaussian_draws=30, selection_pairs=20)
REPORTED = (Pair("walk", "walked", 0, 3), Pair("see", "sees", 0, 1))


@pytest.fixture(scope="module")
def inference(trained: RunDirectory) -> Inference:
    return load_inference(trained, "best")


def test_selection_pairs_are_a_fixed_sample_of_training_conversions(corpus: Corpus) -> None:
    pairs = sample_pairs(corpus, CONFIG)
    assert len(pairs) == 20
    assert set(pairs) <= set(conversion_pairs(corpus.split("train")))
    assert pairs == sample_pairs(corpus, CONFIG)
    fewer = msgspec.structs.replace(CONFIG, selection_pairs=7)
    assert sample_pairs(corpus, fewer) == pairs[:7]


def test_selection_pairs_are_at_most_all_there_are(corpus: Corpus) -> None:
    config = EvaluationConfig(select_on="valid", selection_pairs=1000)
    assert sorted(sample_pairs(corpus, config), key=str) == sorted(
        conversion_pairs(corpus.split("valid")), key=str
    )


def test_selection_pairs_of_a_split_that_is_empty_are_refused() -> None:
    corpus = Corpus("some", ("a", "b"), (Paradigm(("x", "y")),))
    with pytest.raises(InputError, match="select_on is valid, but the corpus some has no such"):
        sample_pairs(corpus, EvaluationConfig(select_on="valid"))


def test_a_reported_pair_is_never_selected_on(corpus: Corpus) -> None:
    config = EvaluationConfig(selection_pairs=1000)
    selected = Evaluation(config, corpus, REPORTED).selection_pairs
    assert not set(REPORTED) & set(selected)
    assert set(REPORTED) | set(selected) == set(conversion_pairs(corpus.split("train")))


def test_pairs_that_leave_nothing_to_select_on_are_refused(corpus: Corpus) -> None:
    pairs = conversion_pairs(corpus.split("train"))
    with pytest.raises(InputError, match="reports every conversion of the split train"):
        Evaluation(CONFIG, corpus, pairs)


def test_the_scores_are_those_of_the_model(inference: Inference, corpus: Corpus) -> None:
    evaluation = Evaluation(CONFIG, corpus, REPORTED)
    scores = evaluation.scores(inference)
    selected = evaluation.selection_pairs
    predictions = convert_pairs(inference, selected)
    assert scores.selection_bleu4 == mean_bleu4([p.target for p in selected], predictions)
    reported = convert_pairs(inference, REPORTED)
    assert scores.bleu4 == mean_bleu4([p.target for p in REPORTED], reported)
    rows = [paradigm.forms for paradigm in corpus.split("train")]
    samples = inference.sample(30, SEED)
    assert scores.gaussian == gaussian_score(samples, rows)
    assert [draw.forms for draw in scores.samples] == samples[:SHOWN]
    assert scores.commonest
    assert scores.commonest.times == max(samples.count(forms) for forms in samples)
    assert scores.commonest.times == samples.count(scores.commonest.forms)
    assert [draw.hit for draw in scores.samples] == [forms in rows for forms in samples[:SHOWN]]
    posterior = inference.posterior(
        [p.source for p in selected], [p.source_condition for p in selected]
    )
    kl = kl_divergence(Posterior(posterior.mean, posterior.log_variance)).mean(dim=0)
    assert scores.kl_per_dimension == pytest.approx(kl.tolist())
    assert scores.active_units == active_units(posterior)
    assert scores.mutual_information == mutual_information(posterior, SEED)


def test_reported_pairs_are_shown_where_there_are_any(inference: Inference, corpus: Corpus) -> None:
    shown = Evaluation(CONFIG, corpus, REPORTED).scores(inference).conversions
    assert [(c.source, c.target) for c in shown] == [("walk", "walked"), ("see", "sees")]
    assert [c.prediction for c in shown] == convert_pairs(inference, REPORTED)
    assert (shown[0].source_condition, shown[0].target_condition) == (
        "simple-present",
        "simple-past",
    )


def test_else_some_selection_pairs_are_shown_and_nothing_reported(
    inference: Inference, corpus: Corpus
) -> None:
    evaluation = Evaluation(CONFIG, corpus, ())
    scores = evaluation.scores(inference)
    assert scores.bleu4 is None
    assert [c.source for c in scores.conversions] == [
        pair.source for pair in evaluation.selection_pairs[:SHOWN]
    ]


@pytest.mark.parametrize(
    ("bleu4", "gaussian", "joint"), [(1, 0.5, 2 / 3), (0.8, 0.8, 0.8), (1, 0, 0), (0, 0, 0)]
)
def test_the_joint_score_is_the_harmonic_mean(
    inference: Inference, corpus: Corpus, bleu4: float, gaussian: float, joint: float
) -> None:
    scores = Evaluation(CONFIG, corpus, ()).scores(inference)
    given = msgspec.structs.replace(
        scores,
        selection_bleu4=bleu4,
        gaussian=msgspec.structs.replace(scores.gaussian, score=gaussian),
    )
    assert joint_score(given) == pytest.approx(joint)
