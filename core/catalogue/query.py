"""Filter of the list of runs: expressions such as `bleu4 > 0.9 and latent = 64`, `tag = good or not
state = finished`, `name ~ lab`.

    expression := conjunction {"or" conjunction}
    conjunction := negation {"and" negation}
    negation := "not" negation | "(" expression ")" | key operator value

A key is a column of the list (name, state, tag, note, epoch, step, ce, bleu4, gaussian, age, size),
a metric, or a setting: `section.name`, or its name alone where one section has it. An ending
`_size` may be omitted. `~` means that a text contains another. A missing value is unequal to all
values, and neither more nor less than any.
"""

import operator
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NamedTuple, get_args

from core.catalogue.listing import RunSummary
from core.config import earlier
from core.config.fields import Field, field, fields, value
from core.config.schema import Config
from core.errors import InputError
from core.runs.followed import RunState
from core.training.metrics import METRICS

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

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign><=|>=|!=|[=<>~()])|"(?P<text>[^"]*)"|'(?P<quoted>[^']*)'"""
    r"""|(?P<word>[^\s=<>~!()"']+)|(?P<stray>\S))"""
)
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
    """Parse an expression, or raise InputError. An empty one accepts every run."""
    parser = _Parser(text)
    if parser.next is _END:
        return lambda run, config: True
    query = parser.expression()
    if parser.next is not _END:
        raise InputError(f"{parser.next.text!r} was not expected; 'and' or 'or' would be accepted")
    return query


class _Token(NamedTuple):
    kind: str
    """A group of `_TOKEN`."""
    text: str


_END = _Token("end", "")


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text.rstrip()):
        token = _Token(match.lastgroup or "", match[match.lastgroup or 0])
        if token.kind == "stray":
            raise InputError(f"{token.text!r} was not expected, or is never closed")
        yield token


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), _END]
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *words: str) -> bool:
        """Skip the next token if it is one of these words or signs."""
        found = self.next.kind in ("sign", "word") and self.next.text.lower() in words
        self._at += found
        return found

    def expression(self) -> Query:
        return self._joined("or", any, lambda: self._joined("and", all, self._negation))

    def _joined(
        self, word: str, join: Callable[[Iterable[bool]], bool], part: Callable[[], Query]
    ) -> Query:
        parts = [part()]
        while self._take(word):
            parts.append(part())
        return lambda *run: join(one(*run) for one in parts)

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
        key, *rest = self._tokens[self._at : self._at + 4]
        if key.kind != "word":
            place = "at the end" if key is _END else f"at {key.text!r}"
            raise InputError(f"{place}: a run's {', '.join(KEYS)} or a setting is needed")
        sign = rest[0]
        if sign.kind != "sign" or sign.text in "()":
            raise InputError(
                f"after {key.text!r}: one of =, !=, <, <=, >, >= and ~ is needed"
                + (f", not {sign.text!r}" if sign is not _END else "")
            )
        wanted = rest[1]
        if wanted.kind in ("sign", "end"):
            raise InputError(f"after '{key.text} {sign.text}': a value is needed")
        # A unit may be a token of its own: age < 2 h.
        name, unit = key.text.lower(), rest[2].text
        unit = unit if unit in UNITS.get(name, ()) else ""
        self._at += 4 if unit else 3
        if name in KEYS:
            return _column(name, sign.text, wanted.text + unit)
        if name in METRICS and not _near(name, [one.key for one in fields()]):
            test = _number_test(name, sign.text, wanted.text)
            return lambda run, config: test(run.metrics.get(name))
        return _setting(*_field(name, key.text), sign.text, wanted.text)


def _column(name: str, sign: str, wanted: str) -> Query:
    """Compare a column of the list."""
    if name == "tag":
        return _tag(sign, wanted)
    if name in ("name", "state", "note"):
        test = _text_test(name, sign, wanted, STATES if name == "state" else ())
    else:
        test = _number_test(name, sign, wanted)
    if name == "age":
        return lambda run, config: test(None if run.age is None else time.time() - run.age)
    return lambda run, config: test(getattr(run, name))


def _setting(one: Field, old: str, sign: str, wanted: str) -> Query:
    """Compare a setting, or the setting of version 0.1.0 that was called `old`."""
    if one.type in (int, float):
        test = _number_test(one.key, sign, wanted)
    else:
        choices = ("true", "false") if one.type is bool else one.choices
        test = _text_test(one.key, sign, wanted, choices)

    def passes(run: RunSummary, config: ReadConfig) -> bool:
        if (settings := config()) is None:
            return test(None)
        found = earlier.flat(settings)[old] if old else value(settings, one)
        return test(str(found).lower() if isinstance(found, bool) else found)

    return passes


def _field(name: str, given: str) -> tuple[Field, str]:
    """Find a setting, and its name in version 0.1.0 if given by that; else raise InputError."""
    near = _near(name, [one.key for one in fields()])
    old = "" if near else next(iter(_near(name, earlier.RENAMED)), "")
    if not near and not old:
        raise InputError(
            f"{given!r} is not known; accepted: {', '.join(KEYS)}, a metric such as kl, or a "
            "setting such as latent_size"
        )
    if len(near) > 1:
        raise InputError(f"{given!r} may be {' or '.join(near)}; say which")
    return field(earlier.RENAMED[old] if old else near[0]), old


def _near(name: str, keys: Collection[str]) -> list[str]:
    """List the keys that a name may stand for."""
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
        raise InputError(f"{key} cannot be {wanted!r}; accepted: {', '.join(accepted)}")
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
