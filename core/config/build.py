"""A configuration from nested tables, TOML files and `--set`, and back."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from core.config import earlier
from core.config.fields import alternatives, field, sections, shown
from core.config.schema import FORMAT, Chosen, Config
from core.errors import InputError

Settings = Mapping[str, Any]
"""Values by key."""


def read_config(path: Path, base: Config | None = None) -> Config:
    """Read a configuration file, its missing settings taken from `base` (the defaults).

    Raises InputError when the file cannot be read or holds something unusable.
    """
    document = read_toml(path)
    return build(document, base, str(path), old="format" not in document)


def build(
    document: Mapping[str, Any],
    base: Config | None = None,
    where: str = "configuration",
    *,
    old: bool = False,
) -> Config:
    """Build the configuration that nested tables describe, over `base` (the defaults).

    Tables of version 0.1.0 are read as that version read them. They are recognised by their names,
    or as a whole file without a format. old: they are part of such a file.

    Raises InputError naming the first setting that is unknown, of a wrong type or out of range.
    """
    try:
        mark, settings = document.get("format"), flatten(document)
        if mark not in (None, FORMAT):
            raise InputError(f"format {shown(mark)} is not known; accepted: {FORMAT}")
        if mark is None and (old or base is None or earlier.RENAMED.keys() & settings):
            base, settings = _read_earlier(settings, base)
        config = assemble(base or Config(), settings)
        if "chosen" in document:
            chosen = msgspec.convert(document["chosen"], Chosen)
            config = msgspec.structs.replace(config, chosen=chosen)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {str(error).partition(' - at ')[0]}") from None
    except RecursionError:
        raise InputError(f"{where}: its tables are nested too deeply") from None
    return config


def _read_earlier(settings: Settings, base: Config | None) -> tuple[Config | None, Settings]:
    """Put the settings of version 0.1.0 into the base, and return the settings that are left.

    All are of that version where it has all: one that did nothing then still does nothing.
    """
    if settings.keys() <= earlier.defaults().keys():
        old, new = settings, {}
    else:
        old = {key: given for key, given in settings.items() if key in earlier.RENAMED}
        new = {key: given for key, given in settings.items() if key not in old}
        if not old:
            return base, new
    return assemble(Config(), earlier.renamed(old, base)), new


def flatten(document: Mapping[str, Any]) -> Settings:
    """List the settings in nested tables, by key.

    Raises InputError for a part that is not a section, and for a section that is not a table.
    """
    found: dict[str, Any] = {}
    for section, table in document.items():
        if section in ("format", "description", "chosen"):
            continue
        if section not in sections():
            raise InputError(
                f"{shown(section)} is not a section; accepted: {', '.join(sections())}"
            )
        if not isinstance(table, Mapping):
            raise InputError(f"{section} must be a table of settings")
        found |= dict(leaves(table, f"{section}."))
    return found


def leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values in nested tables, by the keys that lead to them."""
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def assemble(base: Config, settings: Settings) -> Config:
    """Put settings over those of `base`, in whatever order they are given.

    A choice that is switched keeps what its alternatives share; the rest has its defaults.

    Raises InputError for a setting that is unknown, not accepted, or of an alternative that is not
    chosen, and msgspec.ValidationError for settings that contradict one another.
    """
    checked = {key: field(key).check(value) for key, value in settings.items()}
    tree = msgspec.to_builtins(base)
    for key, value in checked.items():
        if key.endswith(".kind"):
            table = _table(tree, key)
            if table["kind"] != value:
                switched = msgspec.to_builtins(alternatives(key)[str(value)]())
                kept = {name: table[name] for name in switched if name in table and name != "kind"}
                table.clear()
                table.update(switched | kept)
    for key, value in checked.items():
        one = field(key)
        if one.choice and (kind := _table(tree, one.choice)["kind"]) not in one.kinds:
            raise InputError(
                f"{key} is a setting of {one.choice} {' or '.join(one.kinds)}, not of {kind}; "
                f"set {one.choice}={one.kinds[0]} as well"
            )
        _table(tree, key)[one.name] = value
        # A setting by hand wins over an earlier measurement, also where it asks for another one.
        if tree["chosen"] and one.name in tree["chosen"]:
            if one.name == "device" and value != tree["chosen"]["device"]:
                tree["chosen"] = None
            else:
                tree["chosen"][one.name] = value
    return msgspec.convert(tree, Config)


def with_settings(config: Config, settings: Iterable[str]) -> Config:
    """Apply `section.key=value` settings, as `--set` gives them.

    Raises InputError for an unknown key, a wrong value, or settings that contradict one another.
    """
    tables: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise InputError(f"--set {shown(setting)}: section.key=value is needed")
        key = key.strip()
        tables[key] = earlier.parse(key, text) if key in earlier.RENAMED else field(key).parse(text)
    return with_values(config, tables, where="--set")


def with_values(config: Config, settings: Settings, where: str, *, old: bool = False) -> Config:
    """Apply settings by key, as `build` reads them."""
    document: dict[str, Any] = {}
    for key, value in settings.items():
        section, _, rest = key.partition(".")
        document.setdefault(section, {})[rest] = value
    return build(document, base=config, where=where, old=old)


def to_toml(config: Config) -> str:
    """Write the configuration as TOML, with every setting."""
    return tomli_w.dumps(as_document(config))


def as_document(config: Config) -> dict[str, Any]:
    """Write the configuration as nested tables."""
    document: dict[str, Any] = msgspec.to_builtins(config)
    if document["chosen"] is None:
        del document["chosen"]
    return document


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; InputError when it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; a TOML file is needed") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; a TOML file is needed") from None
    except (ValueError, RecursionError) as error:
        # Not TOMLDecodeError alone: a number of thousands of digits is a plain ValueError.
        raise InputError(f"{path} is not valid TOML: {error}") from None


def _table(tree: dict[str, Any], key: str) -> dict[str, Any]:
    """Find the table that holds the last part of a key."""
    for name in key.split(".")[:-1]:
        tree = tree[name]
    return tree
