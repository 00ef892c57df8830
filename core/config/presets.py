"""Presets: complete configurations by name, those that ship and the user's own."""

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w

from core.config.build import build, differences, read_toml, value
from core.config.fields import shown
from core.config.schema import Config
from core.errors import InputError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def preset_names() -> tuple[str, ...]:
    """Names of the presets: those that ship, `default` first, then the user's own."""
    return (*shipped_names(), *own_names())


def preset(name: str) -> Config:
    """A preset: the defaults with what its file changes.

    Raises InputError for an unknown name, and for a user's preset that cannot be used.
    """
    return build(read(name), where=f"preset {name}")


def preset_description(name: str) -> str:
    """The sentence with which a preset introduces itself.

    Raises InputError as `preset` does.
    """
    return str(read(name).get("description", ""))


def save_preset(name: str, config: Config, description: str, *, replace: bool = False) -> Path:
    """Save a configuration as a preset of the user's own; the file that holds it.

    replace: whether it may take the place of another of the user's own.
    Raises InputError when the name cannot be used or the file cannot be written.
    """
    document: dict[str, Any] = {"description": " ".join(description.split())}
    for known in differences(config, Config()):
        document.setdefault(known.section, {})[known.name] = value(config, known)
    return write(name, document, replace=replace)


def own_folder() -> Path:
    """Where a user's presets lie, one file each."""
    return platformdirs.user_config_path("cvae-tui") / "presets"


@functools.cache
def shipped_names() -> tuple[str, ...]:
    """Names of the presets that ship, `default` first."""
    folder = resources.files("core.config") / "presets"
    names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())
    return tuple(sorted(names, key=lambda name: name != "default"))


def own_names() -> tuple[str, ...]:
    """Names of the user's presets. A shipped one's name is never a user's."""
    names = sorted(path.stem for path in own_folder().glob("*.toml"))
    return tuple(name for name in names if NAME.fullmatch(name) and name not in shipped_names())


def read(name: str) -> Mapping[str, Any]:
    """What a preset's file says.

    Raises InputError for an unknown name, and for a user's file that cannot be read.
    """
    if name in shipped_names():
        return _read_shipped(name)
    if name not in own_names():
        accepted = ", ".join((*shipped_names(), *own_names()))
        raise InputError(f"{shown(name)} is not a preset; accepted: {accepted}")
    return read_toml(own_folder() / f"{name}.toml")


def write(name: str, document: Mapping[str, Any], *, replace: bool = False) -> Path:
    """Save a preset of the user's own; the file that holds it.

    Raises InputError when the name cannot be used or is taken (unless `replace`, for one's own),
    or the file cannot be written.
    """
    check_free(name, replace=replace)
    file = own_folder() / f"{name}.toml"
    temporary = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(tomli_w.dumps(document), encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror}") from None
    return file


def check_free(name: str, *, replace: bool = False) -> None:
    """Raise InputError unless a preset of one's own can be saved under a name.

    replace: whether it may take the place of another of one's own.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"{shown(name)} cannot be the name of a preset; accepted: 1 to 60 letters, digits, "
            "'.', '_' and '-', beginning with a letter or a digit"
        )
    if name in shipped_names():
        raise InputError(f"the preset {name!r} ships with the program; choose another name")
    if name in own_names() and not replace:
        raise InputError(f"there is a preset {name!r} already; choose another name")


@functools.cache
def _read_shipped(name: str) -> Mapping[str, Any]:
    text = (resources.files("core.config") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
