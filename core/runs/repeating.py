"""Actions repeated in a thread."""

import contextlib
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def repeating(action: Callable[[], object], seconds: float) -> Iterator[None]:
    """Repeat an action in a thread until the end of the block, with a wait before each time."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            action()

    thread = threading.Thread(target=repeat, name=action.__name__, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
