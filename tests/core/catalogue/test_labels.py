import os

import pytest

from core.catalogue.labels import Labels, parse_note, parse_tags, read_labels, write_labels
from core.catalogue.listing import Catalogue, summarize
from core.errors import InputError
from core.runs.directory import RunDirectory


def test_labels_are_kept_with_the_run(copied: RunDirectory) -> None:
    assert read_labels(copied) == Labels()
    catalogue = Catalogue(copied.path.parent)
    assert catalogue.summaries()[0].tags == ()
    write_labels(copied, Labels(("good", "lab"), "the [b]one[/b] to keep"))
    assert read_labels(copied) == Labels(("good", "lab"), "the [b]one[/b] to keep")
    assert catalogue.summaries()[0].tags == summarize(copied).tags == ("good", "lab")
    assert not list(copied.path.glob(".labels*"))


def test_tags_are_parted_by_spaces_and_commas_and_stand_once_in_order() -> None:
    assert parse_tags(" good, lab  good,été ") == ("good", "lab", "été")
    assert parse_tags("") == ()


@pytest.mark.parametrize("tag", ["a=b", "(x)", "x" * 33, "a\x1b[31m"])
def test_what_cannot_be_a_tag_is_refused_in_a_sentence(tag: str) -> None:
    with pytest.raises(InputError, match="cannot be a tag; accepted: 1 to 32 letters"):
        parse_tags(f"good {tag}")


def test_a_note_is_one_line_of_limited_length() -> None:
    assert parse_note("  two\n lines ") == "two lines"
    with pytest.raises(InputError, match="at most 1000 characters; this has 1001"):
        parse_note("x" * 1001)


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b'{"tags": 3}'])
def test_damaged_labels_are_none(copied: RunDirectory, damage: bytes) -> None:
    copied.labels_file.write_bytes(damage)
    assert read_labels(copied) == Labels()


def test_labels_that_cannot_be_written_are_refused_in_a_sentence(copied: RunDirectory) -> None:
    if os.geteuid() == 0:
        copied = RunDirectory(copied.path / "nowhere")
    else:
        copied.path.chmod(0o500)
    with pytest.raises(InputError, match=r"cannot write .*labels\.json"):
        write_labels(copied, Labels())
