"""Presets: complete configurations by name, those that ship and the user's own."""

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import platformdirs
import tomli_w

from core.config.build import as_document, build, read_toml
from core.config.fields import shown
from core.config.schema import Config
from core.errors import InputError
from core.files import replacing

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def preset_names() -> tuple[str, ...]:
    """List the presets: those that ship, `default` first, then the user's own."""
    return (*shipped_names(), *own_names())


def preset(name: str) -> Config:
    """Read a preset, which is a complete configuration.

    Raises InputError for an unknown name, and for a user's preset that cannot be used.
    """
    return build(read(name), where=f"preset {name}")


def preset_description(name: str) -> str:
    """Read the sentence that describes a preset. Raises InputError as `preset` does."""
    return str(read(name).get("description", ""))


def save_preset(name: str, config: Config, description: str, *, replace: bool = False) -> Path:
    """Save every setting as a preset of the user's own, and return its file.

    replace: it may take the place of another of the user's own.
    Raises InputError when the name cannot be used or is taken, or the file cannot be written.
    """
    check_free(name, replace=replace)
    document = as_document(msgspec.structs.replace(config, chosen=None))
    text = tomli_w.dumps({"description": " ".join(description.split())} | document)
    file = own_folder() / f"{name}.toml"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as new:
            new.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror}") from None
    return file


def own_folder() -> Path:
    """Locate the folder of the user's presets, one file each."""
    return platformdirs.user_config_path("cvae-tui") / "presets"


@functools.cache
def _shipped() -> Mapping[str, Mapping[str, Any]]:
    """Read the presets that ship, by name, `default` first."""
    files = (resources.files("core.config") / "presets").iterdir()
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8"))
        for file in sorted(files, key=lambda file: (file.name != "default.toml", file.name))
    }


def shipped_names() -> tuple[str, ...]:
    """List the presets that ship, `default` first."""
    return tuple(_shipped())


def own_names() -> tuple[str, ...]:
    """List the user's presets, without files that have the name of a shipped one."""
    names = sorted(path.stem for path in own_folder().glob("*.toml"))
    return tuple(name for name in names if NAME.fullmatch(name) and name not in shipped_names())


def read(name: str) -> Mapping[str, Any]:
    """Read the tables in a preset's file.

    Raises InputError for an unknown name, and for a user's file that cannot be read.
    """
    if name in _shipped():
        return _shipped()[name]
    if name not in own_names():
        accepted = ", ".join((*shipped_names(), *own_names()))
        raise InputError(f"{shown(name)} is not a preset; accepted: {accepted}")
    return read_toml(own_folder() / f"{name}.toml")


def check_free(name: str, *, replace: bool = False) -> None:
    """Raise InputError unless the user's preset can be saved under a name, as in `save_preset`."""
    if not NAME.fullmatch(name):
        raise InputError(
            f"{shown(name)} cannot be the name of a preset; accepted: 1 to 60 letters, digits, "
            "'.', '_' and '-', beginning with a letter or a digit"
        )
    if name in shipped_names():
        raise InputError(f"the preset {name!r} ships with the program; choose another name")
    if name in own_names() and not replace:
        raise InputError(f"there is a preset {name!r} already; choose another name")
