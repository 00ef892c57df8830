"""Groups of runs that are compared: single runs, or the seeds of a variant as one."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from core.catalogue.listing import run_directories
from core.config.schema import Config
from core.experiments.bands import band
from core.experiments.membership import by_variant
from core.runs.directory import RunDirectory
from core.runs.followed import FollowedRun, RunState
from core.runs.history import Moments, Series
from core.training.events import Evaluated
from tui.charts.series_cache import Line
from tui.state.selection import MOST


class Members(NamedTuple):
    """Place, name and runs of a group."""

    place: int
    name: str
    runs: tuple[RunDirectory, ...]


@dataclass
class Group:
    """A run, or several that differ in their seeds alone, with one line for each metric."""

    place: int
    """The place in the selection, which settles colour and marker."""
    name: str
    """The name of the run or of the variant."""
    runs: Sequence[FollowedRun]
    _lines: dict[str, tuple[object, Line]] = field(default_factory=dict, compare=False)

    @property
    def states(self) -> list[RunState]:
        """The states of the runs."""
        return [run.state for run in self.runs]

    @property
    def finished(self) -> str:
        """The number of the runs that have finished, out of all."""
        return f"{self.states.count('finished')} of {len(self.states)}"

    @cached_property
    def config(self) -> Config | None:
        """The configuration of the first run; None when it cannot be read."""
        return self.runs[0].config

    @property
    def best(self) -> list[Evaluated]:
        """The evaluation of the best checkpoint of each run that has one."""
        return [run.history.best for run in self.runs if run.history.best]

    def line(self, name: str) -> Line | None:
        """Return the metric of the run, or its median and range over several runs."""
        found = [series for run in self.runs if (series := run.history.find(name)) is not None]
        if not found:
            return None
        if len(found) == 1:
            return Line(found[0], self.place)
        key = [(len(series), series.voided) for series in found]
        if name not in self._lines or self._lines[name][0] != key:
            self._lines[name] = key, _banded(found, self.place)
        return self._lines[name][1]


def of_experiment(runs: Path, name: str) -> list[Members]:
    """Return the variants of an experiment, as many as can be told apart."""
    variants = by_variant(run_directories(runs)).get(name, {})
    return [
        Members(place, variant, tuple(seeds))
        for place, (variant, seeds) in zip(range(MOST), variants.items(), strict=False)
    ]


def of_selection(chosen: Mapping[int, RunDirectory]) -> list[Members]:
    """Return the chosen runs: trials of one experiment by their variants, else each by itself."""
    places = {run.path: place for place, run in chosen.items()}
    experiments = by_variant(chosen.values())
    variants = next(iter(experiments.values())) if len(experiments) == 1 else {}
    if len(variants) < len(chosen) == sum(map(len, variants.values())):
        grouped = (
            Members(min(places[run.path] for run in seeds), variant, tuple(seeds))
            for variant, seeds in variants.items()
        )
        return sorted(grouped, key=lambda group: group.place)
    return [Members(place, run.name, (run,)) for place, run in chosen.items()]


def _banded(found: Sequence[Series], place: int) -> Line:
    """Reduce several series to their median and range at the steps that they share."""
    values = band([(series.steps, series.values) for series in found])
    moments = Moments()
    moments.steps = array("q", map(int, values.places))
    moments.epochs = array("d", band([(one.steps, one.epochs) for one in found]).median)
    moments.times = array("d", band([(one.steps, one.times) for one in found]).median)
    series = Series(moments)
    series.values = array("d", values.median)
    return Line(series, place, array("d", values.low), array("d", values.high))
