"""The training that the app hosts, in a thread of its own that outlives the screens."""

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
"""How long a thread may keep the interpreter from another; a key takes a dozen turns to the screen.
"""


class HostedTraining:
    """One training in a thread of this process; the process does not end before it."""

    def __init__(self, directory: RunDirectory | None) -> None:
        self.control = Control()
        self.directory = directory
        """Not known before the run is prepared."""
        self.last: events.Event | None = None
        self.error = ""
        """Why the training broke off, if it did."""
        self._thread: threading.Thread | None = None

    def start(
        self,
        prepare: Callable[[], RunDirectory],
        prepared: Callable[[RunDirectory], object],
        told: Callable[[RunDirectory, events.Event], object],
        ended: Callable[[], object],
    ) -> None:
        """Prepare the run and train it; what happens is called from the thread."""

        def train() -> None:
            self._train(prepare, prepared, told)
            ended()

        # Messages of Textual ask for the app of the context in which they are made.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(train,), name="training")
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread.start()

    def wait(self) -> None:
        """Wait until the training has ended."""
        if self._thread:
            self._thread.join()

    @property
    def log_file(self) -> Path:
        """Where to say what nobody is there to read."""
        return self.directory.log_file if self.directory else log_file()

    def _train(
        self,
        prepare: Callable[[], RunDirectory],
        prepared: Callable[[RunDirectory], object],
        told: Callable[[RunDirectory, events.Event], object],
    ) -> None:
        try:
            # Torch takes seconds to import; the screens are up meanwhile.
            from core.session import train

            self.directory = prepare()
            prepared(self.directory)
            kinds: set[type[events.Event]] = set()
            for event in train(self.directory, self.control):
                self.last = event
                told(self.directory, event)
                if type(event) not in kinds:
                    # What it needed is imported now. To look through all that torch consists of
                    # for garbage, every other second, would hold up keys.
                    kinds.add(type(event))
                    gc.freeze()
        except CvaeError as error:
            self.error = str(error)
        except Exception as error:
            with self.log_file.open("a", encoding="utf-8") as log:
                traceback.print_exc(file=log)
            self.error = f"training broke off: {error!r}; the details are in {self.log_file}"
