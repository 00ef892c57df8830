"""Processor threads that share the rows of a computation.

Each computes with one thread of PyTorch's own. Threads within an operation wait for one another at
each operation, which is slow where products are small or another process keeps a core busy.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import device

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """A fixed number of threads, the caller's own among them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._others = ThreadPoolExecutor(count - 1) if count > 1 else None

    def map(self, function: Callable[[T], R], shares: Sequence[T]) -> list[R]:
        """Apply the function to each share, in order. Raise its error once all threads end."""
        found: dict[int, R] = {}
        waiting, lock = iter(enumerate(shares)), threading.Lock()

        def work() -> None:
            torch.set_num_threads(1)
            while True:
                with lock:
                    index, share = next(waiting, (-1, None))
                if share is None:
                    return
                found[index] = function(share)

        others = [
            self._others.submit(work)
            for _ in range(min(self.count, len(shares)) - 1)
            if self._others
        ]
        try:
            work()
        finally:
            errors = [other.exception() for other in others]
        for error in errors:
            if error is not None:
                raise error
        return [found[index] for index in range(len(shares))]


def processor_count() -> int:
    """Processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def default_count(where: device) -> int:
    """Workers for computations on a device: one for each processor where that is what computes."""
    return processor_count() if where.type == "cpu" else 1
