"""Columns of the table of runs, for the app and the command line."""

import operator
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.catalogue.listing import RunSummary
from core.catalogue.sparkline_data import Curves
from core.runs.followed import RunState
from tui.text.format import ago, figure, score, size
from tui.text.sparkline import sparkline

SYMBOLS: dict[RunState, str] = {
    "new": "·",
    "training": "▸",
    "paused": "‖",
    "finished": "✓",
    "stopped": "■",
    "failed": "✗",
    "crashed": "!",
    "elsewhere": "↗",
}
"""Symbol of each state. The word always stands beside it, and ! for active alarms."""
COURSE = 12
"""Characters of a curve."""
UNIT = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Column:
    """Column of the table."""

    title: str
    width: int
    """Characters, including the mark of the sorted column."""
    cell: Callable[[RunSummary, Curves], str]
    order: Callable[[RunSummary], float | str | tuple[str, ...] | None] | None
    """Value that the runs are sorted by, missing values last; None for no sorting."""
    falling: bool = False
    """True when the default order begins with the highest value."""


COLUMNS = {
    column.title: column
    for column in (
        Column("name", 24, lambda run, _: run.name, lambda run: run.name.lower()),
        Column("state", 12, lambda run, _: _state(run), lambda run: run.state),
        Column("age", 6, lambda run, _: _age(run), lambda run: -run.age if run.age else None),
        Column("epoch", 6, lambda run, _: f"{run.epoch:.1f}", lambda run: run.epoch, True),
        Column("BLEU-4", 7, lambda run, _: score(run.bleu4), lambda run: run.bleu4, True),
        Column("Gaussian", 9, lambda run, _: score(run.gaussian), lambda run: run.gaussian, True),
        Column("tags", 12, lambda run, _: " ".join(run.tags), lambda run: run.tags or None),
        Column("size", 8, lambda run, _: size(run.size), lambda run: run.size, True),
        Column("BLEU-4 course", 14, lambda _, curves: sparkline(curves.bleu4, COURSE, UNIT), None),
        Column("CE", 7, lambda run, _: figure(run.ce), lambda run: run.ce),
        Column("CE course", 12, lambda _, curves: sparkline(curves.ce, COURSE), None),
        Column("note", 24, lambda run, _: run.note, lambda run: run.note or None),
    )
}
"""Columns by title, the most important first."""
ALWAYS = 6
"""Number of columns on the narrowest screen."""
PRINTED = ("name", "state", "age", "epoch", "BLEU-4", "Gaussian", "tags", "size")
"""Columns of the command line."""
WIDEST_NAME = 40


def row(summary: RunSummary) -> tuple[str, ...]:
    """Make the cells of a run under `PRINTED`."""
    return tuple(COLUMNS[title].cell(summary, Curves()) for title in PRINTED)


def widths(room: int, padding: int) -> dict[str, int]:
    """Return the widths, by title, of the columns that fit into `room` with `padding` between."""
    found: dict[str, int] = {}
    for number, (title, column) in enumerate(COLUMNS.items()):
        if number >= ALWAYS and room < column.width + padding:
            continue
        found[title] = column.width
        room -= column.width + padding
    wider = min(room, WIDEST_NAME - found["name"]) if "note" in found else room
    found["name"] = max(8, found["name"] + wider)
    if "note" in found:
        found["note"] += room - wider
    return found


def sorted_runs(runs: Iterable[RunSummary], title: str, turned: bool) -> list[RunSummary]:
    """Sort the runs by a column. Those without a value come last in either direction."""
    column = COLUMNS[title]
    keyed: list[tuple[Any, RunSummary]] = [
        (column.order(run) if column.order else None, run) for run in runs
    ]
    there = [(key, run) for key, run in keyed if key is not None]
    # All keys of one column have one type.
    there.sort(key=operator.itemgetter(0), reverse=column.falling is not turned)
    return [run for _, run in there] + [run for key, run in keyed if key is None]


def _state(run: RunSummary) -> str:
    return f"{run.state}{' !' * bool(run.alarms)}"


def _age(run: RunSummary) -> str:
    return ago(time.time() - run.age) if run.age else ""
