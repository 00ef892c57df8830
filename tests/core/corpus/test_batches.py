from collections import Counter

import pytest
import torch

from core.corpus.batches import Batch, Batches, encode_words, shift_right
from core.corpus.paradigms import Corpus
from core.corpus.vocabulary import EOS, PAD, SOS, Vocabulary
from core.errors import InputError

CPU = torch.device("cpu")


def batches(corpus: Corpus, vocabulary: Vocabulary, **changes: object) -> Batches:
    settings = {"task": "convert", "batch_size": 5, "seed": 3, "device": CPU} | changes
    return Batches(corpus.split("train"), vocabulary, **settings)


def epoch(made: Batches, number: int) -> list[Batch]:
    return [made.batch(number * made.steps + step) for step in range(made.steps)]


def words(vocabulary: Vocabulary, ids: torch.Tensor) -> list[str]:
    return [vocabulary.decode(row) for row in ids.tolist()]


def same(one: Batch, other: Batch) -> bool:
    return all(
        torch.equal(getattr(one, name), getattr(other, name)) for name in Batch.__dataclass_fields__
    )


def test_words_are_ended_and_padded_to_the_longest(vocabulary: Vocabulary) -> None:
    ids = encode_words(["cut", "cutting"], vocabulary)
    assert ids.shape == (2, 8)
    assert ids[0].tolist() == [*vocabulary.encode("cut"), PAD, PAD, PAD, PAD]


def test_a_word_that_cannot_be_spelled_is_refused(vocabulary: Vocabulary) -> None:
    with pytest.raises(InputError, match="'Cut' has 'C'"):
        encode_words(["cut", "Cut"], vocabulary)


def test_the_decoder_is_fed_what_it_should_have_said_before(vocabulary: Vocabulary) -> None:
    target = encode_words(["see", "cut"], vocabulary)
    assert shift_right(target)[:, 0].tolist() == [SOS, SOS]
    assert torch.equal(shift_right(target)[:, 1:], target[:, :-1])


@pytest.mark.parametrize("batch_size", [1, 5, 36, 100])
def test_an_epoch_has_every_form_once(
    corpus: Corpus, vocabulary: Vocabulary, batch_size: int
) -> None:
    made = batches(corpus, vocabulary, batch_size=batch_size)
    expected = Counter(
        (form, condition) for p in corpus.split("train") for condition, form in enumerate(p.forms)
    )
    for number in range(2):
        met = Counter(
            pair
            for batch in epoch(made, number)
            for pair in zip(
                words(vocabulary, batch.source), batch.source_conditions.tolist(), strict=True
            )
        )
        assert met == expected
    assert made.words == expected.total() == 36
    assert made.steps == -(-36 // batch_size)


def test_reconstruction_targets_the_word_itself(corpus: Corpus, vocabulary: Vocabulary) -> None:
    for batch in epoch(batches(corpus, vocabulary, task="reconstruct"), 0):
        assert torch.equal(batch.source, batch.target)
        assert torch.equal(batch.source_conditions, batch.target_conditions)


def test_conversion_targets_a_form_of_the_same_paradigm(
    corpus: Corpus, vocabulary: Vocabulary
) -> None:
    paradigms = {paradigm.forms for paradigm in corpus.split("train")}
    drawn = Counter()
    for number in range(20):
        for batch in epoch(batches(corpus, vocabulary), number):
            for source, source_condition, target, target_condition in zip(
                words(vocabulary, batch.source),
                batch.source_conditions.tolist(),
                words(vocabulary, batch.target),
                batch.target_conditions.tolist(),
                strict=True,
            ):
                assert any(
                    forms[source_condition] == source and forms[target_condition] == target
                    for forms in paradigms
                )
                drawn[source_condition, target_condition] += 1
    # 45 of each of the 16 are expected; five standard deviations are 32.
    assert len(drawn) == 16
    assert min(drawn.values()) > 12 and max(drawn.values()) < 78


def test_a_batch_is_cut_to_its_longest_word(corpus: Corpus, vocabulary: Vocabulary) -> None:
    for batch in epoch(batches(corpus, vocabulary), 0):
        for ids in (batch.source, batch.target):
            assert (ids != PAD).any(dim=0).all()
            assert ((ids == EOS).sum(dim=1) == 1).all()


def test_a_batch_depends_on_seed_and_step_alone(corpus: Corpus, vocabulary: Vocabulary) -> None:
    forwards, backwards = batches(corpus, vocabulary), batches(corpus, vocabulary)
    there = [forwards.batch(step) for step in range(30)]
    back = [backwards.batch(step) for step in reversed(range(30))]
    assert all(same(*pair) for pair in zip(there, reversed(back), strict=True))
    other = batches(corpus, vocabulary, seed=4)
    assert not all(same(there[step], other.batch(step)) for step in range(8))


def test_each_epoch_has_its_own_order(corpus: Corpus, vocabulary: Vocabulary) -> None:
    made = batches(corpus, vocabulary)
    orders = [[w for b in epoch(made, n) for w in words(vocabulary, b.source)] for n in (0, 1)]
    assert orders[0] != orders[1]
