"""Summary of a run: its state, its best scores and its active alarms, for lists of runs.

The process that trains replaces `summary.json` at each evaluation and at each change of the state.
The file names the part of the journal that it covers, so that a reader adds what came later.
"""

import contextlib
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from core.files import open_plain, read_json, write_json
from core.runs.directory import RunDirectory
from core.runs.history import History, State
from core.runs.journal import JournalFollower
from core.runs.ownership import is_owned
from core.training import events
from core.training.metrics import values

LARGEST = 2**16
"""Bytes beyond which a file is no summary."""
CHECKED = 256
"""Bytes of the journal whose checksum shows that it is still the same journal."""
WORTH_KEEPING = 2**13
"""Bytes read beyond a stored summary, after which a new one is stored."""


class JournalPart(msgspec.Struct, frozen=True):
    """The beginning of a journal, up to some byte."""

    bytes: Annotated[int, msgspec.Meta(ge=0)] = 0
    crc32: int = 0
    """Checksum of its last `CHECKED` bytes."""


class Summary(msgspec.Struct, frozen=True):
    """State and scores of a run at the last event that it covers."""

    state: State = "new"
    """A run in the state `training` or `paused` without a living process has crashed."""
    step: int = 0
    epoch: float = 0.0
    time: float | None = None
    """Unix time of the last event."""
    elapsed: float = 0.0
    """Seconds of training."""
    eta: float | None = None
    """Seconds left at the last report."""
    report: dict[str, float | None] = {}
    """Metrics of the last report."""
    best: dict[str, float | None] = {}
    """Metrics of the checkpoint `best`, with the `epoch` of its evaluation."""
    alarms: tuple[str, ...] = ()
    """Kinds of the active alarms."""
    journal: JournalPart = JournalPart()
    """The part of the journal that the summary covers."""
    version: Literal[2] = 2


NOTHING = Summary()


def summed_up(history: History, journal: JournalPart, before: Summary = NOTHING) -> Summary:
    """Make a summary of a history, which may hold only the events after those of `before`."""
    active = dict.fromkeys(before.alarms, True)
    active |= {alarm.kind: alarm.begins for alarm in history.alarms}
    new: dict[str, object] = {}
    if last := history.last:
        new |= {name: getattr(last, name) for name in ("step", "epoch", "time", "elapsed")}
    if progress := history.progress:
        new |= {"eta": progress.eta, "report": values(progress)}
    if best := history.best:
        new["best"] = values(best) | {"epoch": best.epoch}
    return msgspec.structs.replace(
        before,
        state=history.state,
        alarms=tuple(sorted(kind for kind, begins in active.items() if begins)),
        journal=journal,
        **new,
    )


def read_summary(
    directory: RunDirectory, before: Summary = NOTHING, *, keep: bool = False
) -> Summary:
    """Summarise a run as it stands now. Read no more of the journal than is needed.

    before: an earlier summary of the same run.
    keep: store a summary that took a while to read, unless a process owns the run.
    """
    journal = directory.journal_file
    if before.journal.bytes and (found := _read_on(journal, before)):
        return found
    stored = read_json(directory.summary_file, Summary, LARGEST) or NOTHING
    found = _read_on(journal, stored)
    beyond = found.journal.bytes - stored.journal.bytes if found else WORTH_KEEPING
    found = found or _read_on(journal, NOTHING) or NOTHING
    if keep and beyond >= WORTH_KEEPING and not is_owned(directory):
        # A training that begins meanwhile reads on from an older summary as well as from its own.
        with contextlib.suppress(OSError):
            write_summary(directory, found)
    return found


def _read_on(path: Path, known: Summary) -> Summary | None:
    """Add the rest of a journal to a summary. Return None when the whole must be read.

    That is so when the journal is another than before, or when a training began anew or went on
    in the rest. That voids earlier events, and a summary does not list those.
    """
    if known.journal != journal_part(path, known.journal.bytes):
        return None
    follower, history = JournalFollower(path, known.journal.bytes), History()
    history.state = known.state
    while new := follower.read_new():
        history.add(_summarised(new))
        if history.started and known.journal.bytes:
            return None
    return summed_up(history, journal_part(path, follower.offset), known)


def _summarised(new: Sequence[events.Event]) -> Iterator[events.Event]:
    """Drop the reports and evaluations that a summary is not made of."""
    latest = {type(event): event for event in new}
    for event in new:
        best = isinstance(event, events.Evaluated) and event.best
        many = isinstance(event, events.Progress | events.Evaluated)
        if best or not many or event is latest[type(event)]:
            yield event


def journal_part(path: Path, size: int | None = None) -> JournalPart:
    """Describe the first `size` bytes of a journal, or all of it. A shorter one counts as empty."""
    try:
        with open_plain(path) as file:
            there = file.seek(0, os.SEEK_END)
            size = there if size is None else size
            file.seek(max(0, size - CHECKED))
            checked = file.read(min(size, CHECKED))
    except (OSError, OverflowError, ValueError):
        return JournalPart()
    return JournalPart(size, zlib.crc32(checked)) if size <= there else JournalPart()


def write_summary(directory: RunDirectory, summary: Summary) -> None:
    """Replace `summary.json`. Raise OSError when the disk refuses."""
    write_json(directory.summary_file, summary, sync=False)
