"""Settings of the next run as they are typed, with undo and checks."""

import contextlib

from core.config.build import with_values
from core.config.fields import Field, Value, fields, shown, value
from core.config.presets import preset
from core.config.schema import Config
from core.errors import InputError
from core.files import path_of
from data import corpora


class Draft:
    """A preset and a text for each setting, which may be one that the setting does not accept.

    The texts of alternatives that are not chosen are kept, so that choosing them shows them again.
    """

    def __init__(self, preset_name: str = "default") -> None:
        self.preset_name = preset_name
        self.base = preset(preset_name)
        self._texts = spell(self.base)
        self._past: list[tuple[str, Config, dict[str, str]]] = []
        self._typing_in = ""

    def fields(self) -> list[Field]:
        """Return the settings of the chosen alternatives."""
        return [one for one in fields() if not one.choice or self._texts[one.choice] in one.kinds]

    def text(self, field: Field) -> str:
        """Return the text of a setting."""
        return self._texts[field.key]

    def type(self, field: Field, text: str) -> None:
        """Change the text of a setting. Changes of one setting in a row are undone together."""
        if text == self._texts[field.key]:
            return
        if self._typing_in != field.key:
            self._keep()
            self._typing_in = field.key
        self._texts[field.key] = text

    def choose(self, preset_name: str) -> None:
        """Start from another preset. Raise InputError when it cannot be used."""
        base = preset(preset_name)
        self._keep()
        self.preset_name, self.base, self._texts = preset_name, base, spell(base)

    def fill(self, config: Config) -> None:
        """Change all texts to the values of a configuration."""
        self._keep()
        self._texts = spell(config)

    def reset(self, field: Field) -> None:
        """Return a setting to the preset."""
        self._typing_in = ""
        self.type(field, field.spell(self.preset_value(field)))
        self._typing_in = ""

    def preset_value(self, field: Field) -> Value:
        """Return the value of the preset; the default where it has another alternative."""
        return _filled(self.base, field)

    def undo(self) -> bool:
        """Undo the last change; False when there is none."""
        if not self._past:
            return False
        self.preset_name, self.base, self._texts = self._past.pop()
        self._typing_in = ""
        return True

    def parse(self, field: Field) -> Value:
        """Parse the text of a setting. Raise InputError when the setting does not accept it."""
        parsed = field.parse(self.text(field))
        if field.key == "data.corpus":
            _check_file(field.key, str(parsed), ", ".join(corpora()) + ", or a file")
        if field.key == "data.pairs" and parsed:
            _check_file(field.key, str(parsed), "a file, or nothing")
        return parsed

    def problem(self, field: Field) -> str:
        """Return the error in a setting's text; empty when it is accepted."""
        try:
            self.parse(field)
        except InputError as error:
            return str(error)
        return ""

    def differs(self, field: Field) -> bool:
        """Compare a setting's text with the preset."""
        try:
            return field.parse(self.text(field)) != self.preset_value(field)
        except InputError:
            return True

    def changed(self) -> list[Field]:
        """Return the settings that differ from the preset."""
        return [one for one in self.fields() if self.differs(one)]

    def config(self) -> Config:
        """Return the configuration. Raise InputError for the first setting that is not accepted."""
        values = {one.key: self.parse(one) for one in self.fields()}
        try:
            return with_values(Config(), values, where="")
        except InputError as error:
            raise InputError(str(error).removeprefix(": ")) from None

    def _keep(self) -> None:
        self._past.append((self.preset_name, self.base, dict(self._texts)))
        self._typing_in = ""


def spell(config: Config) -> dict[str, str]:
    """Return the values of a configuration as texts by key; defaults for what it does not have."""
    return {one.key: one.spell(_filled(config, one)) for one in fields()}


def label(one: Field) -> str:
    """Name a setting within its section: a choice by its place, its settings indented."""
    place, _, name = one.key.rpartition(".")
    choice = place.partition(".")[2]
    text = name if not choice else choice if name == "kind" else f"  {name}"
    return text.replace("_", " ")


def _filled(config: Config, field: Field) -> Value:
    found = value(config, field)
    return field.default if found is None else found


def _check_file(key: str, name: str, accepted: str) -> None:
    there = name in corpora()
    # No file has a name that the system finds too long.
    with contextlib.suppress(OSError):
        there = there or path_of(name).is_file()
    if not there:
        raise InputError(f"{key}: there is no {shown(name)}; accepted: {accepted}")
