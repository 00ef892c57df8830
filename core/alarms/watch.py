"""Alarms as they begin and end, from the events of a training or from its journal."""

from collections.abc import Iterable

from core.alarms.evidence import Evidence
from core.alarms.rules import RULES
from core.config.schema import Config
from core.runs.history import History
from core.training.events import Alarm, Evaluated, Event, Progress, Started


class Watch:
    """Follows the events of one training and says when an alarm begins and when it ends.

    told: the journal so far, where a training goes on. Its own alarms are believed.
    """

    def __init__(self, config: Config, told: Iterable[Event] = ()) -> None:
        self.history = History()
        self.history.add(told)
        self._config = config

    def hear(self, event: Event) -> list[Alarm]:
        """The alarms that begin or end with an event."""
        self.history.add([event])
        if not self.history.started or not isinstance(event, Started | Progress | Evaluated):
            return []
        evidence, standing = Evidence(self._config, self.history), self.history.active_alarms
        alarms = []
        for kind, (rule, over) in RULES.items():
            finding = rule(evidence, kind in standing)
            if bool(finding) is (kind in standing):
                continue
            alarms.append(
                Alarm(
                    step=event.step,
                    epoch=event.epoch,
                    time=event.time,
                    elapsed=event.elapsed,
                    kind=kind,
                    message=finding.message if finding else over,
                    advice=finding.advice if finding else "",
                    begins=finding is not None,
                )
            )
        self.history.add(alarms)
        return alarms


def alarms(config: Config, told: Iterable[Event]) -> list[Alarm]:
    """The alarms of a journal, whether or not it tells any: as a training would have given them."""
    watch = Watch(config)
    for event in told:
        if not isinstance(event, Alarm):
            watch.hear(event)
    return watch.history.alarms
