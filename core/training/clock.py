"""The clock of a training: time spent without pauses, words per second, time left.

The readings survive a resume. After big_vision's Chrono.
"""

import time


class Clock:
    """Seconds of training and evaluation since the run began."""

    def __init__(self, elapsed: float = 0.0) -> None:
        self._before = elapsed
        self._since: float | None = None
        self._mark = (elapsed, 0)

    def start(self) -> None:
        """Count from now on."""
        if self._since is None:
            self._since = time.monotonic()

    def pause(self) -> None:
        """Stop counting."""
        self._before = self.elapsed
        self._since = None

    @property
    def elapsed(self) -> float:
        """Seconds counted so far."""
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._before + running

    def lap(self, words: int) -> float:
        """Words per second since the last lap, where `words` were done in all since the start."""
        (then, before), now = self._mark, self.elapsed
        self._mark = (now, words)
        return (words - before) / max(now - then, 1e-9)

    def restart_lap(self, words: int) -> None:
        """Begin a lap here, so that what was done since the last one does not count."""
        self._mark = (self.elapsed, words)

    def left(self, done: int, total: int) -> float:
        """Estimate the seconds until `total` steps from those of the `done` ones."""
        return self.elapsed / max(done, 1) * (total - done)
