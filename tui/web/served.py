"""App as the child of a web server: packets on pipes in the place of a terminal."""

import contextlib
import os
import sys
from collections.abc import Iterator

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

from tui.terminal.terminal import output_in_log


class ServedDriver(WebDriver):
    """Driver that ends the app when the server is gone."""

    def run_input_thread(self) -> None:
        """Dispatch the input of the visitor until the app closes or the server is gone."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(ExitApp())


def is_served() -> bool:
    """Return True in a process that textual-serve has started."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


@contextlib.contextmanager
def own_output() -> Iterator[None]:
    """Keep the pipe to the server for the driver; direct all other output to the log file.

    Text that a library prints between two packets would end the visit.
    """
    before = sys.__stdout__
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as server, output_in_log():
        sys.__stdout__ = server  # type: ignore[misc]
        try:
            yield
        finally:
            sys.__stdout__ = before  # type: ignore[misc]
