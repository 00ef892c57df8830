"""A run as event files of TensorBoard: scalars, histograms, text and hyperparameters."""

import contextlib
import math
import os
from pathlib import Path
from typing import Any

from core.config.build import value
from core.config.fields import fields
from core.errors import InputError
from core.exports.run_data import Record
from core.text import printable
from core.training import events
from core.training.metrics import metrics_of

PREFIX = "events.out.tfevents."
"""With which the names of event files begin."""


def write_events(record: Record, folder: Path) -> None:
    """Write a run's event file, its events at the moments at which they happened.

    Raises InputError when TensorBoard is not installed.
    """
    try:
        # Whatever TensorFlow might print about processors is nobody's matter here.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        from torch.utils.tensorboard import SummaryWriter
        from torch.utils.tensorboard.summary import hparams
    except ImportError:
        raise InputError(
            'this needs TensorBoard, which is not installed; `pip install "cvae-tui[tensorboard]"`'
        ) from None
    scores = _best_scores(record)
    settings = {known.key: value(record.config, known) for known in fields()}
    new: Any = SummaryWriter
    with contextlib.closing(new(folder, max_queue=1000)) as writer:
        # Not `add_hparams`, which makes a second run of them.
        for summary in hparams(settings, scores):  # type: ignore[no-untyped-call]
            writer.file_writer.add_summary(summary)
        for event in record.told:
            match event:
                case events.Progress():
                    _add_progress(writer, event)
                case events.Evaluated():
                    _add_evaluation(writer, event, record.conditions)
        if best := record.history.best:
            for name, score in scores.items():
                writer.add_scalar(name, score, best.step, best.time)


def _best_scores(record: Record) -> dict[str, float]:
    best = record.history.best
    if best is None:
        return {}
    scores = best.scores
    found = {
        "best/selection_bleu4": scores.selection_bleu4,
        "best/bleu4": scores.bleu4,
        "best/gaussian": scores.gaussian.score,
        "best/distinct": scores.gaussian.distinct,
        "best/joint": best.joint,
    }
    return {name: score for name, score in found.items() if score is not None}


def _add_progress(writer: Any, event: events.Progress) -> None:
    for name, source in metrics_of(events.Progress).items():
        number = source.read(event)
        writer.add_scalar(
            f"training/{name}", math.nan if number is None else number, event.step, event.time
        )


def _add_evaluation(writer: Any, event: events.Evaluated, conditions: tuple[str, ...]) -> None:
    scores, gaussian = event.scores, event.scores.gaussian
    low, high = gaussian.ci95
    numbers = {name: source.read(event) for name, source in metrics_of(events.Evaluated).items()}
    numbers |= {"gaussian_ci95_low": low, "gaussian_ci95_high": high}
    for name, number in numbers.items():
        if number is not None:
            writer.add_scalar(f"scores/{name}", number, event.step, event.time)
    finite = [kl for kl in scores.kl_per_dimension if kl is not None and math.isfinite(kl)]
    if finite:
        import numpy

        writer.add_histogram(
            "latent/kl_per_dimension", numpy.array(finite), event.step, walltime=event.time
        )
    drawn: list[tuple[str, ...]] = [
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
        ("generations", [("", *conditions), *drawn]),
        ("conversions", [("", "source", "prediction", "conditions"), *converted]),
    ):
        writer.add_text(f"examples/{name}", _literal(rows), event.step, event.time)


def _literal(rows: list[tuple[str, ...]]) -> str:
    """Rows as a block of Markdown in which nothing is markup."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = (
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in shown
    )
    return "\n".join(f"    {line.rstrip()}" for line in lines)
