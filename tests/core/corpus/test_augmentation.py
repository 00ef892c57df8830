"""Invented paradigms."""

from core.corpus.augmentation import invent
from core.corpus.paradigms import Corpus, Paradigm


def test_invented_paradigms_end_as_regular_ones_do(corpus: Corpus) -> None:
    invented = invent(corpus.split("train"), 200, seed=0)
    assert len(invented) > 20
    for walk, walks, walking, walked in (paradigm.forms for paradigm in invented):
        assert (walks, walking, walked) == (walk + "s", walk + "ing", walk + "ed")


def test_the_head_is_that_of_another_stem(corpus: Corpus) -> None:
    regular = [p.forms[0] for p in corpus.split("train") if not p.irregular]
    for paradigm in invent(corpus.split("train"), 200, seed=0):
        word = paradigm.forms[0]
        assert any(word[-2:] == known[-2:] for known in regular)
        assert any(word[0] == known[0] for known in regular)


def test_nothing_known_and_nothing_twice_is_invented(corpus: Corpus) -> None:
    known = {paradigm.forms for paradigm in corpus.paradigms if paradigm.split == "train"}
    invented = [p.forms for p in invent(corpus.split("train"), 500, seed=0)]
    assert len(set(invented)) == len(invented)
    assert not known & set(invented)


def test_the_same_seed_invents_the_same(corpus: Corpus) -> None:
    paradigms = corpus.split("train")
    assert invent(paradigms, 50, seed=1) == invent(paradigms, 50, seed=1)
    assert invent(paradigms, 50, seed=1) != invent(paradigms, 50, seed=2)


def test_none_is_invented_where_none_is_asked_for_or_no_stem_is_long_enough(
    corpus: Corpus,
) -> None:
    assert invent(corpus.split("train"), 0, seed=0) == []
    assert invent([Paradigm(("be", "is", "being", "was"))], 50, seed=0) == []
