"""A training in a thread of the app, which outlives the screens."""

import contextlib
import contextvars
import gc
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from core.errors import CvaeError
from core.runs.directory import RunDirectory
from core.training import events
from core.training.control import Control
from tui.terminal.terminal import log_file

SWITCH_SECONDS = 0.0005
"""The interval of switches between threads. A key needs about a dozen of them."""


class HostedTraining:
    """One training in a thread. The process does not end before it."""

    def __init__(self, directory: RunDirectory | None) -> None:
        self.control = Control()
        self.directory = directory
        """The run; None until it is prepared."""
        self.last: events.Event | None = None
        self.error = ""
        """The error that ended the training."""
        self._thread: threading.Thread | None = None

    def start(
        self,
        prepare: Callable[[], RunDirectory],
        on_prepared: Callable[[RunDirectory], object],
        on_event: Callable[[RunDirectory, events.Event], object],
        on_end: Callable[[], object],
    ) -> None:
        """Prepare the run and train it in a thread, which makes the calls."""

        def train() -> None:
            try:
                # Torch takes seconds to import; the screens are up meanwhile.
                from core.session import train

                self.directory = prepare()
                on_prepared(self.directory)
                kinds: set[type[events.Event]] = set()
                for event in train(self.directory, self.control):
                    self.last = event
                    on_event(self.directory, event)
                    if type(event) not in kinds:
                        # A search of all objects of torch delays keys. The first event of a kind
                        # may have imported more of them.
                        kinds.add(type(event))
                        gc.freeze()
            except CvaeError as error:
                self.error = str(error)
            except Exception as error:
                self.error = f"training failed: {error!r}. {self.log_file} has the details"
                # A disk that refuses the log must not keep the app from seeing the end.
                with contextlib.suppress(OSError), self.log_file.open("a", encoding="utf-8") as log:
                    traceback.print_exc(file=log)
            on_end()

        # Messages of Textual need the app, which is in the context.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(train,), name="training")
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread.start()

    def wait(self) -> None:
        """Wait for the end of the training."""
        if self._thread:
            self._thread.join()

    @property
    def log_file(self) -> Path:
        """The file for output without a terminal: the log of the run, or of the app."""
        return self.directory.log_file if self.directory else log_file()
