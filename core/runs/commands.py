"""Commands from other processes to the process that trains a run, as small files.

The process that trains keeps the folder `inbox/` (0700) for as long as it trains. A command is a
file in it (0600), put there whole by a rename. The process reads and removes it within a fraction
of a second. The journal shows the effect.
"""

import contextlib
import logging
import os
import secrets
import stat
import time
from collections.abc import Iterator
from functools import partialmethod
from pathlib import Path
from typing import Literal

import msgspec

from core.errors import InputError
from core.files import read_plain
from core.runs.directory import RunDirectory
from core.runs.repeating import repeating
from core.runs.summary import NOTHING, read_summary
from core.training.control import Control
from core.training.schedules import Overrides

LARGEST = 1024
"""Bytes of a command at most."""
POLL_SECONDS = 0.2

log = logging.getLogger(__name__)


Request = Literal["pause", "resume", "stop", "checkpoint", "evaluate"]
"""Method of `Control` without arguments."""


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="ask", tag="do"):
    """A method for the training to call."""

    what: Request


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="ask", tag="edit"):
    """A value for a schedule; None returns it to its schedule."""

    name: str
    value: float | None


_decoder = msgspec.json.Decoder(Command | Edit)


@contextlib.contextmanager
def listening(directory: RunDirectory, control: Control) -> Iterator[None]:
    """Apply the commands of other processes to `control`, in a thread, until the block ends.

    Only the owner of the run may call it. Earlier commands are void.
    """

    def listen() -> None:
        # By name, which is the order of their arrival.
        for path in sorted(directory.inbox.glob("*.json")):
            _receive(path, control)

    _open(directory.inbox)
    try:
        with repeating(listen, POLL_SECONDS):
            yield
    finally:
        _close(directory.inbox)


def _open(inbox: Path) -> None:
    _close(inbox)
    inbox.mkdir(mode=0o700, exist_ok=True)
    kept = inbox.lstat()
    if not stat.S_ISDIR(kept.st_mode) or kept.st_uid != os.geteuid():
        raise InputError(f"cannot use {inbox}: not a directory of this user; delete it")
    inbox.chmod(0o700)


def _close(inbox: Path) -> None:
    if inbox.is_symlink():
        return
    with contextlib.suppress(OSError):
        for path in inbox.iterdir():
            path.unlink()
        inbox.rmdir()


def _receive(path: Path, control: Control) -> None:
    try:
        text = read_plain(path, LARGEST + 1)
        if len(text) > LARGEST:
            raise InputError(f"{path} has more than {LARGEST} bytes")
        match _decoder.decode(text):
            case Edit(name, value):
                control.edit(name, value)
            case Command(what):
                getattr(control, what)()
    except (OSError, ValueError, RecursionError, InputError) as error:
        log.warning("ignored a command of another process: %s", error)
    with contextlib.suppress(OSError):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


class RemoteControl:
    """`Control` of a training in another process on this machine.

    A command without a process to receive it is dropped. The lock shows whether one trains.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._summary = NOTHING
        self.stopping = False
        """True once this object has asked the training to stop."""

    def _ask(self, what: Request) -> None:
        self.stopping |= what == "stop"
        self._put(Command(what))

    pause = partialmethod(_ask, "pause")
    resume = partialmethod(_ask, "resume")
    stop = partialmethod(_ask, "stop")
    checkpoint = partialmethod(_ask, "checkpoint")
    evaluate = partialmethod(_ask, "evaluate")

    def edit(self, name: str, value: float | None) -> None:
        """Set a value as `Control.edit` does."""
        Overrides().edited(name, value)
        self._put(Edit(name, value))

    @property
    def pausing(self) -> bool:
        """True when the training is paused by its journal."""
        self._summary = read_summary(self._directory, self._summary)
        return self._summary.state == "paused"

    def _put(self, command: Command | Edit) -> None:
        name = f"{time.time_ns():020}-{secrets.token_hex(4)}"
        written = self._directory.inbox / f".{name}"
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(command))
            written.rename(written.with_name(f"{name}.json"))
