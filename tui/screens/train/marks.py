"""Marks on the charts: cycles of beta, edits, checkpoints and alarms."""

from core.config.schema import Config
from core.runs.history import History
from core.training.schedules import Schedules
from tui.charts.view import Mark

MOST_CYCLES = 12
"""Cycles above which none is marked, because their marks would fill a chart."""


def marks(history: History, config: Config | None) -> list[Mark]:
    """Return the marks of a run, the most important last."""
    started, found = history.started, []
    if started and config and history.last:
        starts = Schedules(config, started.steps_per_epoch).cycle_starts
        if len(starts) <= MOST_CYCLES:
            found = [Mark(step, "C") for step in starts if step <= history.last.step]
    found += [Mark(edit.step, "E") for edit in history.edits]
    for name in ("last", "best"):
        if saved := history.saved.get(name):
            found.append(Mark(saved.step, name[0].upper()))
    return found + [Mark(alarm.step, "!") for alarm in history.alarms if alarm.begins]
