"""Events of a training: typed, immutable, one line of the journal each.

CE and KL are in nats per word, whatever `objective.ce_reduction` is.
"""

from typing import Annotated, Union

import msgspec

from core.scores.metric import UNIT_INTERVAL, Metric
from core.scores.results import Scores


def _tag(name: str) -> str:
    return "".join("-" + c.lower() if c.isupper() else c for c in name).lstrip("-")


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=_tag):
    """Something that happened after `step` steps, `epoch` passes over the words.

    time: seconds since 1970. elapsed: seconds of training and evaluation, without pauses.
    """

    step: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    epoch: float
    time: float
    elapsed: float


class Started(Event, frozen=True):
    """Start of a training, or its resumption, which voids all events after its checkpoint."""

    resumed: bool
    steps: int
    steps_per_epoch: int
    words: int
    paradigms: int
    duplicates: int


class Progress(Event, frozen=True):
    """Means over the steps since the last such event, and the schedules' values at this step.

    eta: seconds that the rest takes. skipped: steps among them whose loss was not finite.
    loss: the minimised objective, by `objective.ce_reduction`; None in journals of version 0.1.0.
    """

    ce: Annotated[float | None, Metric("CE", "nats/word", noisy=True)]
    ce_per_character: Annotated[float | None, Metric("CE", "nats/character", noisy=True)]
    kl: Annotated[float | None, Metric("KL", "nats/word", noisy=True)]
    beta: Annotated[float, Metric("Beta")]
    teacher_forcing_ratio: Annotated[float, Metric("Teacher forcing ratio", bounds=UNIT_INTERVAL)]
    learning_rate: Annotated[float, Metric("Learning rate")]
    gradient_norm: Annotated[float | None, Metric("Gradient norm", noisy=True)]
    words_per_second: Annotated[float, Metric("Speed", "words/s", noisy=True)]
    eta: float
    skipped: Annotated[int, Metric("Skipped steps")] = 0
    loss: Annotated[float | None, Metric("Loss", "nats", noisy=True)] = None


class Evaluated(Event, frozen=True):
    """Scores of the model.

    joint: harmonic mean of selection BLEU-4 and Gaussian score. best: the score that chooses the
    best checkpoint is higher than every earlier one.
    """

    scores: Scores
    joint: Annotated[float, Metric("Joint score", bounds=UNIT_INTERVAL)]
    best: bool


class Edited(Event, frozen=True):
    """A value of a schedule, set by hand from this step on; None returns it to its schedule.

    name: beta, learning_rate or teacher_forcing_ratio.
    """

    name: str
    value: float | None


class CheckpointDue(Event, frozen=True):
    """Request to save the model now under this name. The journal does not hold it."""

    checkpoint: str


class Saved(Event, frozen=True):
    """A checkpoint on the disk."""

    checkpoint: str


class Paused(Event, frozen=True):
    """Start of a pause."""


class Unpaused(Event, frozen=True):
    """End of a pause."""


class Detached(Event, frozen=True):
    """Loss of the terminal, without which the training goes on."""


class Stopped(Event, frozen=True):
    """End on request before the last step. The training can be resumed."""


class Finished(Event, frozen=True):
    """End after the last step."""


class Failed(Event, frozen=True):
    """End because of an error."""

    message: str


class Alarm(Event, frozen=True):
    """Begin or end of a problem with the training.

    kind: one of `core.alarms.rules.RULES`, or `disk`. advice: empty where the alarm ends.
    """

    kind: str
    message: str
    advice: str
    begins: bool


EVENTS = tuple(kind for kind in Event.__subclasses__() if kind is not CheckpointDue)
"""Types of the events in a journal."""

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Union.__getitem__(EVENTS))


def to_line(event: Event) -> bytes:
    """Encode an event as one line of JSON; a number that is not finite becomes null."""
    return msgspec.json.encode(event) + b"\n"


def from_lines(lines: bytes) -> list[Event]:
    """Decode the events in lines of JSON. Torn and foreign lines are left out."""
    try:
        # All at once is three times as fast as line by line.
        return _decoder.decode_lines(lines)
    except _UNREADABLE:
        return [event for line in lines.splitlines() for event in _readable(line)]


def _readable(line: bytes) -> list[Event]:
    try:
        return [_decoder.decode(line)]
    except _UNREADABLE:
        return []
