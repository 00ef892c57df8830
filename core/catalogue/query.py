"""Filter of the list of runs: expressions such as `bleu4 > 0.9 and latent = 64`, `tag = good or not
state = finished`, `name ~ lab`.

    expression := conjunction {"or" conjunction}
    conjunction := negation {"and" negation}
    negation := "not" negation | "(" expression ")" | key operator value

A key is a column of the list (name, state, tag, note, epoch, step, ce, bleu4, gaussian, age, size)
or a setting: `section.name`, or its name alone where one section has it. An ending `_size` may be
omitted. `~` means that a text contains another. A missing value is unequal to all values, and
neither more nor less than any.
"""

import operator
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from core.catalogue.listing import RunSummary
from core.config import earlier
from core.config.fields import Field, field, fields, value
from core.config.schema import Config
from core.errors import InputError
from core.runs.followed import RunState

ReadConfig = Callable[[], Config | None]
"""Reads the configuration of a run. It is called only by expressions on settings."""
Query = Callable[[RunSummary, ReadConfig], bool]

STATES: tuple[str, ...] = get_args(RunState)
UNITS = {
    "age": {"s": 1, "min": 60, "h": 3_600, "d": 86_400},
    "size": {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000},
}
"""Units that may follow a number. Without one it counts the first."""
KEYS = ("name", "state", "tag", "note", "epoch", "step", "ce", "bleu4", "gaussian", "age", "size")
DEEPEST = 50
"""Nested brackets and negations at most."""

_TOKEN = re.compile(r"""\s*(?:(<=|>=|!=|[=<>~()])|"([^"]*)"|'([^']*)'|([^\s=<>~!()"']+)|(\S))""")
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse(text: str) -> Query:
    """Parse an expression. An empty one accepts every run.

    Raise InputError for one that cannot be parsed.
    """
    parser = _Parser(list(_tokens(text)))
    if parser.done:
        return lambda run, config: True
    query = parser.expression()
    if not parser.done:
        raise InputError(f"{parser.next.text!r} was not expected; 'and' or 'or' would be accepted")
    return query


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: str
    """sign, word, or text (in quotes)."""


_END = _Token("", "end")


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text.rstrip()):
        sign, double, single, word, stray = match.groups()
        if stray:
            raise InputError(f"{match[0].strip()!r} was not expected, or is never closed")
        if sign:
            yield _Token(sign, "sign")
        elif word is not None:
            yield _Token(word, "word")
        else:
            yield _Token(double if double is not None else single, "text")


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._tokens)

    @property
    def next(self) -> _Token:
        return _END if self.done else self._tokens[self._at]

    def _take(self, *words: str) -> bool:
        """Skip the next token if it is one of these words or signs."""
        found = self.next.kind in ("sign", "word") and self.next.text.lower() in words
        self._at += found
        return found

    def expression(self) -> Query:
        parts = [self._conjunction()]
        while self._take("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else lambda *run: any(part(*run) for part in parts)

    def _conjunction(self) -> Query:
        parts = [self._negation()]
        while self._take("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else lambda *run: all(part(*run) for part in parts)

    def _negation(self) -> Query:
        self._depth += 1
        if self._depth > DEEPEST:
            raise InputError(f"more than {DEEPEST} brackets and negations within one another")
        if self._take("not"):
            denied = self._negation()
            query: Query = lambda *run: not denied(*run)  # noqa: E731
        elif self._take("("):
            query = self.expression()
            if not self._take(")"):
                raise InputError("a ')' is missing")
        else:
            query = self._comparison()
        self._depth -= 1
        return query

    def _comparison(self) -> Query:
        key = self.next
        if key.kind != "word":
            raise InputError(f"{_place(key)}: a run's {', '.join(KEYS)} or a setting is needed")
        self._at += 1
        sign = self.next
        if sign.kind != "sign" or sign.text in "()":
            raise InputError(
                f"after {key.text!r}: one of =, !=, <, <=, >, >= and ~ is needed"
                + (f", not {sign.text!r}" if sign is not _END else "")
            )
        self._at += 1
        wanted = self.next
        if wanted.kind not in ("word", "text"):
            raise InputError(f"after '{key.text} {sign.text}': a value is needed")
        self._at += 1
        # A unit may be a token of its own: age < 2 h.
        unit = self.next.text
        if key.text.lower() in UNITS and unit in UNITS[key.text.lower()]:
            self._at += 1
            wanted = _Token(wanted.text + unit, "word")
        return _comparison(key.text, sign.text, wanted.text)


def _place(token: _Token) -> str:
    return "at the end" if token is _END else f"at {token.text!r}"


def _comparison(key: str, sign: str, wanted: str) -> Query:
    name = key.lower()
    if name == "tag":
        return _tag(sign, wanted)
    if name == "state":
        test = _text_test(name, sign, wanted, STATES)
        return lambda run, config: test(run.state)
    if name in ("name", "note"):
        test = _text_test(name, sign, wanted)
        return lambda run, config: test(getattr(run, name))
    if name == "age":
        test = _number_test(name, sign, wanted)
        return lambda run, config: test(None if run.age is None else time.time() - run.age)
    if name in KEYS:
        test = _number_test(name, sign, wanted)
        return lambda run, config: test(getattr(run, name))
    return _setting(*_field(name, key), sign, wanted)


def _setting(one: Field, old: str, sign: str, wanted: str) -> Query:
    """Compare a setting, or what version 0.1.0 called `old`."""
    if one.type in (int, float):
        test = _number_test(one.key, sign, wanted)
    elif one.type is bool:
        test = _text_test(one.key, sign, wanted, ("true", "false"))
    else:
        test = _text_test(one.key, sign, wanted, one.choices)

    def passes(run: RunSummary, config: ReadConfig) -> bool:
        settings = config()
        found: Any = None
        if settings is not None:
            found = earlier.flat(settings)[old] if old else value(settings, one)
        return test(str(found).lower() if isinstance(found, bool) else found)

    return passes


def _field(name: str, given: str) -> tuple[Field, str]:
    """The setting of a name, and its name in version 0.1.0 if that is the one given.

    Raises InputError when there is none, or more than one.
    """
    near = _near(name, [one.key for one in fields()])
    old = "" if near else next(iter(_near(name, earlier.RENAMED)), "")
    if not near and not old:
        raise InputError(
            f"{given!r} is not known; accepted: {', '.join(KEYS)}, or a setting such as latent_size"
        )
    if len(near) > 1:
        raise InputError(f"{given!r} may be {' or '.join(near)}; say which")
    return field(earlier.RENAMED[old] if old else near[0]), old


def _near(name: str, keys: Collection[str]) -> list[str]:
    """The keys that a name may stand for."""
    if name in keys:
        return [name]
    endings = (name, f"{name}_size")
    return [key for key in keys if {key, key.rpartition(".")[2]} & {*endings}]


def _tag(sign: str, wanted: str) -> Query:
    if sign == "~":
        return lambda run, config: any(wanted.lower() in tag.lower() for tag in run.tags)
    if sign not in ("=", "!="):
        raise InputError(f"'tag {sign}': a tag is compared by =, != or ~")
    return lambda run, config: (wanted in run.tags) is (sign == "=")


def _text_test(
    key: str, sign: str, wanted: str, accepted: tuple[str, ...] = ()
) -> Callable[[Any], bool]:
    if sign == "~":
        return lambda found: found is not None and wanted.lower() in str(found).lower()
    if sign not in ("=", "!="):
        raise InputError(f"'{key} {sign}': {key} is a text, compared by =, != or ~")
    if accepted and wanted not in accepted:
        raise InputError(f"{key} is never {wanted!r}; accepted: {', '.join(accepted)}")
    return lambda found: (found == wanted) is (sign == "=")


def _number_test(key: str, sign: str, wanted: str) -> Callable[[Any], bool]:
    if sign == "~":
        raise InputError(f"'{key} ~': {key} is a number, compared by =, !=, <, <=, > or >=")
    number = _NUMBER.fullmatch(wanted)
    units = UNITS.get(key, {})
    if not number or (number[2] and number[2] not in units):
        after = f", with one of {', '.join(units)} after it" if units else ""
        raise InputError(f"{key} is a number{after}; {wanted!r} is none")
    limit = float(number[1]) * units.get(number[2], 1)
    compare = _COMPARE[sign]
    return lambda found: sign == "!=" if found is None else compare(found, limit)
