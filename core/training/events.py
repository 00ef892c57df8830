"""What a training says: typed, immutable, one line of the journal each.

Every event tells where it happened (step, epoch) and when (unix time; `elapsed` counts the seconds
of training and evaluation, pauses left out). CE and KL are in nats per word, whatever the
objective's convention.
"""

from typing import Annotated

import msgspec

from core.scores.metric import UNIT_INTERVAL, Metric
from core.scores.results import Scores


def _tag(name: str) -> str:
    return "".join("-" + c.lower() if c.isupper() else c for c in name).lstrip("-")


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=_tag):
    """Something that happened after `step` steps, `epoch` passes over the words."""

    step: int
    epoch: float
    time: float
    elapsed: float


class Started(Event, frozen=True):
    """A training starts, or goes on from a checkpoint: then all that came after it is void."""

    resumed: bool
    steps: int
    steps_per_epoch: int
    words: int
    paradigms: int
    duplicates: int


class Progress(Event, frozen=True):
    """Means over the steps since the last such event; schedules as they stand at this step."""

    ce: Annotated[float | None, Metric("CE", "nats/word", noisy=True)]
    ce_per_character: Annotated[float | None, Metric("CE", "nats/character", noisy=True)]
    kl: Annotated[float | None, Metric("KL", "nats/word", noisy=True)]
    beta: Annotated[float, Metric("Beta")]
    teacher_forcing_ratio: Annotated[float, Metric("Teacher forcing ratio", bounds=UNIT_INTERVAL)]
    learning_rate: Annotated[float, Metric("Learning rate")]
    gradient_norm: Annotated[float | None, Metric("Gradient norm", noisy=True)]
    words_per_second: Annotated[float, Metric("Speed", "words/s", noisy=True)]
    eta: float
    """Seconds that the rest will take."""
    skipped: Annotated[int, Metric("Skipped steps")] = 0
    """Steps among them that were left out of the training, their loss not being finite."""
    loss: Annotated[float | None, Metric("Loss", "nats", noisy=True)] = None
    """The objective that is minimised, by the convention of `objective.ce_reduction`; None in
    journals of version 0.1.0."""


class Evaluated(Event, frozen=True):
    """The model was scored."""

    scores: Scores
    joint: Annotated[float, Metric("Joint score", bounds=UNIT_INTERVAL)]
    """Harmonic mean of selection BLEU-4 and Gaussian score."""
    best: bool
    """Whether no earlier score by which the best checkpoint is chosen was as high."""


class Edited(Event, frozen=True):
    """A number of the schedules was set by hand, from this step on."""

    name: str
    """beta, learning_rate or teacher_forcing_ratio."""
    value: float | None
    """None when it was returned to its schedule."""


class CheckpointDue(Event, frozen=True):
    """The model should be saved now under this name. Not written to the journal."""

    checkpoint: str


class Saved(Event, frozen=True):
    """A checkpoint is on the disk."""

    checkpoint: str


class Paused(Event, frozen=True):
    """The training waits."""


class Unpaused(Event, frozen=True):
    """The training goes on after a pause."""


class Detached(Event, frozen=True):
    """The terminal is gone or was left; the training goes on without it."""


class Stopped(Event, frozen=True):
    """The training was told to end before its last step; it can be resumed."""


class Finished(Event, frozen=True):
    """The training took its last step."""


class Failed(Event, frozen=True):
    """The training could not go on."""

    message: str


class Alarm(Event, frozen=True):
    """Something is amiss with the training from here on, or no longer is."""

    kind: str
    """One of `core.alarms.rules.RULES`, or `disk`; an alarm that begins stands until one of its
    kind ends."""
    message: str
    """What was seen, in one sentence."""
    advice: str
    """What to try; empty where the alarm ends."""
    begins: bool


EVENTS = (
    Started,
    Progress,
    Evaluated,
    Edited,
    Saved,
    Paused,
    Unpaused,
    Detached,
    Stopped,
    Finished,
    Failed,
    Alarm,
)
"""The kinds of event that a journal holds."""

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decoder = msgspec.json.Decoder(
    Started
    | Progress
    | Evaluated
    | Edited
    | Saved
    | Paused
    | Unpaused
    | Detached
    | Stopped
    | Finished
    | Failed
    | Alarm
)


def to_line(event: Event) -> bytes:
    """The event as one line of JSON; a number that is not finite becomes null."""
    return msgspec.json.encode(event) + b"\n"


def from_lines(lines: bytes) -> list[Event]:
    """The events in lines of JSON. A line that is none (torn, foreign) is passed over."""
    try:
        # All at once is three times as fast as line by line.
        found: list[Event] = _decoder.decode_lines(lines)
        return found
    except _UNREADABLE:
        return [event for line in lines.splitlines() for event in _readable(line)]


def _readable(line: bytes) -> list[Event]:
    try:
        return [_decoder.decode(line)]
    except _UNREADABLE:
        return []
