from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.corpus.formats import (
    ENGLISH_TENSES,
    LONGEST_FORM,
    find_corpus,
    read_corpus,
    read_pairs,
    read_paradigms,
    write_corpus,
    write_pairs,
)
from core.corpus.paradigms import Corpus, Pair, Paradigm, conversion_pairs
from core.errors import InputError

HEADER = "\t".join(ENGLISH_TENSES)
WALK = ("walk", "walks", "walking", "walked")
CUT = ("cut", "cuts", "cutting", "cut")
PAIR_HEADER = "source\ttarget\tsource_tense\ttarget_tense"
FOUR = Corpus("four", ENGLISH_TENSES, (Paradigm(WALK), Paradigm(CUT)))

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(content: str | bytes, name: str = "some.tsv") -> Path:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return written


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("walk walks walking\n", 1, "3 words instead of 4"),
        ("walk walks walking walked\n\nbe is being was were\n", 3, "5 words instead of 4"),
        ("walk\n", 1, "1 word instead of 4"),
        (f"{HEADER}\nwalk\twalks\twalking\n", 2, "3 columns instead of 4"),
        (f"{HEADER}\nwalk\twalks\twalking\twalked\t\n", 2, "5 columns instead of 4"),
        (f"{HEADER}\nwalk\t\twalking\twalked\n", 2, "an empty form"),
        (f"{HEADER}\nwalk\t  \twalking\twalked\n", 2, "an empty form"),
        (f"{HEADER}\nwalk\twal\x07ks\twalking\twalked\n", 2, r"control character '\x07'"),
        (f"{HEADER}\nwalk\twal\x1b[2Jks\twalking\twalked\n", 2, r"control character '\x1b'"),
        (f"{HEADER}\nwalk\twal\x85ks\twalking\twalked\n", 2, r"control character '\x85'"),
        (f"{HEADER}\nwalk\twal\u2028ks\twalking\twalked\n", 2, r"character '\u2028'"),
        (f"{HEADER}\rwalk\twalks\twalking\twalked\r", 1, r"control character '\r'"),
        ("a\tb\ta\nx\ty\tz\n", 1, "the header names 'a' twice"),
        ("a\t\tb\nx\ty\tz\n", 1, "a column without a name"),
        ("split\tirregular\ntrain\t0\n", 1, "the header names no condition"),
        ("a\tb\nx\ty\na\tb\n", 3, "the header is repeated"),
        ("a\tb\tsplit\nx\ty\tdev\n", 2, "'dev' is not a split; accepted: train, valid, test"),
        ("a\tb\tsplit\nx\ty\t\n", 2, "'' is not a split"),
        ("a\tb\tirregular\nx\ty\tyes\n", 2, "irregular is 'yes'; accepted: 0, 1"),
        ("a\tb\tirregular\nx\ty\t\n", 2, "irregular is ''; accepted: 0, 1"),
        (f"a\tb\nx\t{'y' * (LONGEST_FORM + 1)}\n", 2, "a form of 65 characters; at most 64"),
        (f"a b c {'d' * (LONGEST_FORM + 1)}\n", 1, "a form of 65 characters; at most 64"),
        (b"a\tb\nx\ty\nx\t\xff\n", 3, "not UTF-8"),
        ("a\tb\nx\ty\n".encode("utf-16"), 1, "not UTF-8"),
    ],
)
def test_a_bad_line_is_refused_with_file_line_and_reason(
    write: Write, content: str | bytes, line: int, reason: str
) -> None:
    file = write(content)
    with pytest.raises(InputError) as refused:
        read_corpus(file)
    assert str(refused.value).startswith(f"{file}, line {line}: ")
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("\n \n\t\n", "is empty"),
        ("\ufeff", "is empty"),
        ("a\tb\n", "has a header and no rows"),
        ("a\tb\tsplit\nx\ty\ttest\n", "no row is in the split train"),
    ],
)
def test_a_file_without_training_rows_is_refused(write: Write, content: str, reason: str) -> None:
    file = write(content)
    with pytest.raises(InputError, match=reason) as refused:
        read_corpus(file)
    assert str(file) in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.tsv", Path("/dev/null")):
        with pytest.raises(InputError, match=f"{path} is not a file"):
            read_corpus(path)


def test_a_file_too_large_to_be_a_corpus_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "huge.tsv"
    with file.open("wb") as sparse:
        sparse.truncate(2**30)
    with pytest.raises(InputError, match="larger than 64 MiB"):
        read_corpus(file)


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\nwalk\twalks\twalking\twalked\ncut\tcuts\tcutting\tcut\n",
        f"{HEADER}\r\nwalk\twalks\twalking\twalked\r\ncut\tcuts\tcutting\tcut\r\n",
        f"\ufeff{HEADER}\nwalk\twalks\twalking\twalked\ncut\tcuts\tcutting\tcut",
        f"\n{HEADER}\n\nwalk\twalks\twalking\twalked\n \ncut\tcuts\tcutting\tcut\n\n",
        f"{HEADER}\nwalk\t walks\twalking \twalked\ncut\tcuts\tcutting\tcut\n",
        f"{HEADER}\tsplit\nwalk\twalks\twalking\twalked\ttrain\ncut\tcuts\tcutting\tcut\ttrain\n",
        "walk walks walking walked\ncut cuts cutting cut\n",
        "\ufeffwalk walks walking walked\r\n\r\ncut  cuts cutting\u00a0cut",
    ],
    ids=["plain", "crlf", "bom", "blank lines", "spaces", "split", "course", "course, odd"],
)
def test_however_its_lines_end_a_corpus_is_the_same(write: Write, content: str) -> None:
    corpus = read_corpus(write(content))
    assert (corpus.conditions, corpus.paradigms) == (FOUR.conditions, FOUR.paradigms)


def test_words_separated_by_tabs_in_a_text_file_are_rows_of_the_course(write: Write) -> None:
    corpus = read_corpus(write("walk\twalks\twalking\twalked\ncut\tcuts\tcutting\tcut", "t.txt"))
    assert (corpus.name, corpus.paradigms) == ("t", FOUR.paradigms)


def test_duplicated_rows_are_legal_and_counted(write: Write) -> None:
    corpus = read_corpus(write("a b c d\na b c d\na b c e\na b c d\n"))
    assert len(corpus.paradigms) == 4
    assert corpus.duplicates == 2


def test_splits_keep_the_order_of_the_file(corpus: Corpus) -> None:
    assert [p.forms[0] for p in corpus.split("valid")] == ["help", "take"]
    assert [p.irregular for p in corpus.split("valid")] == [False, True]
    assert [len(corpus.split(name)) for name in ("train", "valid", "test")] == [9, 2, 1]


FORMS = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=12
)


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    names = FORMS.filter(lambda name: name not in ("split", "irregular"))
    conditions = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    judged = draw(st.booleans())
    splits = draw(st.lists(st.sampled_from(["train", "valid", "test"]), max_size=5))
    return Corpus(
        "some",
        tuple(conditions),
        tuple(
            Paradigm(
                tuple(draw(FORMS) for _ in conditions),
                split,
                draw(st.booleans()) if judged else None,
            )
            for split in ["train", *splits]
        ),
    )


@given(corpora())
def test_a_corpus_survives_its_file(tmp_path: Path, corpus: Corpus) -> None:
    write_corpus(corpus, tmp_path / "some.tsv")
    assert read_corpus(tmp_path / "some.tsv") == corpus


LINES = st.lists(st.text("ab é\t\r\x00\ufeff01", max_size=8), max_size=5).map("\n".join)


@pytest.mark.parametrize("suffix", ["tsv", "txt"])
@given(raw=st.binary(max_size=80) | LINES.map(str.encode))
def test_any_bytes_are_a_corpus_or_refused(tmp_path: Path, suffix: str, raw: bytes) -> None:
    file = tmp_path / f"some.{suffix}"
    file.write_bytes(raw)
    for read in (read_corpus, lambda path: read_pairs(path, FOUR)):
        try:
            assert read(file)
        except InputError as error:
            assert str(file) in str(error)


class TestFinding:
    def test_shipped_corpora_are_found_by_name(self) -> None:
        corpus = find_corpus("verbs")
        assert (corpus.name, corpus.conditions) == ("verbs", ENGLISH_TENSES)
        assert len(corpus.paradigms) > 1000

    def test_a_path_names_its_corpus(self, corpus_file: Path, corpus: Corpus) -> None:
        assert find_corpus(str(corpus_file)) == corpus

    @pytest.mark.parametrize("name", ["nouns", "~nobody-here/x", "a" * 300, "\0", "\udcff"])
    def test_an_unknown_name_is_refused_with_what_there_is(self, name: str) -> None:
        with pytest.raises(InputError, match="accepted: verbs, verbs-all, or the path of a file"):
            find_corpus(name)


class TestParadigms:
    def test_are_read_in_the_order_of_the_run(self, write: Write) -> None:
        file = write("past\tpresent\nwalked\twalk\ncut\tcut\n")
        paradigms = read_paradigms(file, ("present", "past"))
        assert [p.forms for p in paradigms] == [("walk", "walked"), ("cut", "cut")]

    def test_of_other_conditions_are_refused(self, write: Write) -> None:
        file = write("past\tpresent\nwalked\twalk\n")
        with pytest.raises(InputError, match="has the conditions past, present; this run has a, b"):
            read_paradigms(file, ("a", "b"))


class TestPairs:
    def test_of_a_table_name_their_tenses_in_full_or_short(self, write: Write) -> None:
        file = write(
            f"{PAIR_HEADER}\nwalk\twalked\tsimple-present\tsimple-past\nsee\tseeing\tsp\tpg\n"
        )
        assert read_pairs(file, FOUR) == (Pair("walk", "walked", 0, 3), Pair("see", "seeing", 0, 2))

    def test_of_two_words_are_settled_by_the_paradigms(self, write: Write) -> None:
        assert read_pairs(write("walking walks\nwalked\twalk\n"), FOUR) == (
            Pair("walking", "walks", 2, 1),
            Pair("walked", "walk", 3, 0),
        )

    def test_that_fit_several_tenses_mean_the_first(self, write: Write) -> None:
        assert read_pairs(write("cut cutting\ncutting cut\ncut cut\n"), FOUR) == (
            Pair("cut", "cutting", 0, 2),
            Pair("cutting", "cut", 2, 0),
            Pair("cut", "cut", 0, 3),
        )

    def test_that_fit_several_paradigms_mean_the_first(self, write: Write) -> None:
        found = (
            Paradigm(("find", "finds", "finding", "found")),
            Paradigm(("found", "x", "y", "z")),
        )
        corpus = Corpus("two", ENGLISH_TENSES, found)
        assert read_pairs(write("found finds\nfound x\n"), corpus) == (
            Pair("found", "finds", 3, 1),
            Pair("found", "x", 0, 1),
        )

    @pytest.mark.parametrize(
        ("content", "line", "reason"),
        [
            ("walk\n", 1, "1 word instead of 2"),
            ("walk walks\nwalk walks walking\n", 2, "3 words instead of 2"),
            ("walk cuts\n", 1, "no training paradigm has 'walk' and 'cuts'"),
            ("walk walk\n", 1, "no training paradigm has 'walk' and 'walk'"),
            ("source\ttarget\ttense\n", 1, "the header must be source target source_tense"),
            (f"{PAIR_HEADER}\nwalk\twalks\tsp\n", 2, "3 columns instead of 4"),
            (f"{PAIR_HEADER}\nwalk\t\tsp\ttp\n", 2, "an empty form"),
            (f"{PAIR_HEADER}\nwalk\twalks\tsp\tfuture\n", 2, "'future' is not a tense"),
        ],
    )
    def test_that_cannot_be_used_are_refused_with_file_line_and_reason(
        self, write: Write, content: str, line: int, reason: str
    ) -> None:
        file = write(content)
        with pytest.raises(InputError) as refused:
            read_pairs(file, FOUR)
        assert str(refused.value).startswith(f"{file}, line {line}: ")
        assert reason in str(refused.value)

    def test_are_needed_beneath_a_header(self, write: Write) -> None:
        with pytest.raises(InputError, match="has a header and no pairs"):
            read_pairs(write(f"{PAIR_HEADER}\n"), FOUR)

    def test_survive_their_file(self, tmp_path: Path) -> None:
        pairs = tuple(conversion_pairs(FOUR.paradigms))
        write_pairs(pairs, FOUR.conditions, tmp_path / "pairs.tsv")
        assert read_pairs(tmp_path / "pairs.tsv", FOUR) == pairs


def test_conversions_are_all_ordered_pairs_of_different_conditions() -> None:
    pairs = conversion_pairs(FOUR.paradigms)
    assert len(set(pairs)) == len(pairs) == 24
    assert all(pair.source_condition != pair.target_condition for pair in pairs)
    assert all(
        pair.source in p.forms and pair.target in p.forms
        for p, part in zip(FOUR.paradigms, (pairs[:12], pairs[12:]), strict=True)
        for pair in part
    )


def test_a_form_of_a_corpus_with_one_condition_converts_to_itself() -> None:
    assert conversion_pairs([Paradigm(("walk",))]) == [Pair("walk", "walk", 0, 0)]
