"""The forms of a word as table cells, with probabilities and a check against the corpus."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import TYPE_CHECKING

from rich.text import Text

from core.corpus.paradigms import Paradigm, Split
from core.text import printable
from tui.widgets.themes import RIGHT, WRONG

if TYPE_CHECKING:
    from core.model.inference import Form

SURE = 0.9
HALF_SURE = 0.5
LEGEND = "underlined: under 90 % sure · reversed: under half · dot: the end"


@dataclass(frozen=True, slots=True)
class Expected:
    """The right forms of a word by condition, as they are in the corpus."""

    forms: tuple[tuple[str, ...], ...]
    """Several forms where the word is in several paradigms."""
    split: Split


@dataclass(frozen=True, slots=True)
class Converted:
    """A word, the condition it is read in, and its forms from one model or two."""

    word: str
    source: int
    forms: Sequence[Sequence["Form"]]
    """The forms from each model."""
    expected: Expected | None
    """None for a word that is not in the corpus."""

    def differs(self, condition: int) -> bool:
        """Return True where two models differ in a form."""
        return len({forms[condition].word for forms in self.forms}) > 1

    def is_right(self, condition: int, form: "Form") -> bool | None:
        """Check a form against the corpus; return None for an unseen word."""
        return None if self.expected is None else form.word in self.expected.forms[condition]

    def right(self, forms: Sequence["Form"]) -> int:
        """Count the forms that are right."""
        return sum(bool(self.is_right(*numbered)) for numbered in enumerate(forms))


def expectations(
    paradigms: Iterable[Paradigm], words: Sequence[str], sources: Sequence[int]
) -> list[Expected | None]:
    """Return the right forms of each word in its condition."""
    asked = set(zip(words, sources, strict=True))
    found: dict[tuple[str, int], list[Paradigm]] = {}
    for paradigm in paradigms:
        for condition, form in enumerate(paradigm.forms):
            if (form, condition) in asked:
                found.setdefault((form, condition), []).append(paradigm)
    return [_expected(found.get(key, ())) for key in zip(words, sources, strict=True)]


def _expected(paradigms: Sequence[Paradigm]) -> Expected | None:
    if not paradigms:
        return None
    columns = zip(*(paradigm.forms for paradigm in paradigms), strict=True)
    splits = [paradigm.split for paradigm in paradigms]
    return Expected(
        tuple(tuple(dict.fromkeys(column)) for column in columns),
        "train" if "train" in splits else splits[0],
    )


def spelt(source: str, form: "Form", style: str = "") -> Text:
    """Spell a form: bold after the stem it shares with the source, unlikely characters marked."""
    shared = len(commonprefix([source, form.word]))  # noqa: RUF071
    text = Text(style=style)
    for place, chance in enumerate(form.probabilities):
        character = form.word[place : place + 1]
        marked = "reverse" if chance < HALF_SURE else "underline" if chance < SURE else ""
        if character:
            text.append(printable(character), f"{'bold ' * (place >= shared)}{marked}".strip())
        elif marked:
            text.append("·", marked)
    return text


def least_sure(form: "Form") -> Text:
    """Return the least likely character of a form and its probability."""
    character, chance = form.least_sure
    style = "bold" if chance < HALF_SURE else "dim" if chance >= SURE else ""
    return Text(f"{chance:.2f} {printable(character) or 'end'}", style)


def verdict(converted: Converted, condition: int) -> Text:
    """Mark the form of each model in a condition as right or wrong, with the right form."""
    if converted.expected is None:
        return Text("unseen", "dim")
    marks = [converted.is_right(condition, forms[condition]) for forms in converted.forms]
    shown = "".join("✓" if right else "✗" for right in marks)
    split = "" if converted.expected.split == "train" else f" ({converted.expected.split})"
    if all(marks):
        return Text(f"{shown} right{split}", RIGHT)
    wanted = " or ".join(converted.expected.forms[condition])
    return Text(f"{shown} {printable(wanted)}{split}", WRONG)


def verdict_of_all(converted: Converted, forms: Sequence["Form"]) -> Text:
    """Count the right forms of a word."""
    if converted.expected is None:
        return Text("unseen", "dim")
    right = converted.right(forms)
    split = "" if converted.expected.split == "train" else f" {converted.expected.split}"
    return Text(f"{right}/{len(forms)}{split}", RIGHT if right == len(forms) else WRONG)
