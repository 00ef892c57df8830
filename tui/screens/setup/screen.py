"""The setup screen: preset, corpus and every other setting of the next run."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.getters import query_one
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
from tui.screens.setup.field_list import Changed, FieldList, choices
from tui.screens.setup.preset_dialog import PresetDialog
from tui.screens.setup.schedule_chart import SchedulePicture
from tui.text.command_line import command_line


class SetupScreen(AppScreen):
    """A list of settings; below it, the editor of the highlighted one."""

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

    listed = query_one(FieldList)
    editor = query_one(FieldEditor)
    picture = query_one(SchedulePicture)

    def __init__(self) -> None:
        super().__init__()
        self._draft = Draft()
        self._only_changed = False

    @property
    def preset_name(self) -> str:
        """The preset that the settings start from."""
        return self._draft.preset_name

    @property
    def run_name(self) -> str:
        """The name that the run is to have; empty for a free one."""
        return self.query_one("#name", Input).value.strip()

    def compose_body(self) -> ComposeResult:
        """Yield preset and name, the search, the settings, and the editor."""
        with Horizontal(id="head", classes="fields"):
            yield Label("Preset")
            yield Select[str]([], allow_blank=True, compact=True, id="preset")
            yield Label("Run name")
            yield Input(placeholder="a free name", compact=True, id="name")
            yield Button("Train", id="train", variant="primary", compact=True)
        yield Static(id="description", classes="line quiet", markup=False)
        with Horizontal(id="search", classes="fields"):
            yield Label("Find")
            yield Input(placeholder="words of a setting (/)", compact=True, id="find")
            yield Static(id="count", markup=False)
        yield Static(id="problem", classes="wrong", markup=False)
        with Horizontal(id="board"):
            with Vertical():
                yield FieldList(self._draft)
                yield Static("No setting has these words.", id="none", classes="quiet")
            yield SchedulePicture()
        yield FieldEditor(self._draft)

    def on_mount(self) -> None:
        """Begin with the default preset and the first setting."""
        self.host.setup_settings = lambda: (self.settings(), self.run_name, self.preset_name)
        self._list()
        self._judge()
        self.listed.focus()

    def on_screen_resume(self) -> None:
        """Offer the presets there are now; take over the settings that another screen proposes."""
        self._offer_presets()
        if proposed := self.host.proposed:
            self.host.proposed = None
            self._draft.fill(proposed)
            self._show_all()

    def settings(self) -> Config:
        """Return the configuration. Raise InputError for the first setting that is not accepted."""
        if self.run_name:
            check_name(self.run_name)
        return self._draft.config()

    def _offer_presets(self) -> None:
        select, names = self.query_one("#preset", Select), preset_names()
        with self.prevent(Select.Changed):
            select.set_options([(Content(name), name) for name in names])
            if self.preset_name in names:
                select.value = self.preset_name
        try:
            description = preset_description(self.preset_name)
        except InputError as error:
            description = str(error)
        self.query_one("#description", Static).update(Content(printable(description)))

    @on(Input.Changed, "#find")
    def _list(self) -> None:
        """List the settings that were searched for."""
        words = self.query_one("#find", Input).value.casefold().split()
        found = [
            field
            for field in self._draft.fields()
            if all(word in _searched(field) for word in words)
            and (not self._only_changed or self._draft.differs(field))
        ]
        self.query_one("#none").display = not found
        self.listed.display = bool(found)
        self.listed.show(found)
        if not found:
            self.editor.show(None)

    def _show_all(self) -> None:
        self._offer_presets()
        self._list()
        self._show_field()
        self._judge()

    @on(OptionList.OptionHighlighted)
    def _show_field(self) -> None:
        field = self.listed.field
        self.editor.show(field)
        if field:
            self.picture.attend(field.section)

    @on(Input.Changed, "#name")
    def _judge(self) -> None:
        """Show the number of settings that differ, the first error, and the schedules."""
        count = len(self._draft.changed())
        difference = f"{count or 'no'} setting{'s' * (count != 1)} differ{'s' * (count == 1)}"
        only = " (only these)" if self._only_changed else ""
        text = Content(f"{difference} from {self.preset_name}{only}")
        self.query_one("#count", Static).update(text)
        problem = self.query_one("#problem", Static)
        try:
            config = self.settings()
        except InputError as error:
            problem.update(Content(f"✗ {printable(str(error))}"))
            problem.display = self.query_one("#train", Button).disabled = True
            return
        problem.display = self.query_one("#train", Button).disabled = False
        self.picture.show_schedules(config)

    @on(Select.Changed, "#preset")
    def _choose_preset(self, event: Select.Changed) -> None:
        if isinstance(event.value, str) and event.value != self.preset_name:
            with self.errors_notified():
                self._draft.choose(event.value)
            self._show_all()

    @on(Changed)
    def _show_change(self, event: Changed) -> None:
        if event.field.name == "kind":
            self._list()
        else:
            self.listed.draw_again(event.field)
        self._show_field()
        self._judge()

    @on(OptionList.OptionSelected)
    def _edit(self) -> None:
        field = self.listed.field
        if field and choices(field):
            self.listed.action_turn(1)
        else:
            self.editor.edit()

    @on(Input.Submitted)
    def action_leave_field(self) -> None:
        """Return to the list."""
        self.listed.focus()

    def action_step(self, by: int) -> None:
        """Edit the next or the previous setting."""
        (self.listed.action_cursor_down if by > 0 else self.listed.action_cursor_up)()
        self.listed.focus()
        self._show_field()
        self.editor.edit()

    def action_find(self) -> None:
        """Focus the search."""
        self.query_one("#find", Input).focus()

    def action_only_changed(self) -> None:
        """List only the settings that differ from the preset, or all again."""
        self._only_changed = not self._only_changed
        self._list()
        self._judge()

    def action_reset_field(self) -> None:
        """Return the highlighted setting to the preset."""
        if field := self.listed.field:
            self._draft.reset(field)
            self._show_all()

    def action_reset(self) -> None:
        """Return every setting to the preset."""
        self._draft.fill(self._draft.base)
        self._show_all()

    def action_undo(self) -> None:
        """Undo the last change, also one of the preset."""
        if self._draft.undo():
            self._show_all()
        else:
            self.notify("Nothing was changed that could be undone.")

    def action_save_preset(self) -> None:
        """Save the settings as a preset of one's own."""

        def save(answer: tuple[str, str, bool] | None) -> None:
            if answer:
                name, description, replace = answer
                with self.errors_notified():
                    file = save_preset(name, config, description, replace=replace)
                    self._draft.choose(name)
                    self.notify(f"Saved as {printable(str(file))}.", title=name, markup=False)
                    self._show_all()

        with self.errors_notified():
            config = self._draft.config()
            self.app.push_screen(PresetDialog(), save)

    def action_copy_command(self) -> None:
        """Copy the command line that trains with these settings."""
        with self.errors_notified():
            preset, runs_dir = (self.preset_name, self._draft.base), self.host.runs_dir
            command = command_line(self.settings(), *preset, self.run_name, runs_dir)
            self.app.push_screen(CommandDialog(command))

    @on(Button.Pressed, "#train")
    def action_train(self) -> None:
        """Start a run with these settings."""
        with self.errors_notified():
            self.host.start_training(self.settings(), self.run_name, self.preset_name)


def _searched(field: Field) -> str:
    words = (field.key, field.name.replace("_", " "), field.doc, field.accepts)
    return " ".join(words).casefold()
