"""What other processes ask of the one that trains a run: small files in the run directory.

The process that trains keeps `inbox/` (0700) while it does. A wish is a file in it (0600), put
there whole by a rename, taken and removed within a fraction of a second. The answer is what the
journal tells.
"""

import contextlib
import logging
import os
import secrets
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from core.errors import InputError
from core.files import read_plain
from core.runs.directory import RunDirectory
from core.runs.summary import NOTHING, read_summary
from core.training.control import Control
from core.training.schedules import Overrides

LARGEST = 1024
"""Bytes of a wish."""
POLL_SECONDS = 0.2

log = logging.getLogger(__name__)


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="ask", tag="do"):
    """Something that `Control` does without further words."""

    what: Literal["pause", "resume", "stop", "checkpoint", "evaluate"]


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="ask", tag="edit"):
    """Another value for a schedule; None for the schedule's own."""

    name: str
    value: float | None


_decoder = msgspec.json.Decoder(Wish | Edit)


@contextlib.contextmanager
def listening(directory: RunDirectory, control: Control) -> Iterator[None]:
    """Tell `control` what other processes ask, from a thread, by its owner alone.

    What was asked before is void.
    """
    _open(directory.inbox)
    ended = threading.Event()

    def listen() -> None:
        while not ended.wait(POLL_SECONDS):
            for path in _waiting(directory.inbox):
                _take(path, control)

    thread = threading.Thread(target=listen, name="mailbox", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        _close(directory.inbox)


def _open(inbox: Path) -> None:
    _close(inbox)
    inbox.mkdir(mode=0o700, exist_ok=True)
    kept = inbox.lstat()
    if not stat.S_ISDIR(kept.st_mode) or kept.st_uid != os.geteuid():
        raise InputError(f"{inbox} is not a directory of this user; delete it and train again")
    inbox.chmod(0o700)


def _close(inbox: Path) -> None:
    if inbox.is_symlink():
        return
    with contextlib.suppress(OSError):
        for path in inbox.iterdir():
            path.unlink()
        inbox.rmdir()


def _waiting(inbox: Path) -> list[Path]:
    """The wishes in the order in which they came."""
    try:
        return sorted(path for path in inbox.iterdir() if path.suffix == ".json")
    except OSError:
        return []


def _take(path: Path, control: Control) -> None:
    try:
        _grant(_decoder.decode(_read(path)), control)
    except (OSError, ValueError, RecursionError, InputError) as error:
        log.warning("ignored a wish of another process: %s", error)
    with contextlib.suppress(OSError):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def _read(path: Path) -> bytes:
    wish = read_plain(path, LARGEST + 1)
    if len(wish) > LARGEST:
        raise InputError(f"it has more than {LARGEST} bytes")
    return wish


def _grant(wish: Wish | Edit, control: Control) -> None:
    if isinstance(wish, Edit):
        control.edit(wish.name, wish.value)
        return
    match wish.what:
        case "pause":
            control.pause()
        case "resume":
            control.resume()
        case "stop":
            control.stop()
        case "checkpoint":
            control.checkpoint()
        case "evaluate":
            control.evaluate()


class RemoteControl:
    """`Control` of a training in another process on this machine.

    A wish that nobody is there to take is dropped: the journal and the lock tell whether a
    training lives.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._stopping = False
        self._summary = NOTHING

    def pause(self) -> None:
        """Wait after the step in hand."""
        self._put(Wish("pause"))

    def resume(self) -> None:
        """Go on after a pause."""
        self._put(Wish("resume"))

    def stop(self) -> None:
        """Checkpoint after the step in hand and end."""
        self._stopping = True
        self._put(Wish("stop"))

    def checkpoint(self) -> None:
        """Save a checkpoint after the step in hand."""
        self._put(Wish("checkpoint"))

    def evaluate(self) -> None:
        """Take the scores after the step in hand."""
        self._put(Wish("evaluate"))

    def edit(self, name: str, value: float | None) -> None:
        """Set a schedule's value from the next step on; None returns it to its schedule.

        Raises InputError for another name or a value out of range.
        """
        Overrides().edited(name, value)
        self._put(Edit(name, value))

    @property
    def pausing(self) -> bool:
        """Whether the journal says that the training waits."""
        self._summary = read_summary(self._directory, self._summary)
        return self._summary.state == "paused"

    @property
    def stopping(self) -> bool:
        """Whether the training was asked to stop, from here."""
        return self._stopping

    def _put(self, wish: Wish | Edit) -> None:
        name = f"{time.time_ns():020}-{secrets.token_hex(4)}"
        written = self._directory.inbox / f".{name}"
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(wish))
            written.rename(written.with_name(f"{name}.json"))
