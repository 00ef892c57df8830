"""Building blocks of the configuration: groups of settings, and choices among such groups."""

import inspect
import re
from typing import Annotated

import msgspec
from msgspec import Meta

Ratio = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
CountOrNone = Annotated[int, Meta(ge=0, le=1_000_000)]
Size = Annotated[int, Meta(ge=1, le=16_384)]
Weight = Annotated[float, Meta(ge=0, le=1000)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A group of settings that belong to one idea, each described in its docstring: `name: text`.

    The texts are the help of `--set`, on the Setup screen and in the JSON schema.
    """

    def __init_subclass__(cls) -> None:
        """Put the description of each setting into its annotation."""
        described, hints = inspect.cleandoc(cls.__doc__ or ""), cls.__annotations__
        texts = dict(re.findall(r"^(\w+): (.+(?:\n +.+)*)", described, re.MULTILINE))
        # `python -OO` drops docstrings; settings then have no descriptions.
        for name, text in (texts if described else dict.fromkeys(hints, "")).items():
            if name in hints:
                hints[name] = Annotated[hints[name], Meta(description=" ".join(text.split()))]


class Choice(Section, frozen=True, tag_field="kind", tag=str.lower):
    """One of several alternatives, each with settings of its own. Files name it by `kind`."""

    @property
    def kind(self) -> str:
        """Name of the alternative."""
        return str(self.__struct_config__.tag)
