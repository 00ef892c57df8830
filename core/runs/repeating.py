"""Actions repeated in a thread."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)


@contextlib.contextmanager
def repeating(action: Callable[[], object], seconds: float) -> Iterator[None]:
    """Repeat an action in a thread until the end of the block, with a wait before each time.

    An error of the system is logged; the next time may succeed.
    """
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            try:
                action()
            except OSError as error:
                log.warning("%s failed: %s", action.__name__, error)

    thread = threading.Thread(target=repeat, name=action.__name__, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
