"""A configuration from nested tables, TOML files and `--set`, and back."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from core.config.fields import Field, field, fields, shown
from core.config.schema import SECTIONS, Config
from core.errors import InputError


def read_config(path: Path, base: Config | None = None) -> Config:
    """A configuration file, its missing fields taken from `base` (the defaults).

    Raises InputError when the file cannot be read or says something unusable.
    """
    return build(read_toml(path), base=base, where=str(path))


def build(
    document: Mapping[str, Any], base: Config | None = None, where: str = "configuration"
) -> Config:
    """The configuration that nested tables describe, over the values of `base` (the defaults).

    Raises InputError naming the first field that is unknown, of a wrong type or out of range.
    """
    merged = msgspec.to_builtins(base or Config())
    for section, table in document.items():
        if section == "description":
            continue
        if section not in SECTIONS:
            raise InputError(
                f"{where}: {shown(section)} is not a section; accepted: {', '.join(SECTIONS)}"
            )
        if not isinstance(table, Mapping):
            raise InputError(f"{where}: {section} must be a table of settings")
        for name, value in table.items():
            try:
                merged[section][name] = field(f"{section}.{name}").check(value)
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
    try:
        return msgspec.convert(merged, Config)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {str(error).partition(' - at ')[0]}") from None


def with_settings(config: Config, settings: Iterable[str]) -> Config:
    """The configuration after `section.key=value` settings, as `--set` gives them.

    Raises InputError for an unknown key, a wrong value, or fields that contradict one another.
    """
    tables: dict[str, dict[str, Any]] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise InputError(f"--set {shown(setting)}: section.key=value is needed")
        known = field(key.strip())
        tables.setdefault(known.section, {})[known.name] = known.parse(text)
    return build(tables, base=config, where="--set")


def value(config: Config, known: Field) -> bool | int | float | str:
    """The value of one field in a configuration."""
    found: bool | int | float | str = getattr(getattr(config, known.section), known.name)
    return found


def differences(config: Config, base: Config) -> tuple[Field, ...]:
    """The fields in which a configuration differs from another."""
    return tuple(known for known in fields() if value(config, known) != value(base, known))


def to_toml(config: Config) -> str:
    """The configuration as TOML, every field written out."""
    return tomli_w.dumps(msgspec.to_builtins(config))


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file.

    Raises InputError when it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; a TOML file is needed") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; a TOML file is needed") from None
    except (ValueError, RecursionError) as error:
        # Not TOMLDecodeError alone: a number of thousands of digits is a plain ValueError.
        raise InputError(f"{path} is not valid TOML: {error}") from None
