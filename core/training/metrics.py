"""All metrics of a run: every annotated field of the events, with the way to read it.

A metric is a field annotated with `Metric` in `Progress`, `Evaluated` or a part of these. Series,
charts, tables and exports are made from this table.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, get_args, get_type_hints

import msgspec

from core.scores.metric import Metric
from core.training.events import Evaluated, Event, Progress


@dataclass(frozen=True, slots=True)
class Source:
    """The field that a metric is read from; None where it was not finite or not measured."""

    metric: Metric
    event: type[Event]
    read: Callable[[Any], float | None]


def _sources(event: type[Event], kind: Any, path: str = "") -> Iterator[Source]:
    for name, hint in get_type_hints(kind, include_extras=True).items():
        found = [one for one in get_args(hint)[1:] if isinstance(one, Metric)]
        if found:
            metric = replace(found[0], name=found[0].name or name)
            yield Source(metric, event, attrgetter(path + name))
        elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from _sources(event, hint, f"{path}{name}.")


METRICS: Mapping[str, Source] = {
    source.metric.name: source
    for event in (Progress, Evaluated)
    for source in _sources(event, event)
}
"""Every metric by the name of its series, those of `Progress` first."""

DIMENSION = "kl_of_dimension_{:02}"
"""Name of the series of a latent dimension's KL, counted from 1."""
_DIMENSION = DIMENSION.partition("{")[0]


def metrics_of(event: type[Event]) -> Mapping[str, Source]:
    """List the metrics that are read from one type of event, by name."""
    return {name: source for name, source in METRICS.items() if source.event is event}


def values(event: Event) -> dict[str, float | None]:
    """Read every metric of an event, by name."""
    return {name: source.read(event) for name, source in metrics_of(type(event)).items()}


def metric(name: str) -> Metric:
    """Return the description of a series. One that is not in the table is described by its name."""
    if name.startswith(_DIMENSION):
        title = f"KL of dimension {name.removeprefix(_DIMENSION)}"
        return Metric(title, "nats/word", name=name)
    source = METRICS.get(name)
    return source.metric if source else Metric(name.replace("_", " "), name=name)


def ordered(names: Iterable[str]) -> list[str]:
    """Sort series: first those of the table in its order, latent dimensions last."""
    places = {name: place for place, name in enumerate(METRICS)}

    def key(name: str) -> tuple[bool, int, int, str]:
        return name.startswith(_DIMENSION), places.get(name, len(places)), len(name), name

    return sorted(names, key=key)
