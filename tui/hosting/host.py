"""The part of the app below its screens: the run in view, its training, and the ways out."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from textual import work
from textual.notifications import Notification, Notify
from textual.screen import ModalScreen
from textual.worker import Worker

from core.config.schema import Config
from core.runs.commands import RemoteControl
from core.runs.directory import RunDirectory
from core.runs.ownership import living_owner
from core.training import events
from tui.hosting.headless import OnHangUp
from tui.hosting.training import HostedTraining
from tui.state.model_cache import Models
from tui.state.selection import RunSelection
from tui.state.view_state import ViewState
from tui.terminal.driver import HangupSafeDriver
from tui.terminal.textual_private import PrivateApp
from tui.text.notices import ERROR_SECONDS, notice

REFRESH_SECONDS, SPARSE_SECONDS = 0.5, 3.0
"""Time between two refreshes, by default and on a slow link."""


@dataclass(frozen=True)
class RemoteTraining:
    """A training in another process on this machine."""

    control: RemoteControl
    directory: RunDirectory


Settings = tuple[Config, str, str]
"""Configuration, name and preset of a run to train."""
Training = HostedTraining | RemoteTraining
"""A training that keys can steer."""


class Host(PrivateApp):
    """The app as its screens see it. It hosts a training in a thread."""

    read_only = False
    """True where nothing may be started, steered or changed."""
    rooms: Mapping[str, str] = {}
    """The titles of the screens that are not closed."""

    def __init__(
        self, runs_dir: Path, viewed: RunDirectory | None, on_hang_up: OnHangUp, sparse: bool
    ) -> None:
        super().__init__(driver_class=HangupSafeDriver)
        self.runs_dir = runs_dir
        self.viewed = viewed
        """The run on the training screen, which other screens prefer."""
        self.training: HostedTraining | None = None
        """The training in this process."""
        self.ended: HostedTraining | None = None
        """The last one before it."""
        self.models = Models()
        self.chosen = RunSelection()
        """The runs chosen to be seen together."""
        self.proposed: Config | None = None
        """Settings that the Setup screen takes over when it is shown next."""
        self.view_state = ViewState(runs_dir)
        self.refresh_seconds = SPARSE_SECONDS if sparse else REFRESH_SECONDS
        self.signalled: int | None = None
        """The signal that ends the app."""
        self.hung_up = False
        self.kept: HostedTraining | None = None
        """The training that another process continues once the app has exited."""
        self._on_hang_up = on_hang_up
        # Set by the screens, once they are there.
        self.show_view: Callable[[RunDirectory | None], None] = lambda _: None
        self.show_end: Callable[[], None] = lambda: None
        self.setup_settings: Callable[[], Settings | None] = lambda: None
        """Returns what the Setup screen has, or raises InputError; None before its first visit."""
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._remote: RemoteTraining | None = None
        self._poller: Worker[None] | None = None
        self._leaving = False

    def on_mount(self) -> None:
        """Begin, unless a signal came first."""
        self._event_loop = asyncio.get_running_loop()
        if self.hung_up or self.signalled is not None:
            self.exit()
            return
        self._remote = self._find_remote(self.viewed)
        self.set_interval(self.refresh_seconds, self._poll)
        self.begin()

    def begin(self) -> None:
        """Show or train what the app was opened for."""

    # The run in view

    def view(self, directory: RunDirectory | None) -> None:
        """Show a run on the training screen and prefer it on the others."""
        self.viewed = directory
        self.view_state.set("run", directory.name if directory else "")
        self._remote = self._find_remote(directory)
        self.show_view(directory)

    def forget(self, directory: RunDirectory) -> None:
        """Close a deleted run."""
        if self.viewed == directory:
            self.view(None)

    @property
    def steered(self) -> Training | None:
        """The training of the run in view, in this process or another on this machine.

        A poll in a thread notices when another process begins or ends one.
        """
        if self.training and self.training.directory in (None, self.viewed):
            return self.training
        return self._remote

    def _find_remote(self, directory: RunDirectory | None) -> RemoteTraining | None:
        owner = living_owner(directory) if directory else None
        if directory is None or owner is None or owner.elsewhere:
            return None
        if self._remote and self._remote.directory == directory:
            return self._remote
        return RemoteTraining(RemoteControl(directory), directory)

    def _poll(self) -> None:
        # On a file system that hangs, one thread waits and not one for each poll.
        if self._poller is None or self._poller.is_finished:
            self._poller = self._look_for_remote(self.viewed)

    @work(thread=True, group="owner")
    def _look_for_remote(self, directory: RunDirectory | None) -> None:
        self.call_from_thread(self._set_remote, directory, self._find_remote(directory))

    def _set_remote(self, directory: RunDirectory | None, remote: RemoteTraining | None) -> None:
        if self.training and self.training.directory == directory:
            # The lock is held by this process.
            remote = None
        if directory == self.viewed and remote is not self._remote:
            self._remote = remote
            self.screen.refresh_bindings()

    # Training

    def start_training(self, config: Config, name: str, label: str) -> bool:
        """Begin a new run; return False while one trains, and in a read-only app."""

        def prepare() -> RunDirectory:
            from core.session import prepare

            return prepare(config, self.runs_dir, name, label)

        return self._begin(None, prepare)

    def resume_training(self, directory: RunDirectory) -> bool:
        """Resume a run; return False while one trains, and in a read-only app."""
        return self._begin(directory, lambda: directory)

    def _begin(self, directory: RunDirectory | None, prepare: Callable[[], RunDirectory]) -> bool:
        if self.read_only:
            return False
        if self.training:
            self.notify("A training is running. Stop it first.", severity="warning")
            return False
        training = self.training = HostedTraining(directory)
        training.start(
            prepare,
            on_prepared=lambda directory: self._later(self.view, directory),
            on_event=self._notice,
            on_end=lambda: self._later(self._end_training, training.error),
        )
        self.action_go("train")
        return True

    def _notice(self, directory: RunDirectory, event: events.Event) -> None:
        if found := notice(event, directory.name):
            self._later(self.say, found)

    def _later(self, act: Callable[..., object], *arguments: object) -> None:
        """Act in the event loop, from the thread of the training, in which nothing may fail."""
        # The loop is closed once the terminal is gone.
        with contextlib.suppress(RuntimeError):
            self.call_later(act, *arguments)

    def _end_training(self, error: str) -> None:
        self.ended, self.training, self._remote = self.training, None, None
        if error:
            self.say(Notification(error, "Not trained", "error", ERROR_SECONDS))
        if self._leaving:
            self.exit()
        else:
            self.show_end()

    def say(self, notice: Notification) -> None:
        """Show a notice over the current screen."""
        self.post_message(Notify(notice))

    def action_go(self, mode: str) -> None:
        """Go to a screen that is not closed."""
        if mode in self.rooms and not isinstance(self.screen, ModalScreen):
            self.switch_mode(mode)
            self.view_state.set("screen", mode)

    # Ways out

    def keep_training(self) -> None:
        """Let another process continue the training once the app has exited."""
        if self.training:
            self.kept = self.training
            self.training.control.detach()
        self.leave()

    def leave(self) -> None:
        """Stop the training with a checkpoint, if there is one, and then exit."""
        self._leaving = True
        if self.training:
            self.notify("Writing a checkpoint ...", timeout=60)
            self.training.control.stop()
        else:
            self.exit()

    def on_signal(self, number: int) -> None:
        """Handle a signal, even when the screens are gone."""
        if number == signal.SIGHUP:
            self.hang_up()
            return
        self.signalled, self.kept = number, None
        if self.training:
            self.training.control.stop()
        self._soon(self.leave)

    def hang_up(self) -> None:
        """Exit without a terminal, from any thread; detach the training or stop it."""
        if self.hung_up:
            return
        self.hung_up = True
        if self.training:
            if self._on_hang_up == "continue":
                self.training.control.detach()
            else:
                self.training.control.stop()
        self._soon(self.exit)

    def _soon(self, act: Callable[[], None]) -> None:
        # Before the loop runs, `on_mount` checks; once it is closed, nothing is left to exit.
        if self._event_loop:
            with contextlib.suppress(RuntimeError):
                self._event_loop.call_soon_threadsafe(act)

    def exit_code(self, training: HostedTraining | None) -> int:
        """Return the exit code after an app that exited with this training, if with any."""
        if self.signalled is not None:
            return 128 + self.signalled
        if self.hung_up and (training is None or self._on_hang_up == "stop"):
            return 128 + signal.SIGHUP
        return 1 if training and training.error else self.return_code or 0
