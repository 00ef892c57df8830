"""The bases of all screens, and of those that use a model."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.getters import app, query_one
from textual.screen import Screen
from textual.validation import Integer, Number
from textual.widgets import Footer, Input, Select
from textual.worker import get_current_worker

from core.errors import Cancelled, CvaeError
from core.text import printable
from tui.hosting.host import Host
from tui.widgets.message_line import MessageLine
from tui.widgets.model_picker import ModelPicker
from tui.widgets.navigation import Navigation

R = TypeVar("R")

SCREENS = {
    "train": "Train",
    "setup": "Setup",
    "convert": "Convert",
    "generate": "Generate",
    "latent": "Latent",
    "runs": "Runs",
    "compare": "Compare",
}
"""The titles of the screens, in the order of their keys from 1."""
STEERING = frozenset({"setup"})
"""Screens that only prepare a training, and so are closed in the read-only app."""
AUTO = -1
"""In place of a condition: the one in which the model finds a word likeliest."""
NO_MODEL = "No run has a checkpoint yet. Train a model first."


class AppScreen(Screen[None]):
    """A screen with navigation above and keys below. `MODE` is its name in `SCREENS`."""

    MODE = ""
    BINDINGS = [Binding("escape", "leave_field", "Leave the field")]
    host = app(Host)

    def compose(self) -> ComposeResult:
        """Yield navigation, body and footer."""
        yield Navigation(self.MODE, SCREENS, self.host.rooms)
        yield from self.compose_body()
        yield Footer(compact=True, show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """Yield the widgets of the screen."""
        return iter(())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow leaving a field while the focus is in one."""
        return isinstance(self.focused, Input) if action == "leave_field" else True

    def action_leave_field(self) -> None:
        """Leave the field, so that single keys act again."""
        self.set_focus(None)

    @contextlib.contextmanager
    def errors_notified(self) -> Iterator[None]:
        """Notify of an error in the block instead of raising it."""
        try:
            yield
        except CvaeError as error:
            self.notify(printable(str(error)), severity="error", markup=False)


class ModelScreen(AppScreen):
    """A screen that computes with a model. Its body has a `ModelPicker` and a `MessageLine`."""

    picker = query_one(ModelPicker)
    message = query_one("#message", MessageLine)

    def on_screen_resume(self) -> None:
        """Offer the models there are now."""
        for picker in self.query(ModelPicker):
            picker.offer(self.host.runs_dir, self.host.viewed)
        if not self.picker.picked:
            self.message.show(NO_MODEL)

    def compute(
        self, group: str, work: Callable[[Callable[[], bool]], R], show: Callable[[R], object]
    ) -> None:
        """Run `work` in a thread and `show` its result, instead of what the group computes now.

        work: takes a function that returns True once the result is no longer wanted.
        """

        def run() -> None:
            worker = get_current_worker()
            try:
                result = work(lambda: worker.is_cancelled)
            except Cancelled:
                return
            except CvaeError as error:
                if not worker.is_cancelled:
                    self.app.call_from_thread(self.fail, str(error))
                return
            if not worker.is_cancelled:
                self.app.call_from_thread(show, result)

        self.run_worker(run, thread=True, exclusive=True, group=group)

    def fail(self, message: str) -> None:
        """Show why a computation failed."""
        self.message.show(message, wrong=True)

    def valid(self, *inputs: Input) -> bool:
        """Validate inputs; show why the first invalid one fails."""
        for one in inputs:
            result = one.validate(one.value)
            if result and not result.is_valid:
                self.fail(result.failure_descriptions[0])
                return False
        return True

    def offer_tenses(self, select: Select[int], conditions: Sequence[str], default: int) -> None:
        """List the conditions and `auto`; keep the chosen one where it is still there."""
        options = [(Content(printable(name)), index) for index, name in enumerate(conditions)]
        chosen = select.value if isinstance(select.value, int) else default
        with self.prevent(Select.Changed):
            select.set_options([(Content("auto"), AUTO), *options])
            select.value = chosen if chosen < len(conditions) else default


def headings(conditions: Sequence[str]) -> list[Text]:
    """Return column titles in two lines: names of tenses can be long."""
    return [Text(printable(name).replace("-", "-\n", 1)) for name in conditions]


def number_input(id: str, value: str, validator: Number) -> Input:
    """Create an input for a number; `ModelScreen.valid` shows why it fails."""
    return Input(
        value,
        compact=True,
        id=id,
        validators=[validator],
        type="integer" if isinstance(validator, Integer) else "number",
    )
