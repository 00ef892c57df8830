"""The terminal while the app has it: nothing but the app may write to it."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from core.errors import InputError


def log_file() -> Path:
    """Where everything goes that is printed behind the app's back."""
    return platformdirs.user_log_path("cvae-tui", ensure_exists=True) / "app.log"


def require_terminal() -> None:
    """Raise InputError unless the app has a terminal to be in."""
    if not (sys.__stdin__ and sys.__stdin__.isatty() and os.isatty(2)):
        raise InputError(
            "the app needs a terminal; without one, use `cvae-tui train --headless` or another "
            "command"
        )


@contextlib.contextmanager
def owned_terminal() -> Iterator[None]:
    """Let the app write to the terminal while descriptors 1 and 2 lead into the log file.

    Libraries in other languages write straight to the descriptors, which would spoil the screen.

    Raises InputError when there is no terminal.
    """
    require_terminal()
    log = os.open(log_file(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    kept = os.dup(1), os.dup(2)
    # Textual writes to sys.__stderr__ and asks sys.__stdout__ for the size of the terminal, both by
    # the file object and not by the descriptor's number.
    before = sys.__stdout__, sys.__stderr__
    with os.fdopen(os.dup(2), "w", encoding="utf-8") as terminal:
        sys.__stdout__ = sys.__stderr__ = terminal  # type: ignore[misc]
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            yield
        finally:
            for target, descriptor in enumerate(kept, start=1):
                os.dup2(descriptor, target)
                os.close(descriptor)
            os.close(log)
            sys.__stdout__, sys.__stderr__ = before  # type: ignore[misc]
