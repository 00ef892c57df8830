from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.corpus.formats import ENGLISH_TENSES, LONGEST_FORM
from core.corpus.paradigms import Corpus, Paradigm
from core.corpus.vocabulary import EOS, FIRST_OUTPUT, PAD, SOS, SPARE_STEPS, UNK, Vocabulary
from core.errors import InputError

SMALL = Vocabulary(("a", "b", "c", "z", "é"), ("present", "past"), 3)


def test_special_ids_come_before_the_characters() -> None:
    assert sorted({PAD, SOS, UNK, EOS}) == [0, 1, 2, 3]
    assert FIRST_OUTPUT == EOS
    assert SMALL.encode("az") == [EOS + 1, EOS + 4, EOS]
    assert SMALL.size == EOS + 1 + 5


def test_the_alphabet_is_that_of_all_splits(corpus: Corpus, vocabulary: Vocabulary) -> None:
    forms = [form for paradigm in corpus.paradigms for form in paradigm.forms]
    assert set(vocabulary.characters) == set("".join(forms))
    assert list(vocabulary.characters) == sorted(vocabulary.characters)
    assert vocabulary.conditions == ENGLISH_TENSES
    assert vocabulary.longest_form == len("cutting")


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_a_word_survives_its_ids(words: list[str]) -> None:
    vocabulary = Vocabulary.of(Corpus("some", ("only",), tuple(Paradigm((w,)) for w in words)))
    for word in words:
        ids = vocabulary.encode(word)
        assert vocabulary.decode(ids) == word
        assert all(FIRST_OUTPUT <= i < vocabulary.size for i in ids)
        assert vocabulary.decode([SOS, *ids, *ids]) == word
        assert len(ids) <= vocabulary.decoding_limit()


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("", "the word is empty"),
        ("abd", r"'abd' has 'd', which is not in the alphabet of this run \(a-c z é\)"),
        ("A", "has 'A', which is not in the alphabet"),
        ("a" * (LONGEST_FORM + 1), "has 65 characters; at most 64"),
    ],
)
def test_a_word_that_cannot_be_spelled_is_refused(word: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        SMALL.encode(word)


def test_a_condition_is_known_by_its_name_and_its_abbreviation(vocabulary: Vocabulary) -> None:
    names = (*ENGLISH_TENSES, "sp", "tp", "pg", "p")
    assert [vocabulary.condition(name) for name in names] == [0, 1, 2, 3] * 2


def test_a_condition_that_is_called_like_an_abbreviation_is_itself() -> None:
    assert Vocabulary(("a",), ("simple-past", "p"), 1).condition("p") == 1


def test_an_unknown_condition_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        InputError, match="'sp' is not a tense of this run; accepted: present, past"
    ):
        SMALL.condition("sp")


def test_decoding_may_go_a_little_beyond_the_longest_word() -> None:
    assert SMALL.decoding_limit() == 3 + SPARE_STEPS + 1
    assert SMALL.decoding_limit(["ab", "abcab"]) == 5 + SPARE_STEPS + 1


def test_a_vocabulary_survives_its_file(tmp_path: Path) -> None:
    SMALL.write(tmp_path / "vocabulary.json")
    assert Vocabulary.read(tmp_path / "vocabulary.json") == SMALL


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"characters": ["a"], "conditions": ["x"]}',
        b'{"characters": ["a"], "conditions": ["x"], "longest_form": 0}',
        b'{"characters": ["a"], "conditions": ["x"], "longest_form": 3, "more": 1}',
        b'{"characters": ["ab"], "conditions": ["x"], "longest_form": 3}',
        b'{"characters": [], "conditions": ["x"], "longest_form": 3}',
        b'{"characters": ["a"], "conditions": [], "longest_form": 3}',
        b'{"characters": ["a", "a"], "conditions": ["x"], "longest_form": 3}',
        b'{"characters": ["a"], "conditions": ["x", "x"], "longest_form": 3}',
        b'{"characters": ["\\ud800"], "conditions": ["x"], "longest_form": 3}',
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "vocabulary.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match=f"{file} is not the vocabulary of a run"):
        Vocabulary.read(file)


def test_a_vocabulary_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none.json: No such file"):
        Vocabulary.read(tmp_path / "none.json")
