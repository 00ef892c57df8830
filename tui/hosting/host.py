"""What the screens may ask of the app that they are in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.config.schema import Config
from core.runs.commands import RemoteControl
from core.runs.directory import RunDirectory
from core.training.control import Control
from tui.state.model_cache import Models
from tui.state.selection import Chosen
from tui.state.view_state import ViewState
from tui.text.notices import Notice

REFRESH_SECONDS, SPARSE_SECONDS = 0.5, 3.0
"""Time between two looks at what moves, at home and on a slow link."""


class Training(Protocol):
    """A training that keys can steer, in this process or in another."""

    @property
    def control(self) -> Control | RemoteControl:
        """What it is told."""

    @property
    def directory(self) -> RunDirectory | None:
        """Its run; not known before that is prepared."""


@dataclass(frozen=True)
class RemoteTraining:
    """A training in another process on this machine."""

    control: RemoteControl
    directory: RunDirectory


class Host(Protocol):
    """The app, as its screens see it."""

    runs_dir: Path
    read_only: bool
    """Whether nothing may be started, steered or changed from here."""
    viewed: RunDirectory | None
    """The run on the training screen, which other screens prefer."""
    training: Training | None
    """The one that this process hosts."""
    models: Models
    view_state: ViewState
    refresh_seconds: float
    """Time between two looks at what moves."""
    chosen: Chosen
    """The runs to compare."""
    proposed: Config | None
    """Settings that the Setup screen takes over when it is shown next."""

    @property
    def steered(self) -> Training | None:
        """The training of the run in view, if this process or another on this machine has one."""

    def start_training(self, config: Config, name: str, label: str) -> bool:
        """Begin a new run; False when a training is under way already."""

    def resume_training(self, directory: RunDirectory) -> bool:
        """Go on with a run; False when a training is under way already."""

    def setup_settings(self) -> tuple[Config, str, str] | None:
        """Configuration, name and preset of the Setup screen; None while it was not visited."""

    def say(self, said: Notice) -> None:
        """Say something over whatever screen there is."""

    def view(self, directory: RunDirectory | None) -> None:
        """Show a run on the training screen."""

    def forget(self, directory: RunDirectory) -> None:
        """Show a deleted run no longer."""

    def action_go(self, room: str) -> None:
        """Go to a screen."""
