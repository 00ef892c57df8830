"""Handling of SIGINT, SIGTERM and SIGHUP during a training."""

import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def handling_signals(handle: Callable[[int], None]) -> Iterator[None]:
    """Call `handle` with the number of each signal, in the main thread.

    A SIGHUP that is ignored, as under nohup, stays ignored.
    """
    watched = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        watched.append(signal.SIGHUP)
    before = {number: signal.signal(number, lambda number, _: handle(number)) for number in watched}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
