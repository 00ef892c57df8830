"""The setup screen: preset, corpus and every other setting of the next run."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label, Select, Static

from core.config import (
    SECTIONS,
    Config,
    build,
    differences,
    fields,
    preset,
    preset_description,
    preset_names,
    value,
)
from core.errors import InputError
from core.runs.directory import check_name
from tui.widgets.field_editor import FieldEditor
from tui.widgets.room import Room
from tui.widgets.schedule_picture import SchedulePicture


class SetupScreen(Room):
    """A line for each field; what it means, and what is wrong with it, below."""

    ROOM = "setup"
    CSS_PATH = "setup.tcss"
    HELP = """\
Every setting of the next run. A * marks what differs from the preset. The line at the bottom
explains the setting in hand and says what it accepts.
"""
    BINDINGS = [
        Binding("ctrl+t", "train", "Train with these settings"),
        Binding("ctrl+r", "reset", "Back to the preset"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._filled_from = ""

    @property
    def preset_name(self) -> str:
        """The preset that the settings started from."""
        return str(self.query_one("#preset", Select).value)

    @property
    def run_name(self) -> str:
        """The name that the run is to have; empty for a free one."""
        return self.query_one("#name", Input).value.strip()

    def compose_room(self) -> ComposeResult:
        """Preset and name, the fields by section, the explanation."""
        with Horizontal(id="head"):
            yield Label("Preset")
            yield Select(
                [(name, name) for name in preset_names()],
                value="default",
                allow_blank=False,
                compact=True,
                id="preset",
            )
            yield Label("Name")
            yield Input(placeholder="a free name", compact=True, id="name")
            yield Button("Train", id="train", variant="primary", compact=True)
        yield Static(id="description", classes="quiet", markup=False)
        with Horizontal(id="board"):
            with VerticalScroll(id="fields", can_focus=False):
                for section, kind in SECTIONS.items():
                    title = f"{section.replace('_', ' ').capitalize()}: {kind.__doc__}"
                    yield Label(title, classes="section", markup=False)
                    for known in fields():
                        if known.section == section:
                            yield FieldEditor(known)
            yield SchedulePicture()
        yield Static(id="explanation", markup=False)

    def on_mount(self) -> None:
        """Begin with the default preset, and with no field taking the keys that lead elsewhere."""
        self._fill()
        self.query_one("#preset").focus()

    def on_screen_resume(self) -> None:
        """Take over the settings that another screen proposes, if one does."""
        if proposed := self.host.proposed:
            self.host.proposed = None
            self._show(proposed)

    def settings(self) -> Config:
        """The configuration as typed.

        Raises InputError for the first field that does not hold.
        """
        tables: dict[str, dict[str, object]] = {}
        for editor in self.query(FieldEditor):
            tables.setdefault(editor.known.section, {})[editor.known.name] = editor.value()
        if self.run_name:
            check_name(self.run_name)
        return build(tables, where="Setup")

    @on(Select.Changed, "#preset")
    def _change_preset(self) -> None:
        # A Select tells of the value that it begins with, too.
        if self.preset_name != self._filled_from:
            self._fill()

    def _fill(self) -> None:
        self._filled_from = self.preset_name
        self.query_one("#description", Static).update(preset_description(self.preset_name))
        self._show(preset(self.preset_name))

    def _show(self, config: Config) -> None:
        with self.prevent(Input.Changed, Select.Changed):
            for editor in self.query(FieldEditor):
                editor.set_value(value(config, editor.known))
        self._judge()

    @on(FieldEditor.Changed)
    @on(Input.Changed, "#name")
    def _judge(self) -> None:
        """Mark what differs from the preset; say what is wrong, if anything is."""
        base = preset(self.preset_name)
        for editor in self.query(FieldEditor):
            editor.mark(value(base, editor.known))
        button, explanation = self.query_one("#train", Button), self.query_one("#explanation")
        try:
            config = self.settings()
        except InputError as error:
            button.disabled = True
            explanation.set_class(True, "wrong")
            self._explain(str(error).removeprefix("Setup: "))
            return
        button.disabled = False
        explanation.set_class(False, "wrong")
        count = len(differences(config, base))
        difference = f"{count or 'no'} setting{'s' * (count != 1)} differ{'s' * (count == 1)}"
        self.query_one("#fields").border_subtitle = f"{difference} from {self.preset_name}"
        self.query_one(SchedulePicture).show(config)
        self._explain_focused()

    @on(FieldEditor.Focused)
    def _explain_focused(self) -> None:
        if self.query_one("#explanation").has_class("wrong"):
            return
        for editor in self.query(FieldEditor):
            if editor.has_focus_within:
                known = editor.known
                default = "" if known.default == "" else f" Default {known.default}."
                self._explain(f"{known.doc} Takes {known.accepts}.{default}")

    def _explain(self, text: str) -> None:
        self.query_one("#explanation", Static).update(Content(text))

    def action_reset(self) -> None:
        """Take back every change."""
        self._fill()

    @on(Button.Pressed, "#train")
    def action_train(self) -> None:
        """Start a run with these settings."""
        try:
            config = self.settings()
        except InputError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.host.start_training(config, self.run_name, self.preset_name)
