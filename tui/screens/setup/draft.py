"""The next run's settings while they are being chosen: as typed, undone, and judged."""

import contextlib

from core.config.build import build, value
from core.config.fields import Field, fields, shown
from core.config.presets import preset
from core.config.schema import Config
from core.errors import InputError
from core.files import path_of
from data import corpora


class Draft:
    """A text for each field, over a preset. A text may be one that its field does not accept."""

    def __init__(self, preset_name: str = "default") -> None:
        self.preset_name = preset_name
        self.base = preset(preset_name)
        self._texts = spell(self.base)
        self._past: list[tuple[str, Config, dict[str, str]]] = []
        self._typing_in = ""

    def text(self, known: Field) -> str:
        """A field's value as typed."""
        return self._texts[known.key]

    def type(self, known: Field, text: str) -> None:
        """Take a field's value as typed; what is typed into one field is undone at once."""
        if text == self._texts[known.key]:
            return
        if self._typing_in != known.key:
            self._keep()
            self._typing_in = known.key
        self._texts[known.key] = text

    def choose(self, preset_name: str) -> None:
        """Start from another preset.

        Raises InputError when it cannot be used.
        """
        base = preset(preset_name)
        self._keep()
        self.preset_name, self.base, self._texts = preset_name, base, spell(base)

    def fill(self, config: Config) -> None:
        """Take every value of a configuration, over the preset as it is."""
        self._keep()
        self._texts = spell(config)

    def reset(self, known: Field) -> None:
        """Take a field back to the preset."""
        self._typing_in = ""
        self.type(known, known.spell(value(self.base, known)))
        self._typing_in = ""

    def undo(self) -> bool:
        """Take back the last change; False when there is none."""
        if not self._past:
            return False
        self.preset_name, self.base, self._texts = self._past.pop()
        self._typing_in = ""
        return True

    def parse(self, known: Field) -> bool | int | float | str:
        """The value that a field's text stands for.

        Raises InputError when the field does not accept it.
        """
        parsed = known.parse(self.text(known))
        if known.key == "data.corpus":
            _check_file(known.key, str(parsed), ", ".join(corpora()) + ", or a file")
        if known.key == "data.pairs" and parsed:
            _check_file(known.key, str(parsed), "a file, or nothing")
        return parsed

    def problem(self, known: Field) -> str:
        """What is wrong with a field's text, in a sentence; empty when it holds."""
        try:
            self.parse(known)
        except InputError as error:
            return str(error)
        return ""

    def differs(self, known: Field) -> bool:
        """Whether a field's text says something else than the preset."""
        try:
            return known.parse(self.text(known)) != value(self.base, known)
        except InputError:
            return True

    def changed(self) -> list[Field]:
        """The fields that differ from the preset."""
        return [known for known in fields() if self.differs(known)]

    def config(self) -> Config:
        """The configuration as typed.

        Raises InputError for the first field that does not hold, and for fields that contradict
        one another.
        """
        tables: dict[str, dict[str, object]] = {}
        for known in fields():
            tables.setdefault(known.section, {})[known.name] = self.parse(known)
        try:
            return build(tables)
        except InputError as error:
            raise InputError(str(error).removeprefix("configuration: ")) from None

    def _keep(self) -> None:
        self._past.append((self.preset_name, self.base, dict(self._texts)))
        self._typing_in = ""


def spell(config: Config) -> dict[str, str]:
    """The values of a configuration as texts, by key."""
    return {known.key: known.spell(value(config, known)) for known in fields()}


def _check_file(key: str, name: str, accepted: str) -> None:
    there = name in corpora()
    # No file has a name that the system finds too long.
    with contextlib.suppress(OSError):
        there = there or path_of(name).is_file()
    if not there:
        raise InputError(f"{key}: there is no {shown(name)}; accepted: {accepted}")
