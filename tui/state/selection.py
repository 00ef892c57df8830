"""The runs chosen to be seen together. The place of a run settles its colour and its marker."""

from collections.abc import Iterable, Iterator

from core.exports.palette import MARKERS, MOST
from core.runs.directory import RunDirectory

__all__ = ["MARKERS", "MOST", "RunSelection"]


class RunSelection:
    """Up to `MOST` runs. A run keeps its place for as long as it is chosen."""

    def __init__(self) -> None:
        self._places: list[RunDirectory | None] = [None] * MOST

    def __iter__(self) -> Iterator[tuple[int, RunDirectory]]:
        return ((place, run) for place, run in enumerate(self._places) if run is not None)

    def __len__(self) -> int:
        return sum(run is not None for run in self._places)

    def place(self, run: RunDirectory) -> int | None:
        """Return the place of a run; None when it is not chosen."""
        return self._places.index(run) if run in self._places else None

    def toggle(self, run: RunDirectory) -> bool:
        """Choose a run, or remove it; False when there is no place left."""
        if run in self._places:
            self.replace(run, None)
        elif None in self._places:
            self._places[self._places.index(None)] = run
        else:
            return False
        return True

    def choose(self, runs: Iterable[RunDirectory]) -> None:
        """Choose these runs and no others; those chosen before keep their places."""
        wanted = [*runs]
        for _, run in [*self]:
            if run not in wanted:
                self.toggle(run)
        for run in wanted:
            if self.place(run) is None:
                self.toggle(run)

    def replace(self, run: RunDirectory, by: RunDirectory | None) -> None:
        """Put a run under its new name in its place, or free the place."""
        self._places = [by if there == run else there for there in self._places]
