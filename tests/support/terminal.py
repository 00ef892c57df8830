"""A pseudo-terminal with a program in it, and a picture of its screen."""

import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

MODES_OFF = {
    b"\x1b[?1049h": b"\x1b[?1049l",
    b"\x1b[?25l": b"\x1b[?25h",
    b"\x1b[?1000h": b"\x1b[?1000l",
    b"\x1b[?1003h": b"\x1b[?1003l",
    b"\x1b[?1006h": b"\x1b[?1006l",
    b"\x1b[?2004h": b"\x1b[?2004l",
}
"""What switches a mode of the terminal on, and what must come after it."""

PRIVATE = re.compile(rb"\x1b\[[<>=?][0-9;]*[a-ln-zA-Z]|\x1bP[^\x1b]*\x1b\\")
"""Queries and modes that pyte does not know and would print."""


PATIENCE = 240.0
"""Seconds that a condition may take to hold, on a machine with many other processes."""


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.1)


class Terminal:
    """Runs a command in a pseudo-terminal of its own session."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.output = b""
        self._status: int | None = None
        # A terminal outlives the programs in it; so does ours, by holding on to both of its ends.
        self._master, self._slave = os.openpty()
        self.resize(columns, rows)
        self.modes_before = termios.tcgetattr(self._slave)
        environment = {**os.environ, "TERM": "xterm-256color", **(env or {})}
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._master)
            os.login_tty(self._slave)
            # What a shell starts in the background has it ignored, and hands that down.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.chdir(cwd or ".")
            os.execvpe(command[0], list(command), environment)

    @property
    def modes(self) -> list[object]:
        return termios.tcgetattr(self._slave)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, seconds: float = 0.1) -> None:
        """Take in what the program writes for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], left)
            if not ready:
                return
            data = os.read(self._master, 65_536)
            self.output += data
            self.draw(data)

    def draw(self, data: bytes) -> None:
        """Bring the picture up to what the program has written."""
        self._stream.feed(PRIVATE.sub(b"", data))

    def line(self, row: int) -> str:
        """One line of the picture, counted from 0; much sooner there than all the text."""
        return "".join(self.screen.buffer[row][x].data for x in range(self.screen.columns))

    def read_bytes(self, seconds: float) -> bytes:
        """What the program writes next, at once and past the picture; empty if nothing comes."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        return os.read(self._master, 65_536) if ready else b""

    def wait_for(self, pattern: str, seconds: float = PATIENCE) -> re.Match[str]:
        """Wait until the screen shows something that the pattern finds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.1)
            if found := re.search(pattern, self.text):
                return found
            assert self.exit_status() is None, f"the program ended:\n{self.text}"
        raise AssertionError(f"{pattern!r} did not appear within {seconds} s:\n{self.text}")

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """What becomes of a terminal whose connection drops."""
        os.close(self._slave)
        os.close(self._master)
        self._slave = self._master = -1

    def kill(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def exit_status(self) -> int | None:
        """The exit status, or None while the program runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait_for_exit(self, seconds: float = PATIENCE) -> int:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._master < 0:
                time.sleep(0.1)
            else:
                self.read(0.1)
            if (status := self.exit_status()) is not None:
                if self._master >= 0:
                    self.read(0.1)
                return status
        raise AssertionError(f"the program did not end within {seconds} s:\n{self.text}")

    def assert_clean(self) -> None:
        """The terminal is as the program found it."""
        assert self.modes == self.modes_before
        for on, off in MODES_OFF.items():
            assert self.output.rfind(off) >= self.output.rfind(on), f"{on!r} was left on"

    def close(self) -> None:
        if self.exit_status() is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._master >= 0:
            self.hang_up()
