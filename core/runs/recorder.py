"""The files that a training writes, and its answer to a disk that refuses them.

A disk may be full, over its quota, read-only or gone. The training goes on all the same. Lines of
the journal wait in memory, a checkpoint `best` waits as a copy of its weights, and both are tried
again. Earlier files stay intact, because a file is only ever replaced whole.
"""

import contextlib
import logging
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.files import replacing
from core.runs import checkpoint
from core.runs.directory import RunDirectory
from core.runs.history import STATE_AFTER, History
from core.runs.journal import JournalWriter
from core.runs.summary import journal_part, summed_up, write_summary
from core.training import events
from core.training.snapshot import Snapshot

log = logging.getLogger(__name__)

ALARM = "disk"
"""Kind of the alarm that is active while something waits."""
ADVICE = (
    "The training goes on and earlier files are intact; the next checkpoint tries again. Free some "
    "space, or make the directory writable again"
)
TRIES = 5
"""Attempts of a training that ends to write what still waits."""
PAUSE_SECONDS = 2.0
"""Before each of these attempts."""
SUMMARY_SECONDS = 1.0
"""Between two summaries. One after a change of the state is written at once."""
REPORT_SECONDS = 10.0
"""Between two summaries for the sake of reports of progress."""
JOURNAL = "the journal"
HISTORY = "the history of checkpoints"


class Recorder:
    """Writes the events, the checkpoints and the summary of one training.

    keep: earlier checkpoints to keep as a history.
    history: the events of the run. The caller adds each event before it is written.
    """

    def __init__(
        self, directory: RunDirectory, journal: JournalWriter, keep: int, history: History
    ) -> None:
        self._directory = directory
        self._journal = journal
        self._keep = keep
        self._history = history
        self._saved = history.saved.get("last")
        self._best: tuple[events.CheckpointDue, Snapshot] | None = None
        """The checkpoint `best` that waits, if one does."""
        self._refused: dict[str, str] = {}
        """Reason why a file could not be written, by its name."""
        active = history.active_alarms.get(ALARM)
        self._reported = active.message if active else ""
        """Message of the last alarm; empty when none is active."""
        self._summarised = self._summary_due = -math.inf
        """Seconds of the monotonic clock."""

    def write(self, event: events.Event) -> None:
        """Append an event to the journal, now or as soon as the disk accepts it."""
        if self._tried(JOURNAL, lambda: self._journal.write(event)) and isinstance(
            event, events.Saved
        ):
            self._tried(JOURNAL, self._journal.sync)
        self._summarise(event)

    def _summarise(self, event: events.Event) -> None:
        """Replace the summary where it is due. A disk that refuses is asked again the next time."""
        now = time.monotonic()
        wait = REPORT_SECONDS if isinstance(event, events.Progress) else SUMMARY_SECONDS
        self._summary_due = min(self._summary_due, self._summarised + wait)
        if now >= self._summary_due or type(event) in STATE_AFTER:
            self._summarised, self._summary_due = now, math.inf
            part = journal_part(self._directory.journal_file)
            with contextlib.suppress(OSError):
                write_summary(self._directory, summed_up(self._history, part))

    def record(
        self, event: events.Event, snapshot: Callable[[], Snapshot]
    ) -> Iterator[events.Event]:
        """Save what an event asks for, by the state at its step. Yield the events to be written."""
        match event:
            case events.CheckpointDue():
                yield from self._save(event, snapshot())
                yield from self._alarm(event)
            case events.Finished() | events.Stopped():
                yield from self._end(event, snapshot)
            case events.Failed():
                yield from self._save_best(event.time)
                yield event
            case _:
                yield event
                yield from self._alarm(event)

    def _save(self, due: events.CheckpointDue, snapshot: Snapshot) -> Iterator[events.Saved]:
        if due.checkpoint == "best":
            self._best = due, snapshot
        yield from self._save_best(due.time)
        # A newer `last` must not stand beside an older `best`: a resume relies on both.
        if due.checkpoint == "best" or self._best:
            return
        path = self._directory.checkpoint("last")
        if self._wrote("last", snapshot):
            self._saved = _saved(due, due.time)
            yield self._saved
            if self._keep:
                step = snapshot.position.step
                self._tried(HISTORY, lambda: self._keep_history(path, step))

    def _save_best(self, now: float) -> Iterator[events.Saved]:
        if self._best is None:
            return
        due, snapshot = self._best
        if self._wrote("best", snapshot):
            self._best = None
            yield _saved(due, now)
        else:
            # The training changes its own tensors.
            weights = {name: tensor.clone() for name, tensor in snapshot.model.items()}
            self._best = due, Snapshot(snapshot.position, weights, {})

    def _wrote(self, name: str, snapshot: Snapshot) -> bool:
        path = self._directory.checkpoint(name)
        return self._tried(
            f"the checkpoint {name}",
            lambda: checkpoint.save(path, snapshot, resumable=name == "last"),
        )

    def _tried(self, what: str, write: Callable[[], None]) -> bool:
        """Write something. Return False, and remember the reason, when the disk refuses."""
        try:
            write()
        except OSError as error:
            self._refused[what] = error.strerror or str(error)
            log.warning("could not write %s: %s", what, self._refused[what])
            return False
        self._refused.pop(what, None)
        return True

    def _keep_history(self, last: Path, step: int) -> None:
        """Keep `last` under the name of its step too. Delete the oldest of the history."""
        with replacing(self._directory.checkpoint(f"step-{step:09}")) as kept:
            kept.unlink()
            try:
                # `last` is never written in place, so a hard link to it never changes.
                os.link(last, kept)
            except OSError:
                # Some file systems have no hard links.
                shutil.copyfile(last, kept)
        names = self._directory.checkpoint_names()
        for name in [name for name in names if name.startswith("step-")][self._keep :]:
            self._directory.checkpoint(name).unlink(missing_ok=True)

    @property
    def _lost(self) -> set[str]:
        """Names of what would be lost if the training ended now."""
        return self._refused.keys() - {HISTORY}

    def _alarm(self, event: events.Event) -> Iterator[events.Alarm]:
        """Yield an alarm when the set of refused files changes."""
        message = "; ".join(f"could not write {what}: {why}" for what, why in self._refused.items())
        if message != self._reported:
            self._reported = message
            yield events.Alarm(
                **_where(event),
                kind=ALARM,
                message=message or "all files could be written again",
                advice=ADVICE if message else "",
                begins=bool(message),
            )

    def _end(
        self, end: events.Finished | events.Stopped, snapshot: Callable[[], Snapshot]
    ) -> Iterator[events.Event]:
        """Yield the end once nothing waits any more, or `Failed` when the disk never accepts."""
        for _ in range(TRIES):
            if not self._refused:
                break
            time.sleep(PAUSE_SECONDS)
            self._tried(JOURNAL, self._journal.flush)
            if self._refused.keys() - {JOURNAL}:
                due = events.CheckpointDue(**_where(end), checkpoint="last")
                yield from self._save(due, snapshot())
        yield from self._alarm(end)
        if not self._lost:
            yield end
            # The disk may have refused that event itself.
            for _ in range(TRIES):
                if JOURNAL not in self._refused:
                    return
                time.sleep(PAUSE_SECONDS)
                self._tried(JOURNAL, self._journal.flush)
        if self._lost:
            yield self._failed(end)

    def _failed(self, event: events.Event) -> events.Failed:
        lost = sorted(self._lost)
        reason = self._refused[lost[0]]
        if lost == [JOURNAL]:
            cost = "the weights are saved, the last lines of the journal are lost"
        elif self._saved:
            cost = f"the training after the checkpoint of step {self._saved.step} is lost"
        else:
            cost = "the whole training is lost"
        return events.Failed(
            **_where(event),
            message=(
                f"could not write {' and '.join(lost)} to {self._directory.path}: {reason}; "
                f"{cost}. Free some space there, then continue with --resume"
            ),
        )


def _where(event: events.Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in events.Event.__struct_fields__}


def _saved(due: events.CheckpointDue, now: float) -> events.Saved:
    return events.Saved(**_where(due) | {"time": now}, checkpoint=due.checkpoint)
