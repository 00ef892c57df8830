"""Notices of a training, shown over every screen."""

from textual.notifications import Notification

from core.text import printable
from core.training import events

SECONDS, ALARM_SECONDS, ERROR_SECONDS = 6.0, 12.0, 20.0
"""Time that a notice is shown."""


def notice(event: events.Event, run: str) -> Notification | None:
    """Return the notice for an event of a run; None for events that only charts show."""
    name = printable(run)
    match event:
        case events.Finished():
            return Notification(f"{name} has finished.", "Finished", timeout=SECONDS)
        case events.Stopped():
            text = f"{name} has stopped with a checkpoint; Runs can resume it."
            return Notification(text, "Stopped", timeout=SECONDS)
        case events.Failed():
            return Notification(printable(event.message), "Failed", "error", ERROR_SECONDS)
        case events.Alarm(begins=True):
            title = f"Alarm: {event.kind}"
            return Notification(in_words(event), title, "warning", ALARM_SECONDS)
    return None


def in_words(alarm: events.Alarm) -> str:
    """Describe an alarm and its advice in sentences."""
    return printable(f"{alarm.message[:1].upper()}{alarm.message[1:]}. {alarm.advice}".rstrip())
