"""A run as TensorBoard event files: scalars, histograms, text and hyperparameters."""

import contextlib
import math
import os
from pathlib import Path
from typing import Any

from core.config.fields import fields_of, value
from core.errors import InputError
from core.exports.run_data import RunData, interval
from core.text import printable
from core.training import events
from core.training.metrics import values

PREFIX = "events.out.tfevents."
"""Beginning of the names of event files."""


def write_events(run: RunData, folder: Path) -> None:
    """Write the event file of a run. Raise InputError when TensorBoard is not installed."""
    try:
        # Silences what TensorFlow prints about processors.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        from torch.utils.tensorboard import SummaryWriter
        from torch.utils.tensorboard.summary import hparams
    except ImportError:
        raise InputError(
            "cannot write event files: TensorBoard is not installed; "
            '`pip install "cvae-tui[tensorboard]"`'
        ) from None
    best = run.history.best
    measured = values(best).items() if best else ()
    scores = {f"best/{name}": number for name, number in measured if number is not None}
    settings = {one.key: value(run.config, one) for one in fields_of(run.config)}
    new: Any = SummaryWriter
    with contextlib.closing(new(folder, max_queue=1000)) as writer:
        # `add_hparams` would write them as a second run.
        for summary in hparams(settings, scores):  # type: ignore[no-untyped-call]
            writer.file_writer.add_summary(summary)
        for event in run.events:
            match event:
                case events.Progress():
                    for name, number in values(event).items():
                        scalar = math.nan if number is None else number
                        writer.add_scalar(f"training/{name}", scalar, event.step, event.time)
                case events.Evaluated():
                    _add_evaluation(writer, event, run.conditions)
        if best:
            for name, score in scores.items():
                writer.add_scalar(name, score, best.step, best.time)


def _add_evaluation(writer: Any, event: events.Evaluated, conditions: tuple[str, ...]) -> None:
    scores = event.scores
    for name, number in (values(event) | dict(interval(event))).items():
        if number is not None:
            writer.add_scalar(f"scores/{name}", number, event.step, event.time)
    finite = [kl for kl in scores.kl_per_dimension if kl is not None and math.isfinite(kl)]
    if finite:
        import numpy

        writer.add_histogram(
            "latent/kl_per_dimension", numpy.array(finite), event.step, walltime=event.time
        )
    samples: list[tuple[str, ...]] = [
        ("hit" if one.hit else "", *one.forms) for one in scores.samples
    ]
    converted: list[tuple[str, ...]] = [
        (
            "right" if one.prediction == one.target else f"not {one.target}",
            one.source,
            one.prediction,
            f"{one.source_condition} to {one.target_condition}",
        )
        for one in scores.conversions
    ]
    for name, rows in (
        ("generations", [("", *conditions), *samples]),
        ("conversions", [("", "source", "prediction", "conditions"), *converted]),
    ):
        writer.add_text(f"examples/{name}", _literal(rows), event.step, event.time)


def _literal(rows: list[tuple[str, ...]]) -> str:
    """Format rows as a literal block of Markdown."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = (
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in shown
    )
    return "\n".join(f"    {line.rstrip()}" for line in lines)
