"""The setup screen: preset, corpus and every other setting of the next run."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, OptionList, Select, Static

from core.config.fields import Field
from core.config.presets import preset_description, preset_names, save_preset
from core.config.schema import Config
from core.errors import InputError
from core.runs.directory import check_name
from core.text import printable
from tui.screens.base import AppScreen
from tui.screens.setup.command_dialog import CommandDialog
from tui.screens.setup.draft import Draft
from tui.screens.setup.field_editor import FieldEditor
from tui.screens.setup.field_list import FieldList, choices
from tui.screens.setup.preset_dialog import PresetDialog
from tui.screens.setup.schedule_chart import SchedulePicture
from tui.text.command_line import command_line


class SetupScreen(AppScreen):
    """A line for each field; below, the one in hand, with what it means and what is wrong."""

    MODE = "setup"
    CSS_PATH = "screen.tcss"
    HELP = """\
Every setting of the next run. Up and down choose one, Enter edits it, left and right turn
choices. `*` marks what differs from the preset, `✗` what cannot be. Words typed at Find narrow
the list to the settings that have them in their names or their explanations.
"""
    BINDINGS = [
        Binding("t,ctrl+t", "train", "Train", key_display="t"),
        Binding("slash", "find", "Find", key_display="/"),
        Binding("c", "only_changed", "Only changed"),
        Binding("b", "reset_field", "Back to preset"),
        Binding("ctrl+r", "reset", "All back to preset", show=False),
        Binding("u", "undo", "Undo"),
        Binding("w", "save_preset", "Save as preset", show=False),
        Binding("y", "copy_command", "Copy as command", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._draft = Draft()
        self._only_changed = False

    @property
    def preset_name(self) -> str:
        """The preset that the settings started from."""
        return self._draft.preset_name

    @property
    def run_name(self) -> str:
        """The name that the run is to have; empty for a free one."""
        return self.query_one("#name", Input).value.strip()

    def compose_body(self) -> ComposeResult:
        """Preset and name, the fields by section, the field in hand."""
        with Horizontal(id="head"):
            yield Label("Preset")
            yield Select[str]([], allow_blank=True, compact=True, id="preset")
            yield Label("Run name")
            yield Input(placeholder="a free name", compact=True, id="name")
            yield Button("Train", id="train", variant="primary", compact=True)
        yield Static(id="description", classes="quiet", markup=False)
        with Horizontal(id="search"):
            yield Label("Find")
            yield Input(placeholder="words of a setting (/)", compact=True, id="find")
            yield Static(id="count", markup=False)
        yield Static(id="problem", classes="wrong", markup=False)
        with Horizontal(id="board"):
            with Vertical():
                yield FieldList(self._draft)
                yield Static("No setting has these words.", id="none", classes="quiet")
            yield SchedulePicture()
        yield FieldEditor()

    def on_mount(self) -> None:
        """Begin with the default preset and the first field in hand."""
        self._list()
        self._judge()
        self.query_one(FieldList).focus()

    def on_screen_resume(self) -> None:
        """Offer the presets there are by now; take over what another screen proposes."""
        self._offer_presets()
        if proposed := self.host.proposed:
            self.host.proposed = None
            self.fill(proposed)

    def settings(self) -> Config:
        """The configuration as typed.

        Raises InputError for the first field that does not hold.
        """
        if self.run_name:
            check_name(self.run_name)
        return self._draft.config()

    def fill(self, config: Config) -> None:
        """Take over a configuration, as far as it differs from the preset as changes."""
        self._draft.fill(config)
        self._show_all()

    # What is shown

    def _offer_presets(self) -> None:
        select, names = self.query_one("#preset", Select), preset_names()
        with self.prevent(Select.Changed):
            select.set_options([(Content(name), name) for name in names])
            if self.preset_name in names:
                select.value = self.preset_name
        self._describe_preset()

    def _describe_preset(self) -> None:
        try:
            description = preset_description(self.preset_name)
        except InputError as error:
            description = str(error)
        self.query_one("#description", Static).update(Content(printable(description)))

    def _list(self) -> None:
        """List the fields that are asked for."""
        words = self.query_one("#find", Input).value.casefold().split()
        found = [
            field
            for field in self._draft.fields()
            if all(word in _searched(field) for word in words)
            and (not self._only_changed or self._draft.differs(field))
        ]
        self.query_one("#none").display = not found
        self.query_one(FieldList).display = bool(found)
        self.query_one(FieldList).show(found)
        if not found:
            self.query_one(FieldEditor).show(None, self._draft)

    def _show_all(self) -> None:
        self._offer_presets()
        self._list()
        self._show_field()
        self._judge()

    @on(OptionList.OptionHighlighted)
    def _show_field(self) -> None:
        field = self.query_one(FieldList).field
        self.query_one(FieldEditor).show(field, self._draft)
        if field:
            self.query_one(SchedulePicture).attend(field.section)

    def _judge(self) -> None:
        """Say how many settings differ, and what is wrong, if anything is."""
        count = len(self._draft.changed())
        difference = f"{count or 'no'} setting{'s' * (count != 1)} differ{'s' * (count == 1)}"
        only = " (only these)" if self._only_changed else ""
        self.query_one("#count", Static).update(
            Content(f"{difference} from {self.preset_name}{only}")
        )
        problem = self.query_one("#problem", Static)
        try:
            config = self.settings()
        except InputError as error:
            problem.update(Content(f"✗ {printable(str(error))}"))
            problem.display = self.query_one("#train", Button).disabled = True
            return
        problem.display = self.query_one("#train", Button).disabled = False
        self.query_one(SchedulePicture).show_schedules(config)

    # What is typed and chosen

    @on(Select.Changed, "#preset")
    def _choose_preset(self, event: Select.Changed) -> None:
        if not isinstance(event.value, str) or event.value == self.preset_name:
            return
        try:
            self._draft.choose(event.value)
        except InputError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
        self._show_all()

    @on(Input.Changed, "#find")
    def _find(self) -> None:
        self._list()

    @on(Input.Changed, "#name")
    def _named(self) -> None:
        self._judge()

    @on(FieldEditor.Changed)
    def _typed(self, event: FieldEditor.Changed) -> None:
        self._take(event.field, event.text)

    @on(FieldList.Turned)
    def _turned(self, event: FieldList.Turned) -> None:
        there = choices(event.field)
        at = there.index(self._draft.text(event.field))
        self._take(event.field, there[(at + event.by) % len(there)])

    def _take(self, field: Field, text: str) -> None:
        self._draft.type(field, text)
        if field.name == "kind":
            self._list()
        else:
            self.query_one(FieldList).draw_again(field)
        self._show_field()
        self._judge()

    @on(OptionList.OptionSelected)
    def _edit(self) -> None:
        field = self.query_one(FieldList).field
        if field and choices(field):
            self.query_one(FieldList).action_turn(1)
        else:
            self.query_one(FieldEditor).edit()

    @on(Input.Submitted)
    def action_leave_field(self) -> None:
        """Leave the field, so that single keys act again."""
        self.query_one(FieldList).focus()

    def action_step(self, by: int) -> None:
        """Edit the next or the previous field."""
        listed = self.query_one(FieldList)
        (listed.action_cursor_down if by > 0 else listed.action_cursor_up)()
        listed.focus()
        self._show_field()
        self.query_one(FieldEditor).edit()

    # Keys

    def action_find(self) -> None:
        """Narrow the list by words."""
        self.query_one("#find", Input).focus()

    def action_only_changed(self) -> None:
        """List only what differs from the preset, or everything again."""
        self._only_changed = not self._only_changed
        self._list()
        self._judge()

    def action_reset_field(self) -> None:
        """Take back the change of the field in hand."""
        if field := self.query_one(FieldList).field:
            self._draft.reset(field)
            self._show_all()

    def action_reset(self) -> None:
        """Take back every change."""
        self._draft.fill(self._draft.base)
        self._show_all()

    def action_undo(self) -> None:
        """Take back the last change, a change of preset included."""
        if self._draft.undo():
            self._show_all()
        else:
            self.notify("Nothing was changed that could be undone.")

    def action_save_preset(self) -> None:
        """Save the settings as a preset of one's own."""
        try:
            config = self._draft.config()
        except InputError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return

        def save(answer: tuple[str, str, bool] | None) -> None:
            if answer is None:
                return
            name, description, replace = answer
            try:
                file = save_preset(name, config, description, replace=replace)
                self._draft.choose(name)
            except InputError as error:
                self.notify(printable(str(error)), severity="error", markup=False)
            else:
                self.notify(f"Saved as {printable(str(file))}.", title=name, markup=False)
                self._show_all()

        self.app.push_screen(PresetDialog(), save)

    def action_copy_command(self) -> None:
        """Copy the command line that trains with these settings."""
        try:
            config = self.settings()
        except InputError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return
        draft = self._draft
        self.app.push_screen(
            CommandDialog(
                command_line(
                    config, draft.preset_name, draft.base, self.run_name, self.host.runs_dir
                )
            )
        )

    @on(Button.Pressed, "#train")
    def action_train(self) -> None:
        """Start a run with these settings."""
        try:
            config = self.settings()
        except InputError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return
        self.host.start_training(config, self.run_name, self.preset_name)


def _searched(field: Field) -> str:
    words = (field.key, field.name.replace("_", " "), field.doc, field.accepts)
    return " ".join(words).casefold()
