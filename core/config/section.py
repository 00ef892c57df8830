"""Building blocks of the configuration: groups of settings, and choices among such groups."""

from typing import Annotated

import msgspec
from msgspec import Meta

Ratio = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
CountOrNone = Annotated[int, Meta(ge=0, le=1_000_000)]
Size = Annotated[int, Meta(ge=1, le=16_384)]
Weight = Annotated[float, Meta(ge=0, le=1000)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A group of settings that belong to one idea."""


class Choice(Section, frozen=True, tag_field="kind", tag=str.lower):
    """One of several alternatives, each with settings of its own. Files name it by `kind`."""

    @property
    def kind(self) -> str:
        """Name of the alternative."""
        return str(self.__struct_config__.tag)


def doc(text: str) -> Meta:
    """Describe a setting: the help of `--set`, the text on the Setup screen, the JSON schema."""
    return Meta(description=" ".join(text.split()))
