from collections.abc import Sequence

import pytest

from core.corpus.paradigms import Corpus, Paradigm
from core.corpus.vocabulary import Vocabulary
from core.model.inference import Inference
from core.runs.checkpoint import load_inference
from core.runs.directory import RunDirectory
from core.scores.conversion import conversion_accuracy, convert_pairs


@pytest.fixture(scope="module")
def inference(trained: RunDirectory) -> Inference:
    return load_inference(trained, "last")


class Rigged(Inference):
    """Knows two paradigms by heart, and says of the second's simple past something wrong."""

    KNOWN = {
        "walk": ("walk", "walks", "walking", "walked"),
        "see": ("see", "sees", "seeing", "seed"),
    }

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def convert(
        self, words: Sequence[str], sources: Sequence[int], targets: Sequence[int]
    ) -> list[str]:
        return [
            self.KNOWN["walk" if word.startswith("walk") else "see"][target]
            for word, target in zip(words, targets, strict=True)
        ]


def test_accuracy_is_what_a_loop_over_words_and_tenses_counts(
    inference: Inference, corpus: Corpus
) -> None:
    right: dict[tuple[int, int, int], bool] = {}
    for row, paradigm in enumerate(corpus.paradigms):
        for i, source in enumerate(paradigm.forms):
            for j, target in enumerate(paradigm.forms):
                if i != j:
                    right[row, i, j] = inference.convert([source], [i], [j]) == [target]

    def share(kept: Sequence[bool]) -> float:
        return sum(kept) / len(kept)

    accuracy = conversion_accuracy(inference, corpus.paradigms)
    assert accuracy.directions == share(list(right.values()))
    assert 0 < accuracy.directions < 1, "the model is neither blank nor perfect"
    assert accuracy.paradigms == share(
        [
            all(ok for (r, _, _), ok in right.items() if r == row)
            for row in range(len(corpus.paradigms))
        ]
    )
    names = corpus.conditions
    assert accuracy.by_direction == {
        f"{names[i]}>{names[j]}": share([ok for (_, a, b), ok in right.items() if (a, b) == (i, j)])
        for i in range(4)
        for j in range(4)
        if i != j
    }
    lengths = {len(form) for paradigm in corpus.paradigms for form in paradigm.forms}
    assert accuracy.by_length == {
        length: share(
            [ok for (r, _, b), ok in right.items() if len(corpus.paradigms[r].forms[b]) == length]
        )
        for length in sorted(lengths)
    }
    for irregular, found in ((True, accuracy.irregular), (False, accuracy.regular)):
        assert found == share(
            [ok for (r, _, _), ok in right.items() if corpus.paradigms[r].irregular is irregular]
        )


def test_regular_and_irregular_verbs_are_judged_apart(vocabulary: Vocabulary) -> None:
    accuracy = conversion_accuracy(
        Rigged(vocabulary),
        [
            Paradigm(("walk", "walks", "walking", "walked"), irregular=False),
            Paradigm(("see", "sees", "seeing", "saw"), irregular=True),
        ],
    )
    assert (accuracy.regular, accuracy.irregular) == (1.0, 0.75)
    assert (accuracy.directions, accuracy.paradigms) == (21 / 24, 0.5)
    assert accuracy.by_direction["simple-present>simple-past"] == 0.5
    assert len(accuracy.by_direction) == 12


def test_what_is_not_known_to_be_irregular_is_not_judged(vocabulary: Vocabulary) -> None:
    paradigms = [Paradigm(("walk", "walks", "walking", "walked"))]
    accuracy = conversion_accuracy(Rigged(vocabulary), paradigms)
    assert accuracy.regular is None and accuracy.irregular is None


def test_no_pairs_have_no_conversions(inference: Inference) -> None:
    assert convert_pairs(inference, []) == []
