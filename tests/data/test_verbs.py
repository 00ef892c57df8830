"""The shipped corpora keep their promises, and `data.build` makes them as it says."""

import hashlib
import io
import re
import tarfile
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from data import build, corpora

DATA = Path(build.__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    header, *lines = corpora()[name].read_text(encoding="utf-8").splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


@pytest.fixture(scope="module", params=["verbs", "verbs-all"])
def corpus(request: pytest.FixtureRequest) -> list[dict[str, str]]:
    return rows(request.param)


def test_the_corpora_are_found_by_name() -> None:
    assert list(corpora()) == ["verbs", "verbs-all"]
    assert all(path.is_file() for path in corpora().values())


@pytest.mark.parametrize(
    ("name", "splits", "irregular"),
    [
        ("verbs", {"train": 1203, "valid": 149, "test": 148}, 146),
        ("verbs-all", {"train": 4406, "valid": 541, "test": 543}, 262),
    ],
)
def test_each_split_has_the_documented_number_of_verbs(
    name: str, splits: dict[str, int], irregular: int
) -> None:
    corpus = rows(name)
    assert Counter(row["split"] for row in corpus) == splits
    assert Counter(row["irregular"] for row in corpus)["1"] == irregular
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    cells = (len(corpus), splits["train"], splits["valid"], splits["test"], irregular)
    assert f"| `{name}` | " + " | ".join(f"{cell:,}" for cell in cells) + " |" in readme


def test_verbs_is_the_head_of_verbs_all() -> None:
    head = corpora()["verbs"].read_bytes()
    assert corpora()["verbs-all"].read_bytes().startswith(head)


def test_a_corpus_is_utf_8_with_a_final_newline_and_no_carriage_returns() -> None:
    for path in corpora().values():
        content = path.read_bytes()
        assert content.endswith(b"\n")
        assert b"\r" not in content
        assert content.decode().splitlines()[0].split("\t") == list(build.CORPUS_HEADER)


def test_every_form_is_made_of_the_letters_a_to_z(corpus: list[dict[str, str]]) -> None:
    tenses = build.CORPUS_HEADER[:4]
    assert not [row for row in corpus if not all(re.fullmatch("[a-z]+", row[t]) for t in tenses)]


def test_no_verb_occurs_twice(corpus: list[dict[str, str]]) -> None:
    bases = [row["simple-present"] for row in corpus]
    assert len(bases) == len(set(bases))


def test_no_spelling_variant_or_irregular_family_straddles_splits() -> None:
    corpus = rows("verbs-all")
    pasts = {r["simple-present"]: r["simple-past"] for r in corpus if r["irregular"] == "1"}
    splits: dict[str, set[str]] = {}
    progressives: dict[tuple[str, str], set[str]] = {}
    for row in corpus:
        group = build.spelling_key(build.family_head(row["simple-present"], pasts))
        splits.setdefault(group, set()).add(row["split"])
        paradigm = row["present-progressive"], row["simple-past"]
        progressives.setdefault(paradigm, set()).add(row["split"])
    assert not {group for group, found in splits.items() if len(found) > 1}
    assert not {paradigm for paradigm, found in progressives.items() if len(found) > 1}


def test_the_irregular_column_agrees_with_the_spelling_rules(
    corpus: list[dict[str, str]],
) -> None:
    for row in corpus:
        rule = build.past_rule(row["simple-present"], row["simple-past"])
        assert row["irregular"] == str(int(build.is_irregular(rule))), row


@pytest.mark.parametrize(
    "paradigm",
    [
        "be is being was",
        "have has having had",
        "do does doing did",
        "go goes going went",
        "tear tears tearing tore",
        "ring rings ringing rang",
        "lie lies lying lay",
        "spit spits spitting spat",
        "light lights lighting lit",
        "wind winds winding wound",
        "read reads reading read",
        "put puts putting put",
        "understand understands understanding understood",
        "panic panics panicking panicked",
        "die dies dying died",
        "dye dyes dyeing dyed",
        "study studies studying studied",
        "acquit acquits acquitting acquitted",
    ],
)
def test_known_verbs_have_their_known_forms(paradigm: str) -> None:
    base = paradigm.split()[0]
    found = next(row for row in rows("verbs-all") if row["simple-present"] == base)
    assert [found[tense] for tense in build.CORPUS_HEADER[:4]] == paradigm.split()


def test_the_auxiliaries_are_in_train() -> None:
    splits = {row["simple-present"]: row["split"] for row in rows("verbs")}
    assert {splits[base] for base in build.ALWAYS_TRAIN} == {"train"}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("AGID.txt", "Copyright 2000-2014 by Kevin Atkinson"),
        ("AGID.txt", "Copyright (c) J Ross Beresford 1993-1999. All Rights Reserved."),
        ("WordNet.txt", "WordNet 3.0 Copyright 2006 by Princeton University."),
        ("WordNet.txt", "WordNet 3.1 Copyright 2011 by Princeton University."),
        ("pyinflect.txt", "Copyright (C) 2019 Brad Jascob"),
    ],
)
def test_the_licences_travel_with_the_data(name: str, line: str) -> None:
    assert line in (DATA / "LICENSES" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("base", "past", "rule"),
    [
        ("walk", "walked", "ed"),
        ("play", "played", "ed"),
        ("use", "used", "d"),
        ("agree", "agreed", "d"),
        ("try", "tried", "ied"),
        ("stop", "stopped", "double"),
        ("panic", "panicked", "ked"),
        ("trek", "trekked", "ked"),
        ("put", "put", "same"),
        ("go", "went", "irregular"),
        ("pay", "paid", "irregular"),
        ("saute", "sauteed", "irregular"),
    ],
)
def test_a_past_is_regular_when_a_spelling_rule_gives_it(base: str, past: str, rule: str) -> None:
    assert build.past_rule(base, past) == rule


@pytest.mark.parametrize(
    ("base", "listed", "first"),
    [
        ("abrase", ("abraseing", "abrasing"), "abrasing"),
        ("aggroup", ("aggroupping", "aggrouping"), "aggrouping"),
        ("acquit", ("acquitting", "acquiting"), "acquitting"),
        ("dye", ("dyeing", "dying"), "dyeing"),
        ("singe", ("singeing", "singing"), "singeing"),
        ("age", ("ageing",), "ageing"),
        ("travel", ("traveling", "travelling"), "traveling"),
    ],
)
def test_an_artefact_yields_to_the_sound_form_where_both_are_listed(
    base: str, listed: tuple[str, ...], first: str
) -> None:
    found = build.without_artefact(base, listed, "ing")
    assert found[0] == first
    assert sorted(found) == sorted(listed)


def test_agid_rows_are_read_with_the_past_as_participle_where_it_lists_none() -> None:
    text = "aah,V,aahed,<>,aahing,aahs\naal,N,aals\nsee,V,saw,seen,seeing,sees\n"
    text += "may,V,might,may/mayst\ntear,V,teared/tore,torn,tearing,tears\nI,V,a,b,c,d\n"
    agid = build.parse_agid(text)
    assert list(agid) == ["be", "aah", "see", "tear"]
    assert agid["be"] == build.BE
    assert agid["aah"].pp == ("aahed",)
    assert agid["see"].pp == ("seen",)
    assert agid["tear"].past == ("teared", "tore")


def test_an_override_comes_before_what_agid_lists() -> None:
    spit = build.Paradigm("spit", ("spits",), ("spitting",), ("spitted", "spit"), ("spitted",))
    mended = build.corrected(spit, {"past": ("spat", "spit")})
    assert mended.past == ("spat", "spit", "spitted")
    assert mended.pp == ("spitted",)


def test_a_malformed_override_is_refused_with_its_line() -> None:
    with pytest.raises(build.InputError, match="line 2"):
        build.parse_overrides("# comment\ntear\tpassed\ttore\n")


def test_the_shipped_overrides_are_well_formed() -> None:
    overrides = build.parse_overrides(build.OVERRIDES.read_text(encoding="utf-8"))
    assert overrides["tear"] == {"past": ("tore",), "pp": ("torn",)}
    assert "drop" in overrides["can"]


def test_commonness_counts_tags_and_the_rarer_form() -> None:
    assert build.commonness(0, 0, 99) == 0.0
    assert build.commonness(1, 1, 9) == build.commonness(1, 9, 1)
    assert build.commonness(3, 1, 1) == pytest.approx(build.commonness(1, 3, 3))
    assert build.commonness(9, 1, 1) > build.commonness(8, 1, 1)


def test_equal_scores_rank_by_tags_and_then_by_the_alphabet() -> None:
    def verb(base: str) -> build.Paradigm:
        return build.Paradigm(base, (base,), (base + "ing",), (base + "ed",), (base + "ed",))

    counts = {"aing": 1, "aed": 1, "bing": 0, "cing": 1, "ced": 5, "ding": 9, "ded": 9}
    wordnet = build.WordNet(frozenset("abcd"), {"a": 1, "b": 3, "c": 1, "d": 9}, counts)
    order = [p.base for p in build.ranked(map(verb, "dcba"), wordnet)]
    assert order == ["d", "b", "a", "c"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("honour", "honor"),
        ("organise", "organize"),
        ("analyse", "analyze"),
        ("instal", "install"),
        ("catalogue", "catalog"),
        ("reconnoitre", "reconnoiter"),
        ("plough", "plow"),
        ("mould", "mold"),
    ],
)
def test_spellings_of_a_verb_share_a_key(one: str, other: str) -> None:
    assert build.spelling_key(one) == build.spelling_key(other)


@pytest.mark.parametrize("base", ["tiptoe", "bullshit", "course", "require", "cough"])
def test_a_spelling_without_variants_is_its_own_key(base: str) -> None:
    assert build.spelling_key(base) == base


def test_an_irregular_verb_belongs_to_the_shortest_verb_it_ends_in() -> None:
    pasts = {
        "come": "came",
        "overcome": "overcame",
        "eat": "ate",
        "beat": "beat",
        "stand": "stood",
        "understand": "understood",
        "misunderstand": "misunderstood",
    }
    assert build.family_head("overcome", pasts) == "come"
    assert build.family_head("misunderstand", pasts) == "stand"
    assert build.family_head("beat", pasts) == "beat"
    assert build.family_head("welcome", pasts) == "welcome"


def test_a_tenth_of_every_stratum_is_for_test_and_a_tenth_for_valid() -> None:
    strata = {f"verb{n}": (n % 5 == 0, n % 2 == 0) for n in range(1000)}
    splits = build.split_groups(strata)
    for stratum in set(strata.values()):
        groups = [group for group in strata if strata[group] == stratum]
        counts = Counter(splits[group] for group in groups)
        assert counts["test"] == counts["valid"] == round(len(groups) / 10)
    assert build.split_groups(dict(reversed(strata.items()))) == splits


AGID = """\
ax,V,axed,<>,axing,axes
axe,V,axed,<>,axing,axes
become,V,became,become,becoming,becomes
can,V,canned,<>,canning,cans
come,V,came,come,coming,comes
tear,V,teared/tore,torn,tearing,tears
unheard,V,unhearded,<>,unhearding,unheards
walk,V,walked,<>,walking,walks
walk,N,walks
xerox,V,xeroxed,<>,xeroxing,xeroxes
"""
VERBS = ("ax", "axe", "be", "become", "can", "come", "tear", "unheard", "walk")
SYNSET = "00000001 29 v 01 x 0 000 01 + 02 00 | "
DATABASE = {
    "index.verb": "  1 licence\n" + "".join(f"{verb} v 1 0 1 0 00000001  \n" for verb in VERBS),
    "index.sense": "come%2:38:00:: 00000001 1 7\nwalk%1:04:00:: 00000001 1 99\n",
    "data.verb": "  1 walking licence\n" + SYNSET + "they came coming; axed, axing the axed\n",
    "data.noun": SYNSET + 'the Walked, walking and being; "it was" xeroxed\n',
    "data.adj": SYNSET + "torn, tore, tearing; canning\n",
    "data.adv": SYNSET + "becoming became\n",
}


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Made-up packages in place of the pinned ones, as command-line options."""
    wheel, tgz = tmp_path / "made-up.whl", tmp_path / "made-up.tgz"
    with zipfile.ZipFile(wheel, "w") as zipped:
        zipped.writestr("pyinflect/infl.csv", AGID)
    with tarfile.open(tgz, "w:gz") as tarred:
        for name, text in DATABASE.items():
            member = tarfile.TarInfo(f"package/dict/{name}")
            member.size = len(text)
            tarred.addfile(member, io.BytesIO(text.encode()))
    for name, path in (("PYINFLECT", wheel), ("WORDNET", tgz)):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(build, name, replace(getattr(build, name), sha256=sha256))
    return ["--pyinflect", str(wheel), "--wordnet", str(tgz), "--out", str(tmp_path)]


def test_a_build_writes_the_corpora_and_the_table(packages: list[str], tmp_path: Path) -> None:
    assert build.main([*packages, "--table", str(tmp_path / "table.tsv")]) == 0
    assert (tmp_path / "verbs.tsv").read_text(encoding="utf-8") == (
        "simple-present\tthird-person\tpresent-progressive\tsimple-past\tsplit\tirregular\n"
        "come\tcomes\tcoming\tcame\ttrain\t1\n"
        "ax\taxes\taxing\taxed\ttrain\t0\n"
        "be\tis\tbeing\twas\ttrain\t1\n"
        "become\tbecomes\tbecoming\tbecame\ttrain\t1\n"
        "tear\ttears\ttearing\ttore\ttrain\t1\n"
        "walk\twalks\twalking\twalked\ttrain\t0\n"
        "axe\taxes\taxing\taxed\ttrain\t0\n"
    )
    assert (tmp_path / "verbs-all.tsv").read_bytes() == (tmp_path / "verbs.tsv").read_bytes()
    table = (tmp_path / "table.tsv").read_text(encoding="utf-8").splitlines()
    assert table[0].split("\t") == list(build.TABLE_HEADER)
    assert "become\tbecomes\tbecoming\tbecame\tbecome\t4\ttrain\t1\tirregular\tcome\t\t" in table
    assert "tear\ttears\ttearing\ttore\ttorn\t5\ttrain\t1\tirregular\ttear\t\tpast=teared" in table
    assert "axe\taxes\taxing\taxed\taxed\t7\ttrain\t0\td\tax\tax\t" in table


def test_a_check_passes_after_a_build_and_fails_after_an_edit_without_writing(
    packages: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.main([*packages, "--check"]) == 1
    assert not (tmp_path / "verbs.tsv").exists()
    assert build.main(packages) == 0
    assert build.main([*packages, "--check"]) == 0
    with (tmp_path / "verbs.tsv").open("a") as file:
        file.write("edited\n")
    edited = (tmp_path / "verbs.tsv").read_bytes()
    capsys.readouterr()
    assert build.main([*packages, "--check"]) == 1
    assert (tmp_path / "verbs.tsv").read_bytes() == edited
    assert "verbs.tsv" in capsys.readouterr().err


def test_a_file_that_is_not_the_pinned_one_is_refused_in_one_line(
    packages: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(packages[1]).write_bytes(b"something else")
    assert build.main(packages) == 2
    error = capsys.readouterr().err
    assert "SHA-256" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "verbs.tsv").exists()


def test_a_missing_file_is_refused_in_one_line(
    packages: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(packages[3]).unlink()
    assert build.main(packages) == 2
    error = capsys.readouterr().err
    assert packages[3] in error
    assert error.count("\n") == 1


def test_a_package_manager_that_fails_is_quoted_in_one_line(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo hint >&2; echo 'ERROR: no such package.' >&2; exit 1"]
    with pytest.raises(build.BuildError, match=r"failed: ERROR: no such package\.$"):
        build.fetch(build.WORDNET, command, tmp_path)
    with pytest.raises(build.BuildError, match="needs no-such-program"):
        build.fetch(build.WORDNET, ["no-such-program"], tmp_path)
