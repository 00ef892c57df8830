"""Settings one by one, as a screen or a help text shows them, read from the schema."""

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec.inspect import FloatType, IntType, Metadata, type_info

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
    accepts: str
    """Accepted values, in words."""
    choices: tuple[str, ...]
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

    def parse(self, text: str) -> Value:
        """Read the value from a text; InputError when this setting does not accept it."""
        return self.check(text.strip(), strict=False)

    def check(self, value: object, *, strict: bool = True) -> Value:
        """Return the same value when this setting accepts it; InputError otherwise."""
        try:
            checked: Value = msgspec.convert(value, self.hint, strict=strict)
        except (msgspec.ValidationError, UnicodeEncodeError):
            checked = math.nan
        if not _representable(checked):
            raise InputError(f"{self.key}: {shown(value)} is not accepted; it takes {self.accepts}")
        return checked

    def spell(self, value: Value | None) -> str:
        """Write a value as the shortest text that `parse` reads as the same; empty for none."""
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
    """List all settings, those of every alternative included, in the order of the sections."""
    return tuple(
        one for name, (hint, _) in _sections().items() for one in _describe(name, hint, Config())
    )


@functools.cache
def sections() -> Mapping[str, str]:
    """List the names of the sections, each with its description."""
    return {name: text.partition(".")[0] + "." for name, (_, text) in _sections().items()}


def field(key: str) -> Field:
    """Find the setting of a key. Raises InputError when there is none."""
    found = _by_key().get(key)
    if found:
        return found
    section = key.partition(".")[0]
    near = [one.key for one in fields() if one.section == section]
    accepted = ", ".join(near or ["section.key with a section among " + ", ".join(sections())])
    raise InputError(f"{shown(key)} is not a setting; accepted: {accepted}")


def value(config: Config, field: Field) -> Value | None:
    """Read the value of a setting; None where the configuration's choices do not bring it."""
    found: Any = config
    for name in field.key.split("."):
        found = getattr(found, name, None)
    return cast(Value | None, found)


def fields_of(config: Config) -> tuple[Field, ...]:
    """List the settings that the configuration's choices bring."""
    return tuple(one for one in fields() if value(config, one) is not None)


def differing(configs: Sequence[Config]) -> Iterator[list[str]]:
    """Yield key and values of each setting that is not the same in all configurations."""
    for one in fields():
        spelt = [one.spell(value(config, one)) for config in configs]
        if len(set(spelt)) > 1:
            yield [one.key, *spelt]


def differences(config: Config, base: Config) -> tuple[Field, ...]:
    """List the settings in which a configuration differs from another.

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
    """List the structs of a choice by kind. The key ends in `kind`."""
    hint: Any = Config
    for name in key.split(".")[:-1]:
        hint = get_type_hints(_members(hint)[0], include_extras=True)[name]
    return {str(one.__struct_config__.tag): one for one in _members(hint)}


def shown(given: object) -> str:
    """Make a user's value safe and short for a sentence."""
    try:
        text = repr(given)
    except ValueError:
        text = "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


@functools.cache
def _by_key() -> Mapping[str, Field]:
    return {one.key: one for one in fields()}


def _sections() -> dict[str, tuple[Any, str]]:
    """Annotation and description of each section; of a choice, the description is annotated."""
    return {
        name: (hint, _description(hint) or hint.__doc__ or "")
        for name, hint in get_type_hints(Config, include_extras=True).items()
        if _members(hint) and name != "chosen"
    }


def _members(hint: Any) -> tuple[Any, ...]:
    """List the structs that an annotation allows, if any."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    found = get_args(hint) or (hint,)
    return tuple(one for one in found if isinstance(one, type) and issubclass(one, Section))


def _describe(path: str, hint: Any, owner: Section) -> Iterator[Field]:
    """Yield the settings of a section, a choice, or one setting itself, at a path.

    owner: holds the default at the last part of the path.
    """
    members, default = _members(hint), getattr(owner, path.rpartition(".")[2])
    if not members:
        yield _leaf(path, hint, default)
        return
    choice, tags = "", {one: str(one.__struct_config__.tag) for one in members}
    if issubclass(members[0], Choice):
        choice = f"{path}.kind"
        kinds = Literal.__getitem__(tuple(tags.values()))
        yield _leaf(choice, Annotated[kinds, *hint.__metadata__], default.kind)
    found: dict[str, Field] = {}
    for member in members:
        for name, inner in get_type_hints(member, include_extras=True).items():
            bring = tuple(tag for one, tag in tags.items() if name in one.__struct_fields__)
            for one in _describe(f"{path}.{name}", inner, member()):
                if choice and not one.choice:
                    one = msgspec.structs.replace(one, choice=choice, kinds=bring)
                found.setdefault(one.key, one)
    yield from found.values()


def _leaf(key: str, hint: Any, default: Value) -> Field:
    """Describe one setting. Each is annotated with its text, each number with two bounds too."""
    info: Any = cast(Metadata, type_info(hint)).type
    choices = get_args(get_args(hint)[0])
    if choices:
        accepts = "one of " + ", ".join(choices)
    elif isinstance(info, IntType | FloatType):
        noun = "a whole number" if isinstance(info, IntType) else "a number"
        low, upto = (
            (f"from {info.ge:g}", "to") if info.gt is None else (f"above {info.gt:g}", "up to")
        )
        high = f"{upto} {info.le:.10g}" if info.lt is None else f"below {info.lt:.10g}"
        accepts = f"{noun} {low} {high}"
    else:
        accepts = "true or false" if isinstance(default, bool) else "a name or a path"
    return Field(key, hint, type(default), default, _description(hint), accepts, choices)


def _description(hint: Any) -> str:
    return str(hint.__metadata__[-1].description) if get_origin(hint) is Annotated else ""


def _representable(checked: object) -> bool:
    """Return True for what a file can hold: a finite number, or text that is UTF-8."""
    if isinstance(checked, str):
        return not any("\ud800" <= character <= "\udfff" for character in checked)
    return not isinstance(checked, float) or math.isfinite(checked)
