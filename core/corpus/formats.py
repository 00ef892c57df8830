"""File formats of corpora and pairs.

Three formats are read:

- a table: tab separated, with a header that names the conditions. A column `split` holds train,
  valid or test; a column `irregular` holds 0 or 1;
- `train.txt` of the lab (docs/lab.md): four words per line, no header, the four English tenses;
- pairs: a table `source target source_tense target_tense`, or `test.txt` of the lab with two words
  per line, where the paradigms determine the tenses.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.corpus.paradigms import SPLITS, Corpus, Pair, Paradigm, Split, conversion_pairs
from core.errors import InputError
from core.files import path_of
from data import corpora

ENGLISH_TENSES = ("simple-present", "third-person", "present-progressive", "simple-past")
TENSE_ABBREVIATIONS = dict(zip(("sp", "tp", "pg", "p"), ENGLISH_TENSES, strict=True))
PAIR_COLUMNS = ("source", "target", "source_tense", "target_tense")
LONGEST_FORM = 64
"""Most characters of a form, in corpora and at prompts."""
LARGEST_FILE = 64 * 2**20
LARGEST_CORPUS = "verbs-all"
"""Shipped corpus that holds all others."""


def find_corpus(name: str) -> Corpus:
    """Read a shipped corpus by its name, or a file by its path.

    Raises InputError when there is no such corpus or its file cannot be used.
    """
    shipped = corpora()
    if name in shipped:
        return read_corpus(shipped[name], name)
    path = path_of(name)
    try:
        there = path.exists()
    except OSError:
        there = False
    if not there:
        raise InputError(
            f"there is no corpus {name!r}; accepted: {', '.join(shipped)}, or the path of a file"
        )
    return read_corpus(path, path.stem)


def known_paradigms(corpus: Corpus) -> set[tuple[str, ...]]:
    """Return the forms of every paradigm known to exist.

    These are the corpus's own, and those of the largest shipped one where the conditions agree.
    """
    shipped = find_corpus(LARGEST_CORPUS)
    sources = [corpus, shipped] if shipped.conditions == corpus.conditions else [corpus]
    return {paradigm.forms for source in sources for paradigm in source.paradigms}


def read_corpus(path: Path, name: str | None = None) -> Corpus:
    """Read a corpus from a table, or from a file with four words per line.

    Duplicated rows are legal; `Corpus.duplicates` counts them.

    Raises InputError with file, line and reason when the file cannot be used.
    """
    lines = list(_lines(path))
    names = {cell.strip() for cell in lines[0][1].split("\t")}
    named = bool(names & {"split", "irregular", *ENGLISH_TENSES})
    if "\t" not in lines[0][1] or (path.suffix == ".txt" and not named):
        paradigms = tuple(_course_row(path, number, line) for number, line in lines)
        corpus = Corpus(name or path.stem, ENGLISH_TENSES, paradigms)
    else:
        corpus = Corpus(name or path.stem, *_table(path, lines))
    if not corpus.split("train"):
        raise InputError(f"{path}: no row is in the split train; at least one is needed")
    return corpus


def write_corpus(corpus: Corpus, path: Path) -> None:
    """Write a corpus as a table with a column `split`, and `irregular` if it is known."""
    judged = all(paradigm.irregular is not None for paradigm in corpus.paradigms)
    rows = ["\t".join([*corpus.conditions, "split", *(["irregular"] if judged else [])])]
    for paradigm in corpus.paradigms:
        verdict = [str(int(bool(paradigm.irregular)))] if judged else []
        rows.append("\t".join([*paradigm.forms, paradigm.split, *verdict]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def read_paradigms(path: Path, conditions: Sequence[str]) -> tuple[Paradigm, ...]:
    """Read the paradigms of a corpus file with the given conditions, in any order.

    Raises InputError when the file cannot be used or has other conditions.
    """
    corpus = read_corpus(path)
    if set(corpus.conditions) != set(conditions):
        raise InputError(
            f"{path} has the conditions {', '.join(corpus.conditions)}; "
            f"this run has {', '.join(conditions)}"
        )
    order = [corpus.conditions.index(condition) for condition in conditions]
    return tuple(
        Paradigm(tuple(paradigm.forms[i] for i in order), paradigm.split, paradigm.irregular)
        for paradigm in corpus.paradigms
    )


def read_pairs(path: Path, corpus: Corpus) -> tuple[Pair, ...]:
    """Read pairs for BLEU-4. A table names the tenses; otherwise the corpus determines them.

    A two-word line that fits several tenses gets the first that fits, in the order of the corpus's
    paradigms and conditions.

    Raises InputError with file, line and reason when the file cannot be used.
    """
    (first, header), *rows = lines = list(_lines(path))
    if tuple(header.split("\t")) != PAIR_COLUMNS:
        if "\t" in header and len(header.split("\t")) != 2:
            raise InputError(
                f"{path}, line {first}: the header must be {' '.join(PAIR_COLUMNS)}, tab separated"
            )
        return tuple(_settled_pair(path, number, line, corpus) for number, line in lines)
    if not rows:
        raise InputError(f"{path} has a header and no pairs; at least one pair is needed")
    return tuple(_named_pair(path, number, line, corpus) for number, line in rows)


def write_pairs(pairs: Sequence[Pair], conditions: Sequence[str], path: Path) -> None:
    """Write pairs as a table."""
    rows = ["\t".join(PAIR_COLUMNS)]
    rows += [
        f"{pair.source}\t{pair.target}\t{conditions[pair.source_condition]}\t"
        f"{conditions[pair.target_condition]}"
        for pair in pairs
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file that are not blank, with their numbers from 1."""
    try:
        if not path.is_file():
            raise InputError(f"{path} is not a file; a text file in UTF-8 is needed")
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(
                f"{path} is larger than {LARGEST_FILE // 2**20} MiB, the most that is read"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; a text file is needed") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {number}: not UTF-8; a text file in UTF-8 is needed"
        ) from None
    empty = True
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        for character in line:
            if character != "\t" and unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
                raise InputError(
                    f"{path}, line {number}: the control character {character!r} is not accepted"
                )
        if line.strip():
            empty = False
            yield number, line
    if empty:
        raise InputError(f"{path} is empty; at least one line of forms is needed")


def _form(path: Path, number: int, text: str) -> str:
    form = text.strip(" ")
    if not form:
        raise InputError(f"{path}, line {number}: an empty form; every column needs one")
    if len(form) > LONGEST_FORM:
        raise InputError(
            f"{path}, line {number}: a form of {len(form)} characters; "
            f"at most {LONGEST_FORM} are accepted"
        )
    return form


def _course_row(path: Path, number: int, line: str) -> Paradigm:
    words = line.split()
    if len(words) != len(ENGLISH_TENSES):
        raise InputError(
            f"{path}, line {number}: {len(words)} word{'s' * (len(words) != 1)} "
            f"instead of {len(ENGLISH_TENSES)} ({' '.join(ENGLISH_TENSES)})"
        )
    return Paradigm(tuple(_form(path, number, word) for word in words))


def _table(
    path: Path, lines: Sequence[tuple[int, str]]
) -> tuple[tuple[str, ...], tuple[Paradigm, ...]]:
    (first, header), *rows = lines
    columns = [column.strip() for column in header.split("\t")]
    for column in columns:
        if not column:
            raise InputError(f"{path}, line {first}: a column without a name in the header")
        if columns.count(column) > 1:
            raise InputError(f"{path}, line {first}: the header names {column!r} twice")
    conditions = tuple(column for column in columns if column not in ("split", "irregular"))
    if not conditions:
        raise InputError(f"{path}, line {first}: the header names no condition")
    if not rows:
        raise InputError(f"{path} has a header and no rows; at least one paradigm is needed")
    paradigms = []
    for number, line in rows:
        if line == header:
            raise InputError(f"{path}, line {number}: the header is repeated")
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise InputError(
                f"{path}, line {number}: {len(cells)} columns instead of {len(columns)} "
                f"({' '.join(columns)})"
            )
        row = dict(zip(columns, cells, strict=True))
        paradigms.append(
            Paradigm(
                tuple(_form(path, number, row[condition]) for condition in conditions),
                _split(path, number, row),
                _irregular(path, number, row),
            )
        )
    return conditions, tuple(paradigms)


def _split(path: Path, number: int, row: dict[str, str]) -> Split:
    named = row.get("split", "train").strip()
    for split in SPLITS:
        if named == split:
            return split
    raise InputError(
        f"{path}, line {number}: {named!r} is not a split; accepted: {', '.join(SPLITS)}"
    )


def _irregular(path: Path, number: int, row: dict[str, str]) -> bool | None:
    verdict = row.get("irregular", "").strip()
    if "irregular" in row and verdict not in ("0", "1"):
        raise InputError(f"{path}, line {number}: irregular is {verdict!r}; accepted: 0, 1")
    return verdict == "1" if verdict else None


def _condition(path: Path, number: int, name: str, corpus: Corpus) -> int:
    for candidate in (name, TENSE_ABBREVIATIONS.get(name, name)):
        if candidate in corpus.conditions:
            return corpus.conditions.index(candidate)
    raise InputError(
        f"{path}, line {number}: {name!r} is not a tense of the corpus; "
        f"accepted: {', '.join(corpus.conditions)}"
    )


def _named_pair(path: Path, number: int, line: str, corpus: Corpus) -> Pair:
    cells = line.split("\t")
    if len(cells) != len(PAIR_COLUMNS):
        raise InputError(
            f"{path}, line {number}: {len(cells)} columns instead of {len(PAIR_COLUMNS)} "
            f"({' '.join(PAIR_COLUMNS)})"
        )
    source, target = (_form(path, number, cell) for cell in cells[:2])
    tenses = (_condition(path, number, cell.strip(), corpus) for cell in cells[2:])
    return Pair(source, target, *tenses)


def _settled_pair(path: Path, number: int, line: str, corpus: Corpus) -> Pair:
    words = line.split()
    if len(words) != 2:
        raise InputError(
            f"{path}, line {number}: {len(words)} word{'s' * (len(words) != 1)} instead of 2; "
            f"a pair file has two words a line, or a header {' '.join(PAIR_COLUMNS)}"
        )
    source, target = words
    for pair in conversion_pairs([p for p in corpus.paradigms if source in p.forms]):
        if (pair.source, pair.target) == (source, target):
            return pair
    raise InputError(
        f"{path}, line {number}: no training paradigm has {source!r} and {target!r}, so their "
        f"tenses are unknown; use a table with the columns {' '.join(PAIR_COLUMNS)}"
    )
