"""The runs that were chosen to be compared, each with a place that it keeps."""

from collections.abc import Iterator

from core.runs.directory import RunDirectory

MARKERS = "●■▲◆○□△◇"
"""One shape for each place, so that a picture without colour can be read."""
MOST = len(MARKERS)


class Chosen:
    """Up to eight runs. The place of a run, which gives it colour and marker, never changes."""

    def __init__(self) -> None:
        self._places: list[RunDirectory | None] = [None] * MOST

    def __iter__(self) -> Iterator[tuple[int, RunDirectory]]:
        return ((place, run) for place, run in enumerate(self._places) if run is not None)

    def __len__(self) -> int:
        return sum(run is not None for run in self._places)

    def place(self, run: RunDirectory) -> int | None:
        """Where a run stands; None when it was not chosen."""
        return self._places.index(run) if run in self._places else None

    def toggle(self, run: RunDirectory) -> bool:
        """Choose a run, or let go of it; False when there is no place left."""
        free: RunDirectory | None = None
        place = self.place(run)
        if place is not None:
            self._places[place] = free
        elif free in self._places:
            self._places[self._places.index(free)] = run
        else:
            return False
        return True

    def replace(self, run: RunDirectory, by: RunDirectory | None) -> None:
        """Go on with a run under its new name, or without it."""
        self._places = [by if there == run else there for there in self._places]
