"""Notices of a training, shown over every screen."""

from dataclasses import dataclass

from textual.notifications import SeverityLevel

from core.text import printable
from core.training import events


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification."""

    title: str
    message: str
    severity: SeverityLevel = "information"
    seconds: float = 6.0
    """The time that it is shown."""


def notice(event: events.Event, run: str) -> Notice | None:
    """Return the notice for an event of a run; None for events that only charts show."""
    name = printable(run)
    match event:
        case events.Finished():
            return Notice("Finished", f"{name} has finished.")
        case events.Stopped():
            return Notice("Stopped", f"{name} has stopped with a checkpoint; Runs can resume it.")
        case events.Failed():
            return Notice("Failed", printable(event.message), "error", 20.0)
        case events.Alarm(begins=True):
            return Notice(f"Alarm: {event.kind}", in_words(event), "warning", 12.0)
    return None


def in_words(alarm: events.Alarm) -> str:
    """Describe an alarm and its advice in sentences."""
    return printable(f"{alarm.message[:1].upper()}{alarm.message[1:]}. {alarm.advice}".rstrip())
