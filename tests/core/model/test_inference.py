from collections.abc import Callable
from itertools import chain, repeat

import pytest
import torch

from core.corpus.batches import encode_words, shift_right
from core.corpus.paradigms import Corpus, conversion_pairs
from core.corpus.vocabulary import EOS, FIRST_OUTPUT, SOS, Vocabulary
from core.errors import Cancelled, InputError
from core.model.cvae import CondVAE
from core.model.inference import Inference
from core.model.objective import cross_entropy, kl_divergence
from core.runs.checkpoint import load_inference
from core.runs.directory import RunDirectory

NewModel = Callable[..., CondVAE]
WORDS = ["walk", "cut", "calling", "sees", "w", "jumped"]


@pytest.fixture
def inference(new_model: NewModel, vocabulary: Vocabulary) -> Inference:
    model = new_model()
    with torch.no_grad():
        # Random weights seldom say that a word has ended.
        model.decoder.output.bias[EOS - FIRST_OUTPUT] += 2
    return Inference(model, vocabulary)


def slowly(inference: Inference, z: torch.Tensor, condition: int, limit: int) -> str:
    """Greedy decoding of one latent, the whole prefix anew at each character."""
    prefix = [SOS]
    while len(prefix) <= limit:
        logits = inference.model.decode(z[None], torch.tensor([condition]), torch.tensor([prefix]))
        character = int(logits[0, -1].argmax()) + FIRST_OUTPUT
        if character == EOS:
            break
        prefix.append(character)
    return inference.vocabulary.decode(prefix[1:])


def test_converting_equals_a_slow_reference_one_word_at_a_time(
    trained: RunDirectory, corpus: Corpus
) -> None:
    inference = load_inference(trained, "last")
    pairs = conversion_pairs(corpus.paradigms)
    words, sources = [p.source for p in pairs], [p.source_condition for p in pairs]
    targets = [p.target_condition for p in pairs]
    limit, expected = inference.vocabulary.decoding_limit(words), []
    for word, source, target in zip(words, sources, targets, strict=True):
        ids = encode_words([word], inference.vocabulary)
        mean = inference.model.encode(ids, torch.tensor([source])).mean[0]
        expected.append(slowly(inference, mean, target, limit))
    assert inference.convert(words, sources, targets) == expected
    assert len({len(word) for word in expected}) > 2, "words end at different places"


def test_words_that_have_ended_leave_the_others_alone(inference: Inference) -> None:
    z, conditions = inference.prior(50, seed=1), torch.arange(50) % 4
    expected = [
        slowly(inference, row, int(condition), inference.vocabulary.decoding_limit())
        for row, condition in zip(z, conditions, strict=True)
    ]
    assert inference.decode(z, conditions) == expected
    assert len({len(word) for word in expected}) > 2, "words end at different places"


def test_many_words_are_decoded_in_portions(
    inference: Inference, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = inference.sample(11, seed=2)
    monkeypatch.setattr("core.model.inference.ROWS_AT_ONCE", 3)
    assert inference.sample(11, seed=2) == at_once


def test_decoding_ends_at_its_limit(inference: Inference) -> None:
    z = inference.prior(200, seed=1)
    words = inference.decode(z, torch.zeros(200, dtype=torch.long), limit=2)
    assert max(map(len, words)) == 2


def test_a_paradigm_has_a_form_for_each_condition_in_their_order(inference: Inference) -> None:
    z = inference.prior(5, seed=3)
    columns = [inference.decode(z, torch.full((5,), condition)) for condition in range(4)]
    assert inference.paradigms(z) == list(zip(*columns, strict=True))


def test_inflecting_is_converting_to_every_condition(trained: RunDirectory) -> None:
    inference = load_inference(trained, "last")
    words, sources = ["walk", "cut", "calling", "sees"], [0, 3, 2, 1]
    converted = inference.convert(
        [word for word in words for _ in range(4)],
        [source for source in sources for _ in range(4)],
        [0, 1, 2, 3] * 4,
    )
    rows = inference.inflect(words, sources)
    assert [form.word for forms in rows for form in forms] == converted


def test_a_form_tells_how_probable_each_of_its_characters_was(inference: Inference) -> None:
    z = inference.posterior(["walk"], [0]).mean
    (forms,) = inference.inflect(["walk"], [0])
    limit = inference.vocabulary.decoding_limit()
    for condition, form in enumerate(forms):
        ids, prefix, expected = inference.vocabulary.encode(form.word)[:limit], [SOS], []
        for character in ids:
            logits = inference.model.decode(z, torch.tensor([condition]), torch.tensor([prefix]))
            chances = torch.softmax(logits[0, -1], dim=0)
            expected.append(float(chances[character - FIRST_OUTPUT].detach()))
            prefix.append(character)
        assert form.probabilities == pytest.approx(expected, abs=1e-5)
        least = min(range(len(expected)), key=expected.__getitem__)
        assert form.least_sure == ([*form.word, ""][least], form.probabilities[least])


def test_a_form_that_was_cut_off_has_no_end_to_be_sure_of(
    new_model: NewModel, vocabulary: Vocabulary
) -> None:
    model = new_model()
    with torch.no_grad():
        model.decoder.output.bias[EOS - FIRST_OUTPUT] = -1e9
    (forms,) = Inference(model, vocabulary).inflect(["walk"], [0])
    limit = vocabulary.decoding_limit()
    assert [len(form.word) for form in forms] == [limit] * 4
    assert [len(form.probabilities) for form in forms] == [limit] * 4


def test_words_are_inflected_and_judged_in_portions(
    inference: Inference, monkeypatch: pytest.MonkeyPatch
) -> None:
    inflected = inference.inflect(WORDS, [0] * 6)
    likeliest = inference.likeliest_conditions(WORDS)
    monkeypatch.setattr("core.model.inference.ROWS_AT_ONCE", 8)
    again = inference.inflect(WORDS, [0] * 6)
    assert [[form.word for form in row] for row in again] == [
        [form.word for form in row] for row in inflected
    ]
    assert inference.likeliest_conditions(WORDS) == likeliest


def test_a_watched_model_tells_its_rows_and_can_be_cancelled_apart(
    inference: Inference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.model.inference.ROWS_AT_ONCE", 16)
    told: list[int] = []
    watched = inference.watched(decoded=told.append)
    assert watched.sample(10, seed=1) == inference.sample(10, seed=1)
    assert sorted(told) == [8, 16, 16]
    with pytest.raises(Cancelled):
        inference.watched(cancelled=lambda: True).sample(10, seed=1)
    assert inference.sample(1, seed=1)


def test_draws_depend_on_their_seed_alone(inference: Inference) -> None:
    assert inference.sample(20, seed=1) == inference.sample(20, seed=1)
    assert inference.sample(20, seed=1) != inference.sample(20, seed=2)
    torch.manual_seed(0)
    first = inference.prior(4, seed=1)
    torch.rand(3)
    assert torch.equal(inference.prior(4, seed=1), first)


def test_draws_are_standard_normal(inference: Inference) -> None:
    z = inference.prior(10_000, seed=1)
    assert z.shape == (10_000, 4)
    assert z.mean(dim=0).abs().max() < 0.05
    assert (z.std(dim=0) - 1).abs().max() < 0.05


def test_no_words_convert_to_none(inference: Inference) -> None:
    assert inference.convert([], [], []) == []


@pytest.mark.parametrize("word", ["", "Walk", "w" * 65])
def test_a_word_that_cannot_be_spelled_is_refused(inference: Inference, word: str) -> None:
    with pytest.raises(InputError):
        inference.convert(["walk", word], [0, 0], [1, 1])


def test_a_word_longer_than_any_known_is_converted(inference: Inference) -> None:
    (form,) = inference.convert(["walking" * 9], [2], [0])
    assert len(form) <= inference.vocabulary.decoding_limit(["walking" * 9])


def test_decoding_is_given_up_when_cancelled(
    new_model: NewModel, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.model.inference.ROWS_AT_ONCE", 8)
    asked = chain([False, False], repeat(True))
    inference = Inference(new_model(), vocabulary, cancelled=lambda: next(asked))
    with pytest.raises(Cancelled):
        inference.sample(10, seed=1)


def test_bfloat16_decodes_too(new_model: NewModel, vocabulary: Vocabulary) -> None:
    forms = Inference(new_model(), vocabulary, bfloat16=True).convert(WORDS, [0] * 6, [1] * 6)
    assert len(forms) == 6


def test_inference_leaves_no_gradients_behind(inference: Inference) -> None:
    assert not inference.posterior(["walk"], [0]).mean.requires_grad
    inference.convert(["walk"], [0], [1])
    assert all(parameter.grad is None for parameter in inference.model.parameters())


def test_the_likeliest_condition_has_the_highest_elbo(trained: RunDirectory) -> None:
    inference = load_inference(trained, "last")
    words = ["walk", "talking", "played", "sees"]
    found = inference.likeliest_conditions(words)
    for word, likeliest in zip(words, found, strict=True):
        elbos = []
        for condition in range(4):
            posterior = inference.posterior([word], [condition])
            forms = encode_words([word], inference.vocabulary)
            logits = inference.model.decode(
                posterior.mean, torch.tensor([condition]), shift_right(forms)
            )
            ce = cross_entropy(logits, forms)[0]
            elbos.append((-ce - kl_divergence(posterior).sum()).item())
        assert likeliest == max(range(4), key=elbos.__getitem__)
