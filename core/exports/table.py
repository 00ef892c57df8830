"""Runs as one tidy table: a row for each number that their journals tell."""

import csv
import io
import math
from collections.abc import Iterator, Sequence

from core.exports.run_data import Record
from core.training import events

HEADER = ("run", "step", "epoch", "elapsed_seconds", "series", "value")

Row = tuple[str, int, float, float, str, float | int | str]


def table(records: Sequence[Record]) -> str:
    """The table as CSV (RFC 4180 with plain newlines). A value that was not finite is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for record in records:
        writer.writerows(_rows(record))
    return text.getvalue()


def _rows(record: Record) -> Iterator[Row]:
    for name, series in record.history.series.items():
        moments = zip(series.steps, series.epochs, series.times, series.values, strict=True)
        for step, epoch, elapsed, value in moments:
            yield record.name, step, epoch, elapsed, name, _cell(value)
    for event in record.history.evaluations:
        for name, number in _beside_the_series(event):
            yield record.name, event.step, event.epoch, event.elapsed, name, _cell(number)


def _beside_the_series(event: events.Evaluated) -> Iterator[tuple[str, float | None]]:
    """What an evaluation tells that is not a series of its own."""
    gaussian = event.scores.gaussian
    yield "gaussian_ci95_low", gaussian.ci95[0]
    yield "gaussian_ci95_high", gaussian.ci95[1]


def _cell(value: float | None) -> float | int | str:
    return "" if value is None or not math.isfinite(value) else value
