"""Alarms as they begin and end, from the events of a training or from its journal."""

from collections.abc import Iterable

from core.alarms.evidence import Evidence
from core.alarms.rules import RULES
from core.config.schema import Config
from core.runs.history import History
from core.training.events import Alarm, Evaluated, Event, Progress, Started


class Watch:
    """Follows the events of one training and yields alarms as they begin and end.

    past: the journal so far, where a training goes on, with its alarms.
    """

    def __init__(self, config: Config, past: Iterable[Event] = ()) -> None:
        self.history = History()
        self.history.add(past)
        self._config = config

    def update(self, event: Event) -> list[Alarm]:
        """Add an event; the alarms that begin or end with it."""
        self.history.add([event])
        if not self.history.started or not isinstance(event, Started | Progress | Evaluated):
            return []
        evidence, active = Evidence(self._config, self.history), self.history.active_alarms
        alarms = []
        for kind, (rule, ended) in RULES.items():
            finding = rule(evidence, kind in active)
            if bool(finding) is (kind in active):
                continue
            alarms.append(
                Alarm(
                    step=event.step,
                    epoch=event.epoch,
                    time=event.time,
                    elapsed=event.elapsed,
                    kind=kind,
                    message=finding.message if finding else ended,
                    advice=finding.advice if finding else "",
                    begins=finding is not None,
                )
            )
        self.history.add(alarms)
        return alarms


def alarms(config: Config, journal: Iterable[Event]) -> list[Alarm]:
    """The alarms that a training with this journal would have given, whatever alarms it holds."""
    watch = Watch(config)
    for event in journal:
        if not isinstance(event, Alarm):
            watch.update(event)
    return watch.history.alarms
