"""The alarms of a run: active ones with advice, and past ones."""

from collections.abc import Iterator, Sequence

from textual.binding import Binding
from textual.content import Content

from core.text import printable
from core.training.events import Alarm
from tui.text.notices import in_words
from tui.widgets.text_dialog import TextDialog


class AlarmList(TextDialog):
    """A text with every alarm of a journal."""

    BINDINGS = [Binding("w", "dismiss(None)", "Close", show=False)]

    def __init__(self, alarms: Sequence[Alarm]) -> None:
        active = Content("\n\n").join(_active(alarms))
        parts = {"active": active or Content("No active alarms.")}
        if past := [*_past(alarms)]:
            title = Content.styled("Past alarms", "bold $text-accent")
            parts["past"] = Content("\n").join([title, *past])
        super().__init__("Alarms", parts, "Escape or w")


def _active(alarms: Sequence[Alarm]) -> Iterator[Content]:
    last = {alarm.kind: alarm for alarm in alarms}
    for alarm in last.values():
        if alarm.begins:
            head = f"! {alarm.kind}, since epoch {alarm.epoch:.1f}"
            yield Content.assemble((printable(head), "bold $text-warning"), "\n", in_words(alarm))


def _past(alarms: Sequence[Alarm]) -> Iterator[Content]:
    began: dict[str, Alarm] = {}
    for alarm in alarms:
        if alarm.begins:
            began[alarm.kind] = alarm
        elif first := began.pop(alarm.kind, None):
            span = f"epoch {first.epoch:.1f} to {alarm.epoch:.1f}"
            yield Content(printable(f"{alarm.kind}, {span}: {first.message}"))
