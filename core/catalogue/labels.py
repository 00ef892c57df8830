"""Labels of a run: tags and a note of the user."""

import re

import msgspec

from core.errors import InputError
from core.files import read_json, write_json
from core.runs.directory import RunDirectory

TAG = re.compile(r"[\w.-]{1,32}")
LONGEST_NOTE = 1000


class Labels(msgspec.Struct, frozen=True):
    """Sorted tags, and one line of text."""

    tags: tuple[str, ...] = ()
    note: str = ""


def read_labels(directory: RunDirectory) -> Labels:
    """Read the labels of a run. A missing or damaged file counts as none."""
    return read_json(directory.labels_file, Labels) or Labels()


def write_labels(directory: RunDirectory, labels: Labels) -> None:
    """Replace the labels of a run. Raise InputError when they cannot be written."""
    try:
        write_json(directory.labels_file, labels)
    except OSError as error:
        raise InputError(f"cannot write {directory.labels_file}: {error.strerror}") from None


def parse_tags(text: str) -> tuple[str, ...]:
    """Split a text at spaces and commas into distinct tags. Raise InputError for an invalid one."""
    tags = sorted({tag for tag in re.split(r"[\s,]+", text) if tag})
    for tag in tags:
        if not TAG.fullmatch(tag):
            raise InputError(
                f"{tag!r} cannot be a tag; accepted: 1 to 32 letters, digits, '.', '_' and '-'"
            )
    return tuple(tags)


def parse_note(text: str) -> str:
    """Make a note of a text. Raise InputError when it is too long."""
    note = " ".join(text.split())
    if len(note) > LONGEST_NOTE:
        raise InputError(f"a note has at most {LONGEST_NOTE} characters; this has {len(note)}")
    return note
