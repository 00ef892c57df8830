"""The course of a run in a few values, for a picture of a few characters.

A journal may be long, so that only windows spread over it are read.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.files import open_plain
from core.training import events

WHOLE = 2**18
"""Bytes up to which a journal is read whole."""
WINDOW = 2**13
"""Bytes of each of the windows on a longer one; an evaluation takes up to half."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Values in the order of the steps."""

    ce: tuple[float, ...] = ()
    """Nats per word."""
    bleu4: tuple[float, ...] = ()
    """Of the reported pairs where there are any, else of the selection pairs."""


def read_curves(journal: Path) -> Curves:
    """The curves that the journal of a run tells; empty ones where there is none."""
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
    """The values without those that a resumed training made void by going back before them."""
    kept: list[tuple[int, float]] = []
    for step, value in found:
        while kept and kept[-1][0] >= step:
            kept.pop()
        kept.append((step, value))
    return tuple(value for _, value in kept)
