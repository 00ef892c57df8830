"""Fields of a configuration, as a screen or a help text shows them, read from its source.

A field's docstring is its one description.
"""

import ast
import functools
import inspect
import math
import textwrap
import threading
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_type_hints

import msgspec

from core.config.schema import SECTIONS
from core.errors import InputError


class Field(msgspec.Struct, frozen=True):
    """One field of the configuration, as a screen or a help text shows it."""

    section: str
    name: str
    hint: Any
    """The annotation, which holds what is accepted."""
    type: type[bool] | type[int] | type[float] | type[str]
    default: bool | int | float | str
    doc: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    @property
    def key(self) -> str:
        """``section.name``, as `--set` takes it."""
        return f"{self.section}.{self.name}"

    @property
    def accepts(self) -> str:
        """What would be accepted, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.type is bool:
            return "true or false"
        if self.type is str:
            return "a name or a path"
        noun = "a whole number" if self.type is int else "a number"
        low = "" if self.low is None else f"{'above' if self.low_open else 'from'} {self.low:g}"
        upto = "below" if self.high_open else ("to" if low.startswith("from") else "up to")
        high = "" if self.high is None else f"{upto} {self.high:,.10g}".replace(",", "")
        return " ".join(word for word in (noun, low, high) if word)

    def parse(self, text: str) -> bool | int | float | str:
        """The value that a text stands for.

        Raises InputError when the text is not one that this field accepts.
        """
        try:
            return self.check(text.strip(), strict=False)
        except InputError:
            raise InputError(
                f"{self.key}: {shown(text)} is not accepted; it takes {self.accepts}"
            ) from None

    def check(self, value: object, *, strict: bool = True) -> bool | int | float | str:
        """The same value when this field accepts it; InputError otherwise."""
        try:
            checked: bool | int | float | str = msgspec.convert(value, self.hint, strict=strict)
        except (msgspec.ValidationError, UnicodeEncodeError):
            checked = math.nan
        if not _representable(checked):
            raise InputError(f"{self.key}: {shown(value)} is not accepted; it takes {self.accepts}")
        return checked

    def spell(self, value: bool | int | float | str) -> str:
        """A value as the shortest text that `parse` reads as the same value."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        return str(value)


def fields() -> tuple[Field, ...]:
    """All fields in the order of the sections. Any thread may ask first."""
    # Two threads in `ast.parse` at once break it in Python 3.11 (python/cpython, issue 106905).
    with _one_reader:
        return _fields()


_one_reader = threading.Lock()


@functools.cache
def _fields() -> tuple[Field, ...]:
    return tuple(describe(SECTIONS))


def field(key: str) -> Field:
    """The field that `section.name` names.

    Raises InputError when there is none.
    """
    for known in fields():
        if known.key == key:
            return known
    section, _, _ = key.partition(".")
    near = [known.key for known in fields() if known.section == section]
    accepted = (
        ", ".join(near) if near else "section.key with a section among " + ", ".join(SECTIONS)
    )
    raise InputError(f"{shown(key)} is not a setting; accepted: {accepted}")


def describe(sections: Mapping[str, type[msgspec.Struct]]) -> Iterator[Field]:
    """The fields of sections, in the order in which they are written."""
    for section, kind in sections.items():
        docs, defaults = _docs(kind), kind()
        for name, hint in get_type_hints(kind, include_extras=True).items():
            yield _describe(section, name, hint, getattr(defaults, name), docs[name])


def shown(given: object) -> str:
    """A user's value, made safe and short for a sentence."""
    try:
        text = repr(given)
    except ValueError:
        text = "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


def _describe(section: str, name: str, hint: Any, default: Any, doc: str) -> Field:
    kind = msgspec.inspect.type_info(hint)
    if isinstance(kind, msgspec.inspect.LiteralType):
        return Field(section, name, hint, str, default, doc, choices=get_args(hint))
    if isinstance(kind, msgspec.inspect.IntType | msgspec.inspect.FloatType):
        return Field(
            section,
            name,
            hint,
            int if isinstance(kind, msgspec.inspect.IntType) else float,
            default,
            doc,
            low=kind.gt if kind.ge is None else kind.ge,
            high=kind.lt if kind.le is None else kind.le,
            low_open=kind.gt is not None,
            high_open=kind.lt is not None,
        )
    return Field(section, name, hint, type(default), default, doc)


def _representable(checked: object) -> bool:
    """Whether a value can be written to a file: a finite number, or text that is UTF-8."""
    if isinstance(checked, str):
        return not any("\ud800" <= character <= "\udfff" for character in checked)
    return not isinstance(checked, float) or math.isfinite(checked)


def _docs(section: type[msgspec.Struct]) -> dict[str, str]:
    """The docstring that follows each field in the source of its section."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    assert isinstance(definition, ast.ClassDef)
    docs = {}
    for target, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(target, ast.AnnAssign) and isinstance(text, ast.Expr):
            assert isinstance(target.target, ast.Name) and isinstance(text.value, ast.Constant)
            docs[target.target.id] = " ".join(str(text.value.value).split())
    return docs
