"""Alarms as they begin and end, from the events of a training or from its journal."""

from collections.abc import Iterable
from typing import Any

from core.alarms.evidence import Evidence
from core.alarms.rules import RULES
from core.config.schema import Config
from core.runs.history import History
from core.training.events import Alarm, Evaluated, Event, Progress, Started


class Watch:
    """The events of one training, and the alarms that begin and end with them.

    past: the journal so far, where a training goes on, with its alarms.
    """

    def __init__(self, config: Config, past: Iterable[Event] = ()) -> None:
        self.history = History()
        self.history.add(past)
        self._config = config

    def update(self, event: Event) -> list[Alarm]:
        """Add an event, and return the alarms that begin or end with it."""
        self.history.add([event])
        if not self.history.started or not isinstance(event, Started | Progress | Evaluated):
            return []
        evidence, active = Evidence(self._config, self.history), self.history.active_alarms
        now: dict[str, Any] = {name: getattr(event, name) for name in Event.__struct_fields__}
        alarms = []
        for kind, (rule, ended) in RULES.items():
            finding = rule(evidence, kind in active)
            if bool(finding) is not (kind in active):
                message, advice = finding or (ended, "")
                alarms.append(
                    Alarm(**now, kind=kind, message=message, advice=advice, begins=bool(finding))
                )
        self.history.add(alarms)
        return alarms


def alarms(config: Config, journal: Iterable[Event]) -> list[Alarm]:
    """Find the alarms of a training from its journal, whatever alarms this holds."""
    watch = Watch(config)
    for event in journal:
        if not isinstance(event, Alarm):
            watch.update(event)
    return watch.history.alarms
