"""File formats of corpora and pairs.

Three formats are read:

- a table: tab separated, with a header that names the conditions. A column `split` holds train,
  valid or test; a column `irregular` holds 0 or 1;
- `train.txt` of the lab (docs/lab.md): four words per line, no header, the four English tenses;
- pairs: a table `source target source_tense target_tense`, or `test.txt` of the lab with two words
  per line, where the paradigms determine the tenses.
"""

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
    """Read a shipped corpus by its name, or a file by its path. Raise InputError without one."""
    shipped = corpora()
    if name in shipped:
        return read_corpus(shipped[name], name)
    # `Path.exists` raises for a name that is too long.
    if not os.path.exists(path_of(name)):  # noqa: PTH110
        raise InputError(
            f"there is no corpus {name!r}; accepted: {', '.join(shipped)}, or the path of a file"
        )
    return read_corpus(path_of(name))


def known_paradigms(corpus: Corpus) -> set[tuple[str, ...]]:
    """Return the forms of a corpus, and of the largest shipped one with the same conditions."""
    shipped = find_corpus(LARGEST_CORPUS)
    more = shipped.paradigms if shipped.conditions == corpus.conditions else ()
    return {paradigm.forms for paradigm in (*corpus.paradigms, *more)}


def read_corpus(path: Path, name: str | None = None) -> Corpus:
    """Read a corpus from a table or a file of the lab. Duplicated rows are legal.

    Raise InputError with file, line and reason when the file cannot be used.
    """
    lines = list(_lines(path))
    header = lines[0].text
    names = {cell.strip() for cell in header.split("\t")}
    named = bool(names & {"split", "irregular", *ENGLISH_TENSES})
    if "\t" not in header or (path.suffix == ".txt" and not named):
        paradigms = tuple(_course_row(line) for line in lines)
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
    """Read paradigms with these conditions, in any order. Raise InputError for other conditions."""
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
    """Read pairs for BLEU-4. A table names the tenses; otherwise the first that fit are taken.

    Raise InputError with file, line and reason when the file cannot be used.
    """
    header, *rows = lines = list(_lines(path))
    columns = header.text.split("\t")
    if tuple(columns) != PAIR_COLUMNS:
        if len(columns) > 2:
            raise header.error(f"the header must be {' '.join(PAIR_COLUMNS)}, tab separated")
        return tuple(_settled_pair(line, corpus) for line in lines)
    if not rows:
        raise InputError(f"{path} has a header and no pairs; at least one pair is needed")
    return tuple(_named_pair(line, corpus) for line in rows)


def write_pairs(pairs: Sequence[Pair], conditions: Sequence[str], path: Path) -> None:
    """Write pairs as a table."""
    rows = ["\t".join(PAIR_COLUMNS)]
    rows += [
        f"{pair.source}\t{pair.target}\t{conditions[pair.source_condition]}\t"
        f"{conditions[pair.target_condition]}"
        for pair in pairs
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def find_condition(
    name: str,
    conditions: Sequence[str],
    owner: str,
    error: Callable[[str], InputError] = InputError,
) -> int:
    """Return the index of a condition by its name or abbreviation. Raise `error` without one."""
    for candidate in (name, TENSE_ABBREVIATIONS.get(name, name)):
        if candidate in conditions:
            return conditions.index(candidate)
    raise error(f"{name!r} is not a tense of {owner}; accepted: {', '.join(conditions)}")


@dataclass(frozen=True, slots=True)
class _Line:
    """Line of a file, with its number from 1."""

    path: Path
    number: int
    text: str

    def error(self, problem: str) -> InputError:
        return InputError(f"{self.path}, line {self.number}: {problem}")

    def form(self, cell: str) -> str:
        """Return the form in a cell of the line."""
        form = cell.strip(" ")
        if not form:
            raise self.error("an empty form; every column needs one")
        if len(form) > LONGEST_FORM:
            raise self.error(
                f"a form of {len(form)} characters; at most {LONGEST_FORM} are accepted"
            )
        return form

    def cells(self, columns: Sequence[str]) -> list[str]:
        """Split the line into its tab separated cells, one for each column."""
        cells = self.text.split("\t")
        if len(cells) != len(columns):
            raise self.error(
                f"{len(cells)} columns instead of {len(columns)} ({' '.join(columns)})"
            )
        return cells

    def words(self, count: int, wanted: str) -> list[str]:
        """Split the line into words. wanted: describes the format, for the error."""
        words = self.text.split()
        if len(words) != count:
            raise self.error(
                f"{len(words)} word{'s' * (len(words) != 1)} instead of {count}{wanted}"
            )
        return words


def _lines(path: Path) -> Iterator[_Line]:
    """Yield the lines of a text file that are not blank. Raise InputError for an empty file."""
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
        line = _Line(path, raw.count(b"\n", 0, error.start) + 1, "")
        raise line.error("not UTF-8; a text file in UTF-8 is needed") from None
    if not text.strip():
        raise InputError(f"{path} is empty; at least one line of forms is needed")
    for number, content in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        line = _Line(path, number, content)
        for character in content:
            if character != "\t" and unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
                raise line.error(f"the control character {character!r} is not accepted")
        if content.strip():
            yield line


def _course_row(line: _Line) -> Paradigm:
    words = line.words(len(ENGLISH_TENSES), f" ({' '.join(ENGLISH_TENSES)})")
    return Paradigm(tuple(map(line.form, words)))


def _table(path: Path, lines: Sequence[_Line]) -> tuple[tuple[str, ...], tuple[Paradigm, ...]]:
    header, *rows = lines
    columns = [column.strip() for column in header.text.split("\t")]
    for column in columns:
        if not column:
            raise header.error("a column without a name in the header")
        if columns.count(column) > 1:
            raise header.error(f"the header names {column!r} twice")
    conditions = tuple(column for column in columns if column not in ("split", "irregular"))
    if not conditions:
        raise header.error("the header names no condition")
    if not rows:
        raise InputError(f"{path} has a header and no rows; at least one paradigm is needed")
    paradigms = []
    for line in rows:
        if line.text == header.text:
            raise line.error("the header is repeated")
        row = dict(zip(columns, line.cells(columns), strict=True))
        forms = tuple(line.form(row[condition]) for condition in conditions)
        paradigms.append(Paradigm(forms, _split(line, row), _irregular(line, row)))
    return conditions, tuple(paradigms)


def _split(line: _Line, row: dict[str, str]) -> Split:
    named = row.get("split", "train").strip()
    for split in SPLITS:
        if named == split:
            return split
    raise line.error(f"{named!r} is not a split; accepted: {', '.join(SPLITS)}")


def _irregular(line: _Line, row: dict[str, str]) -> bool | None:
    verdict = row.get("irregular", "").strip()
    if "irregular" in row and verdict not in ("0", "1"):
        raise line.error(f"irregular is {verdict!r}; accepted: 0, 1")
    return verdict == "1" if verdict else None


def _named_pair(line: _Line, corpus: Corpus) -> Pair:
    cells = line.cells(PAIR_COLUMNS)
    source, target = map(line.form, cells[:2])
    names = (cell.strip() for cell in cells[2:])
    tenses = (find_condition(one, corpus.conditions, "the corpus", line.error) for one in names)
    return Pair(source, target, *tenses)


def _settled_pair(line: _Line, corpus: Corpus) -> Pair:
    columns = " ".join(PAIR_COLUMNS)
    source, target = line.words(2, f"; a pair file has two words a line, or a header {columns}")
    for pair in conversion_pairs([p for p in corpus.paradigms if source in p.forms]):
        if (pair.source, pair.target) == (source, target):
            return pair
    raise line.error(
        f"no training paradigm has {source!r} and {target!r}, so their tenses are unknown; use a "
        f"table with the columns {columns}"
    )
