"""Settings one by one, as a screen or a help text shows them, read from the schema."""

import functools
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec.inspect import FloatType, IntType, LiteralType, Metadata, type_info

from core.config.schema import Config
from core.config.section import Choice, Section
from core.errors import InputError

Value = bool | int | float | str


class Field(msgspec.Struct, frozen=True):
    """One setting of the configuration."""

    key: str
    """Path to it, as `--set` takes it: `section.name`, or `section.choice.name`."""
    hint: Any
    """Annotation, which holds what is accepted."""
    type: type[bool] | type[int] | type[float] | type[str]
    default: Value
    doc: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    choice: str = ""
    """Key of the choice that brings this setting; empty where it is always there."""
    kinds: tuple[str, ...] = ()
    """Alternatives of that choice which bring it."""

    @property
    def section(self) -> str:
        """First part of the key."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """Last part of the key."""
        return self.key.rpartition(".")[2]

    @property
    def accepts(self) -> str:
        """Accepted values, in words."""
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

    def parse(self, text: str) -> Value:
        """The value that a text stands for.

        Raises InputError when this setting does not accept it.
        """
        try:
            return self.check(text.strip(), strict=False)
        except InputError:
            raise InputError(
                f"{self.key}: {shown(text)} is not accepted; it takes {self.accepts}"
            ) from None

    def check(self, value: object, *, strict: bool = True) -> Value:
        """The same value when this setting accepts it; InputError otherwise."""
        try:
            checked: Value = msgspec.convert(value, self.hint, strict=strict)
        except (msgspec.ValidationError, UnicodeEncodeError):
            checked = math.nan
        if not _representable(checked):
            raise InputError(f"{self.key}: {shown(value)} is not accepted; it takes {self.accepts}")
        return checked

    def spell(self, value: Value | None) -> str:
        """A value as the shortest text that `parse` reads as the same value; empty for none."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        return str(value)


@functools.cache
def fields() -> tuple[Field, ...]:
    """All settings, those of every alternative included, in the order of the sections."""
    return tuple(one for section, hint in _sections() for one in _describe(section, hint, Config()))


@functools.cache
def sections() -> Mapping[str, str]:
    """Names of the sections, each with its description."""
    docs = {name: _description(hint) or str(hint.__doc__) for name, hint in _sections()}
    return {name: text.partition(".")[0] + "." for name, text in docs.items()}


def field(key: str) -> Field:
    """The setting of a key.

    Raises InputError when there is none.
    """
    found = _by_key().get(key)
    if found:
        return found
    section = key.partition(".")[0]
    near = [one.key for one in fields() if one.section == section]
    accepted = ", ".join(near or ["section.key with a section among " + ", ".join(sections())])
    raise InputError(f"{shown(key)} is not a setting; accepted: {accepted}")


def value(config: Config, field: Field) -> Value | None:
    """The value of a setting; None where the configuration's choices do not bring it."""
    found: Any = config
    for name in field.key.split("."):
        found = getattr(found, name, None)
    return cast(Value | None, found)


def fields_of(config: Config) -> tuple[Field, ...]:
    """The settings that the configuration's choices bring."""
    return tuple(one for one in fields() if value(config, one) is not None)


def differences(config: Config, base: Config) -> tuple[Field, ...]:
    """The settings in which a configuration differs from another.

    A setting that only the configuration has differs from its default, which is what the choice of
    its alternative gives.
    """
    return tuple(
        one
        for one in fields_of(config)
        if value(config, one) != (one.default if (old := value(base, one)) is None else old)
    )


@functools.cache
def alternatives(key: str) -> Mapping[str, type[Choice]]:
    """The structs of a choice by kind. The key ends in `kind`."""
    hint: Any = Config
    for name in key.split(".")[:-1]:
        hint = get_type_hints(_members(hint)[0], include_extras=True)[name]
    return {str(one.__struct_config__.tag): one for one in _members(hint)}


def shown(given: object) -> str:
    """A user's value, made safe and short for a sentence."""
    try:
        text = repr(given)
    except ValueError:
        text = "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


@functools.cache
def _by_key() -> Mapping[str, Field]:
    return {one.key: one for one in fields()}


def _sections() -> list[tuple[str, Any]]:
    hints = get_type_hints(Config, include_extras=True)
    return [(name, hint) for name, hint in hints.items() if _members(hint) and name != "chosen"]


def _members(hint: Any) -> tuple[Any, ...]:
    """The structs that an annotation allows, if any."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    found = get_args(hint) or (hint,)
    return tuple(one for one in found if isinstance(one, type) and issubclass(one, Section))


def _describe(path: str, hint: Any, owner: Section) -> Iterator[Field]:
    """The settings of a section, a choice, or one setting itself, at a path.

    owner: holds the default at the last part of the path.
    """
    members, default = _members(hint), getattr(owner, path.rpartition(".")[2])
    if not members:
        yield _leaf(path, hint, default)
        return
    choice = ""
    if issubclass(members[0], Choice):
        choice, tags = f"{path}.kind", tuple(str(one.__struct_config__.tag) for one in members)
        kinds = Literal.__getitem__(tags)
        yield Field(choice, kinds, str, default.kind, _description(hint), choices=tags)
    found: dict[str, Field] = {}
    for member in members:
        for name, inner in get_type_hints(member, include_extras=True).items():
            for one in _describe(f"{path}.{name}", inner, member()):
                if choice and not one.choice:
                    bring = tuple(
                        kind
                        for kind, m in alternatives(choice).items()
                        if name in m.__struct_fields__
                    )
                    one = msgspec.structs.replace(one, choice=choice, kinds=bring)
                found.setdefault(one.key, one)
    yield from found.values()


def _leaf(key: str, hint: Any, default: Value) -> Field:
    info, doc = type_info(hint), _description(hint)
    kind = info.type if isinstance(info, Metadata) else info
    if isinstance(kind, LiteralType):
        options = get_args(get_args(hint)[0])
        return Field(key, hint, str, default, doc, choices=options)
    if isinstance(kind, IntType | FloatType):
        return Field(
            key,
            hint,
            int if isinstance(kind, IntType) else float,
            default,
            doc,
            low=kind.gt if kind.ge is None else kind.ge,
            high=kind.lt if kind.le is None else kind.le,
            low_open=kind.gt is not None,
            high_open=kind.lt is not None,
        )
    return Field(key, hint, type(default), default, doc)


def _description(hint: Any) -> str:
    metas = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((str(one.description) for one in reversed(metas) if one.description), "")


def _representable(checked: object) -> bool:
    """A finite number, or text that is UTF-8: what can be written to a file."""
    if isinstance(checked, str):
        return not any("\ud800" <= character <= "\udfff" for character in checked)
    return not isinstance(checked, float) or math.isfinite(checked)
