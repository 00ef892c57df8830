"""docs/run-directory.md names every file, every event and every field, with its type."""

import re
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from core.catalogue.labels import Labels
from core.compute.hardware import Hardware
from core.corpus.vocabulary import Vocabulary
from core.experiments.membership import Membership
from core.runs.commands import Command
from core.runs.directory import RunDirectory
from core.runs.environment import Environment
from core.runs.ownership import Owner
from core.runs.summary import JournalPart, Summary
from core.scores.metric import Metric
from core.scores.results import Commonest, Conversion, Draw, Gaussian, Scores
from core.training import events
from core.training.schedules import EDITABLE
from core.training.snapshot import Position

PAGE = (Path(__file__).parents[3] / "docs/run-directory.md").read_text(encoding="utf-8")
PARTS = dict(part.split("\n", 1) for part in re.split(r"^#{2,3} ", PAGE, flags=re.MULTILINE)[1:])
"""Text under each heading, up to the next."""
TYPES = {int: "integer", float: "number", bool: "boolean", str: "string", NoneType: "null"}
STRUCTS: dict[str, type[msgspec.Struct]] = {
    "summary.json": Summary,
    "journal": JournalPart,
    "vocabulary.json": Vocabulary,
    "checkpoints/": Position,
    "environment.json": Environment,
    "hardware": Hardware,
    "labels.json": Labels,
    "experiment.json": Membership,
    "owner.lock": Owner,
    "journal.jsonl": events.Event,
    "Scores": Scores,
    "Gaussian": Gaussian,
    "Conversion": Conversion,
    "Draw": Draw,
    "Commonest": Commonest,
}
EVENTS = {str(kind.__struct_config__.tag): kind for kind in events.EVENTS}


def spelt(hint: Any) -> str:
    """A type in the words of JSON."""
    arguments, origin = get_args(hint), get_origin(hint)
    if origin is Annotated:
        return spelt(arguments[0])
    if origin in (Union, UnionType):
        return " or ".join(map(spelt, arguments))
    if origin is Literal or isinstance(hint, str):
        return TYPES[type(arguments[0])]
    if origin is tuple:
        return f"array of {spelt(arguments[0])}"
    return TYPES.get(hint, "object")


def rows(heading: str) -> dict[str, str]:
    """Types by field in the first table under a heading."""
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", PARTS[heading], flags=re.MULTILINE))


def fields(struct: type[msgspec.Struct], *without: str) -> dict[str, str]:
    hints = get_type_hints(struct, include_extras=True)
    return {name: spelt(hints[name]) for name in struct.__struct_fields__ if name not in without}


def new_metrics(heading: str, struct: type[msgspec.Struct]) -> set[str]:
    """Metrics without a row: `cvae-tui plot --list` describes those that were added."""
    hints = get_type_hints(struct, include_extras=True).items()
    metrics = {name for name, hint in hints if any(isinstance(m, Metric) for m in get_args(hint))}
    return metrics - rows(heading).keys()


@pytest.mark.parametrize("heading", STRUCTS)
def test_every_field_of_a_file_is_described_with_its_type(heading: str) -> None:
    found = rows(heading)
    if heading == "journal.jsonl":
        assert found.pop("event") == "string"
    assert found == fields(STRUCTS[heading], *new_metrics(heading, STRUCTS[heading]))


@pytest.mark.parametrize("tag", EVENTS)
def test_every_event_and_its_fields_are_described(tag: str) -> None:
    common = events.Event.__struct_fields__
    assert rows(tag) == fields(EVENTS[tag], *common, *new_metrics(tag, EVENTS[tag]))
    assert rows(tag) or "No further fields." in PARTS[tag]


def test_every_file_of_a_run_is_described() -> None:
    run = RunDirectory(Path("run"))
    paths = {
        str(found.relative_to(run.path))
        for name in vars(RunDirectory)
        if isinstance(found := getattr(run, name), Path) and found != run.path
    }
    assert len(paths) >= 13
    listing, headings = PAGE.split("## ", 1)[0], " ".join(PARTS)
    for path in paths:
        assert re.search(rf"^ +{re.escape(path)}\b", listing, flags=re.MULTILINE), path
        assert path in headings, path


def test_a_training_leaves_no_file_that_is_not_described(trained: RunDirectory) -> None:
    for path in trained.path.iterdir():
        assert path.name in PAGE


def test_every_command_is_described() -> None:
    commands = get_args(get_type_hints(Command)["what"])
    assert all(f'{{"ask":"do","what":"{what}"}}' in PARTS["inbox/"] for what in commands)
    assert all(f"`{name}`" in PARTS["edited"] for name in EDITABLE)


def test_every_state_is_described() -> None:
    states = get_args(get_type_hints(Summary)["state"])
    (row,) = (line for line in PARTS["summary.json"].splitlines() if "| `state`" in line)
    assert all(f"`{state}`" in row for state in states if state != "crashed")
