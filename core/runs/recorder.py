"""What a training leaves in its run directory, and what becomes of it where the disk refuses.

A disk may be full, over its quota, read-only or gone. Then the training goes on: lines of the
journal wait in memory, a checkpoint `best` as a copy of its weights, and both are tried again. What
was saved before stays what it is, because files are only ever replaced whole.
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
from core.runs.history import History
from core.runs.journal import JournalWriter
from core.runs.summary import journal_part, summed_up, write_summary
from core.training import events
from core.training.snapshot import Snapshot

log = logging.getLogger(__name__)

ALARM = "disk"
"""The kind of the alarm that stands while something waits."""
ADVICE = (
    "The training goes on, and what was saved before is intact; it is tried again at the next "
    "checkpoint. Make room, or the directory writable again"
)
TRIES = 5
"""How often a training that ends tries to write what it still holds."""
PAUSE_SECONDS = 2.0
"""Before each of these tries."""
STATE_CHANGES = (
    events.Started,
    events.Paused,
    events.Unpaused,
    events.Finished,
    events.Stopped,
    events.Failed,
)
"""Events after which the summary is replaced at once."""
SUMMARY_SECONDS = 1.0
"""Between two summaries for the sake of other events."""
REPORT_SECONDS = 10.0
"""Between two summaries for the sake of reports of progress."""
JOURNAL = "the journal"
HISTORY = "the history of checkpoints"


class Recorder:
    """Writes the events and the checkpoints of one training.

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
        """The checkpoint `best`, where it waits."""
        self._refused: dict[str, str] = {}
        """Why something could not be written, by its name."""
        standing = history.standing.get(ALARM)
        self._told = standing.message if standing else ""
        self._summarised = self._summary_due = -math.inf
        """Seconds of the monotonic clock."""

    def write(self, event: events.Event) -> None:
        """Append an event to the journal, at once or as soon as the disk takes it."""
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
        if now >= self._summary_due or isinstance(event, STATE_CHANGES):
            self._summarised, self._summary_due = now, math.inf
            part = journal_part(self._directory.journal_file)
            with contextlib.suppress(OSError):
                write_summary(self._directory, summed_up(self._history, part))

    def record(
        self, event: events.Event, snapshot: Callable[[], Snapshot]
    ) -> Iterator[events.Event]:
        """What comes of an event of the training, to be written one by one.

        snapshot: takes the state at this step.
        """
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
        # No newer `last` without it: who goes on from that relies on the best until then.
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
            # The training goes on and changes its own tensors.
            weights = {name: tensor.clone() for name, tensor in snapshot.model.items()}
            self._best = due, Snapshot(snapshot.position, weights, {})

    def _wrote(self, name: str, snapshot: Snapshot) -> bool:
        path = self._directory.checkpoint(name)
        return self._tried(
            f"the checkpoint {name}",
            lambda: checkpoint.save(path, snapshot, resumable=name == "last"),
        )

    def _tried(self, what: str, write: Callable[[], None]) -> bool:
        """Whether the disk took something; why not is remembered."""
        try:
            write()
        except OSError as error:
            self._refused[what] = error.strerror or str(error)
            log.warning("could not write %s: %s", what, self._refused[what])
            return False
        self._refused.pop(what, None)
        return True

    def _keep_history(self, last: Path, step: int) -> None:
        """Keep `last` under its step's name as well, and prune the history to its newest."""
        with replacing(self._directory.checkpoint(f"step-{step:09}")) as kept:
            kept.unlink()
            try:
                # `last` is never written in place, so a hard link to it stays what it is.
                os.link(last, kept)
            except OSError:
                # Some file systems have no hard links.
                shutil.copyfile(last, kept)
        names = self._directory.checkpoint_names()
        for name in [name for name in names if name.startswith("step-")][self._keep :]:
            self._directory.checkpoint(name).unlink(missing_ok=True)

    @property
    def _lost(self) -> set[str]:
        """What would be lost if the training ended now."""
        return self._refused.keys() - {HISTORY}

    def _alarm(self, event: events.Event) -> Iterator[events.Alarm]:
        """Say what could not be written, when that changes."""
        message = "; ".join(f"could not write {what}: {why}" for what, why in self._refused.items())
        if message != self._told:
            self._told = message
            yield events.Alarm(
                **_where(event),
                kind=ALARM,
                message=message or "everything could be written again",
                advice=ADVICE if message else "",
                begins=bool(message),
            )

    def _end(
        self, last_word: events.Finished | events.Stopped, snapshot: Callable[[], Snapshot]
    ) -> Iterator[events.Event]:
        """The last word, once nothing waits any more; `Failed` where the disk never takes it."""
        for _ in range(TRIES):
            if not self._refused:
                break
            time.sleep(PAUSE_SECONDS)
            self._tried(JOURNAL, self._journal.flush)
            if self._refused.keys() - {JOURNAL}:
                due = events.CheckpointDue(**_where(last_word), checkpoint="last")
                yield from self._save(due, snapshot())
        yield from self._alarm(last_word)
        if not self._lost:
            yield last_word
            # That may have been refused itself.
            for _ in range(TRIES):
                if JOURNAL not in self._refused:
                    return
                time.sleep(PAUSE_SECONDS)
                self._tried(JOURNAL, self._journal.flush)
        if self._lost:
            yield self._failed(last_word)

    def _failed(self, event: events.Event) -> events.Failed:
        lost = sorted(self._lost)
        reason = self._refused[lost[0]]
        if lost == [JOURNAL]:
            cost = "the weights are saved, the last lines of the journal are lost"
        elif self._saved:
            cost = f"what was learnt after the checkpoint of step {self._saved.step} is lost"
        else:
            cost = "what was learnt is lost"
        return events.Failed(
            **_where(event),
            message=(
                f"could not write {' and '.join(lost)} to {self._directory.path} ({reason}); "
                f"{cost}; make room there, then --resume goes on"
            ),
        )


def _where(event: events.Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in events.Event.__struct_fields__}


def _saved(due: events.CheckpointDue, now: float) -> events.Saved:
    return events.Saved(**_where(due) | {"time": now}, checkpoint=due.checkpoint)
