"""Textual's driver, able to lose its terminal."""

import contextlib

from textual.drivers.linux_driver import LinuxDriver


class HangupSafeDriver(LinuxDriver):
    """Ends its input with the terminal instead of taking the app down with a traceback.

    `tui.terminal.terminal` says that the terminal is gone; the app then leaves on purpose.
    """

    def run_input_thread(self) -> None:
        """Dispatch keys until the app closes or the terminal is gone."""
        with contextlib.suppress(OSError):
            super().run_input_thread()
