"""Textual's driver for a terminal that can hang up."""

import contextlib

from textual.drivers.linux_driver import LinuxDriver


class HangupSafeDriver(LinuxDriver):
    """A driver whose input ends with the terminal; `owned_terminal` reports the hang-up."""

    def run_input_thread(self) -> None:
        """Dispatch keys until the app exits or the terminal is gone."""
        with contextlib.suppress(OSError):
            super().run_input_thread()
