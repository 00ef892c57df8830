"""Curves of a run for sparklines. A long journal is sampled in windows spread over it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.files import open_plain
from core.training import events

WHOLE = 2**18
"""Bytes of a journal that is read whole, at most."""
WINDOW = 2**13
"""Bytes of each window on a longer journal. An evaluation takes up to half of one."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Values of two metrics, ordered by step."""

    ce: tuple[float, ...] = ()
    """Nats per word."""
    bleu4: tuple[float, ...] = ()
    """On the reported pairs if there are any, else on the selection pairs."""


def read_curves(journal: Path) -> Curves:
    """Read the curves of a run from its journal; empty ones without a journal."""
    ce: list[tuple[int, float]] = []
    bleu4: list[tuple[int, float]] = []
    for event in events.from_lines(_windows(journal)):
        match event:
            case events.Progress(ce=value) if value is not None:
                ce.append((event.step, value))
            case events.Evaluated(scores=scores):
                bleu4.append((event.step, scores.headline_bleu4))
    return Curves(_valid(ce), _valid(bleu4))


def _windows(journal: Path) -> bytes:
    try:
        with open_plain(journal) as file:
            end = file.seek(0, os.SEEK_END)
            if end <= WHOLE:
                file.seek(0)
                return file.read()
            count = WHOLE // WINDOW
            parts = []
            for number in range(count):
                file.seek((end - WINDOW) * number // (count - 1))
                parts.append(file.read(WINDOW))
            return b"\n".join(parts)
    except OSError:
        return b""


def _valid(found: Iterable[tuple[int, float]]) -> tuple[float, ...]:
    """Drop the values that a resume from an earlier step made void."""
    kept: list[tuple[int, float]] = []
    for step, value in found:
        while kept and kept[-1][0] >= step:
            kept.pop()
        kept.append((step, value))
    return tuple(value for _, value in kept)
