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
        standing = Content("\n\n").join(_standing(alarms))
        over = Content("\n").join(_over(alarms))
        parts = {"standing": standing or Content("No active alarms.")}
        if over:
            parts["over"] = Content("\n").join(
                [Content.styled("Past alarms", "bold $text-accent"), over]
            )
        super().__init__("Alarms", parts, "Escape or w")


def _standing(alarms: Sequence[Alarm]) -> Iterator[Content]:
    last = {alarm.kind: alarm for alarm in alarms}
    for alarm in last.values():
        if alarm.begins:
            head = f"! {alarm.kind}, since epoch {alarm.epoch:.1f}"
            yield Content.assemble((printable(head), "bold $text-warning"), "\n", in_words(alarm))


def _over(alarms: Sequence[Alarm]) -> Iterator[Content]:
    began: dict[str, Alarm] = {}
    for alarm in alarms:
        if alarm.begins:
            began[alarm.kind] = alarm
        elif first := began.pop(alarm.kind, None):
            span = f"epoch {first.epoch:.1f} to {alarm.epoch:.1f}"
            yield Content(printable(f"{alarm.kind}, {span}: {first.message}"))
