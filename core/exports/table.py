"""Runs as one tidy table, with a row for each recorded number."""

import csv
import io
import math
from collections.abc import Iterator, Sequence

from core.exports.run_data import RunData, interval

HEADER = ("run", "step", "epoch", "elapsed_seconds", "series", "value")
FORMULA = ("=", "+", "-", "@")
"""Characters with which a formula begins in spreadsheets."""

Row = tuple[str, int, float, float, str, float | int | str]


def table(runs: Sequence[RunData]) -> str:
    """Write the table as CSV (RFC 4180 with plain newlines). A value that is not finite is empty.

    A name that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for run in runs:
        writer.writerows(_rows(run))
    return text.getvalue()


def _rows(run: RunData) -> Iterator[Row]:
    name = f"'{run.name}" if run.name.startswith(FORMULA) else run.name
    for metric, series in run.history.series.items():
        moments = zip(series.steps, series.epochs, series.times, series.values, strict=True)
        for step, epoch, elapsed, value in moments:
            yield name, step, epoch, elapsed, metric, value if math.isfinite(value) else ""
    for event in run.history.evaluations:
        for end, value in interval(event):
            yield name, event.step, event.epoch, event.elapsed, end, value
