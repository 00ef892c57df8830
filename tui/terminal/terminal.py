"""The terminal of the app: only the app writes to it, and it can hang up."""

import contextlib
import io
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from core.errors import InputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT


def log_file() -> Path:
    """Return the file for the output of libraries."""
    return platformdirs.user_log_path("cvae-tui", ensure_exists=True) / "app.log"


def require_terminal() -> None:
    """Raise InputError when there is no terminal for the app."""
    if not (sys.__stdin__ and sys.__stdin__.isatty() and os.isatty(2)):
        raise InputError(
            "cannot open the app: there is no terminal. Use `cvae-tui train --headless` or another "
            "command"
        )


@contextlib.contextmanager
def output_in_log() -> Iterator[None]:
    """Direct descriptors 1 and 2, to which native libraries write, to the log file."""
    kept = os.dup(1), os.dup(2)
    _direct(1, 2, file=log_file(), flags=APPEND, mode=0o600)
    try:
        yield
    finally:
        for target, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, target)
            os.close(descriptor)


@contextlib.contextmanager
def owned_terminal(gone: Callable[[], None]) -> Iterator[None]:
    """Let the app write to the terminal, and everything else to the log file.

    gone: called when the terminal hangs up, from any thread, possibly more than once. Later
    output is dropped.

    Raises InputError when there is no terminal.
    """
    require_terminal()
    # Textual uses the objects sys.__stderr__, for output, and sys.__stdout__, for the size of the
    # terminal, and not the descriptors.
    before = sys.__stdout__, sys.__stderr__
    raw = _Losable(os.dup(2), gone)
    with io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8") as terminal, output_in_log():
        sys.__stdout__ = sys.__stderr__ = terminal  # type: ignore[misc]
        threading.Thread(target=_wait_for_hang_up, args=(gone,), daemon=True).start()
        try:
            yield
        finally:
            sys.__stdout__, sys.__stderr__ = before  # type: ignore[misc]


def leave_terminal(log_file: Path) -> None:
    """Replace standard input by an empty one, and standard output and error by a log."""
    _direct(0, file=Path(os.devnull), flags=os.O_RDONLY)
    _direct(1, 2, file=log_file, flags=APPEND)


def _direct(*descriptors: int, file: Path, flags: int, mode: int = 0o644) -> None:
    """Let descriptors refer to a file."""
    opened = os.open(file, flags, mode)
    for descriptor in descriptors:
        os.dup2(opened, descriptor)
    os.close(opened)


class _Losable(io.FileIO):
    """A terminal that drops output after a hang-up, because an error would end the writers."""

    def __init__(self, descriptor: int, gone: Callable[[], None]) -> None:
        super().__init__(descriptor, "w")
        self._gone = gone

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError:
            self._gone()
            return memoryview(data).nbytes


def _wait_for_hang_up(gone: Callable[[], None]) -> None:
    poll = select.poll()
    # A hang-up is reported without being asked for.
    poll.register(0, 0)
    if poll.poll():
        gone()
