"""The Latent screen: a map of the forms, interpolation, and walks along a dimension."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.validation import Integer
from textual.widgets import DataTable, Input, Label, Select, Static

from core.runs.directory import RunDirectory
from core.text import printable
from tui.screens.base import AUTO, ModelScreen, headings, number_input
from tui.screens.latent.latent_plot import COLOURS, LatentPlot
from tui.screens.latent.scatter import mark
from tui.widgets.message_line import MessageLine
from tui.widgets.model_picker import ModelPicker

if TYPE_CHECKING:
    from core.model.latent import LatentMap, Place

MOST_STEPS = 101
STEPS = Integer(2, MOST_STEPS, f"Steps takes a whole number from 2 to {MOST_STEPS}.")
OFFSETS = (-3, -2, -1, 0, 1, 2, 3)
PANES = {"map": "Map", "between": "Between", "walk": "Walk"}
Forms = tuple[str, ...]
Reading = tuple[str, int]
"""A word and its condition."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """The map of a model, with its training paradigms."""

    directory: RunDirectory
    checkpoint: str
    conditions: tuple[str, ...]
    map: "LatentMap"
    training: frozenset[Forms]


@dataclass(frozen=True, slots=True)
class Ways:
    """The decoded latents between two words and around the first one."""

    words: tuple[Reading, ...]
    places: tuple[tuple[float, float], ...]
    """The places of the words on the map."""
    between: tuple[Forms, ...]
    around: tuple[Forms, ...]


class LatentScreen(ModelScreen):
    """A model, two words, and three panes: map, between, walk."""

    MODE = "latent"
    CSS_PATH = "screen.tcss"
    HELP = """\
**Map**: the posterior means of the training forms along their first two principal components. A
character stands for the group with most forms there; `g` groups by tense or by ending. Arrows move
the cursor to the next form, `n` to the next form in the same place; `a` and `b` take it as word A
or B.

**Between**: latents on the straight line from A to B, each decoded in every tense.

**Walk**: the latent of A moved along one dimension, from -3 to 3 standard deviations of the prior.
`[` and `]` change the dimension, in the order of their KL.

✓ marks paradigms of the training corpus. Forms that differ from the row before (in a walk, from A)
are bold. With *auto*, a word is read in the tense in which the model finds it likeliest.
"""
    DIMENSION = Binding.Group("Dimension ", compact=True)
    STEPS = Binding.Group("Steps ", compact=True)
    BINDINGS = [
        Binding("m", "pane('map')", "Map", show=False),
        Binding("i", "pane('between')", "Between", show=False),
        Binding("w", "pane('walk')", "Walk", show=False),
        Binding("slash", "words", "Words", key_display="/"),
        Binding("a", "take('a')", "Take as A"),
        Binding("b", "take('b')", "as B"),
        Binding("g", "group", "Group"),
        Binding("less_than_sign", "steps(-1)", "Fewer", key_display="<", group=STEPS),
        Binding("greater_than_sign", "steps(1)", "More", key_display=">", group=STEPS),
        Binding("left_square_bracket", "dimension(-1)", "Before", key_display="[", group=DIMENSION),
        Binding("right_square_bracket", "dimension(1)", "Next", key_display="]", group=DIMENSION),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._pane = "map"
        self._seen: Mapped | None = None
        self._rank = 0
        self._by_ending = False

    def compose_body(self) -> ComposeResult:
        """Yield the model, the words and the panes, of which a narrow terminal shows one."""
        yield ModelPicker()
        for name in ("a", "b"):
            with Horizontal(classes="fields"):
                yield Label(name.upper())
                yield Input(placeholder="a word", compact=True, id=name)
                yield Label("is")
                yield Select[int]([], prompt="tense", compact=True, id=f"tense-{name}")
                if name == "b":
                    yield Label("steps")
                    yield number_input("steps", "9", STEPS)
        yield Static(id="panes")
        yield MessageLine(id="message")
        with Horizontal(id="board"):
            with Vertical(id="map"):
                yield LatentPlot(id="plot")
                yield Static(id="legend", markup=False)
            with Vertical(id="ways"):
                for id in ("between", "walk"):
                    table = DataTable[Text](id=id, cursor_type="row", zebra_stripes=True)
                    table.header_height = 2
                    yield table

    def on_screen_resume(self) -> None:
        """Return to the pane."""
        self.action_pane(self._pane)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow the keys of the panes in view."""
        pane = {"take": "map", "group": "map", "steps": "between", "dimension": "walk"}.get(action)
        if pane is not None:
            return self._seen is not None and (self.has_class("-wide") or pane == self._pane)
        return super().check_action(action, parameters)

    @on(ModelPicker.Picked)
    def _another_model(self, event: ModelPicker.Picked) -> None:
        self.message.show("Computing the map ...")
        model = event.directory, event.checkpoint
        self.compute("map", lambda cancelled: self._map(*model, cancelled), self._show_map)

    def _map(
        self, directory: RunDirectory, checkpoint: str, cancelled: Callable[[], bool]
    ) -> Mapped:
        from core.model.latent import latent_map

        model = self.host.models.load(directory, checkpoint)
        training = self.host.models.corpus(directory).split("train")
        found = latent_map(model.watched(cancelled=cancelled), training)
        known = frozenset(paradigm.forms for paradigm in training)
        return Mapped(directory, checkpoint, model.vocabulary.conditions, found, known)

    def _show_map(self, seen: Mapped) -> None:
        self.message.show("")
        self._seen, self._rank = seen, 0
        plot, places = self.query_one(LatentPlot), seen.map.places
        empty = not self.query_one("#a", Input).value
        for name, index in (("a", 0), ("b", len(seen.conditions))):
            select = self.query_one(f"#tense-{name}", Select)
            self.offer_tenses(select, seen.conditions, default=AUTO)
            if empty:
                # Two verbs of the corpus fill the other panes.
                self._type(name, places[min(index, len(places) - 1)])
        share = sum(seen.map.components.shares)
        plot.border_title = Content(f"Map · {share:.0%} of the variance")
        plot.show([(place.x, place.y) for place in places], self._groups(seen))
        self.refresh_bindings()
        self._go()

    def _groups(self, seen: Mapped) -> list[int]:
        """Return the group of each form, and show the legend of the groups."""
        places = seen.map.places
        if self._by_ending:
            common = [one for one, _ in Counter(place.ending for place in places).most_common()]
            names = [f"-{ending}" if ending else "no ending" for ending in common]
            groups = {ending: index for index, ending in enumerate(common)}
            found = [groups[place.ending] for place in places]
        else:
            names, found = list(seen.conditions), [place.condition for place in places]
        shown = [
            Content.styled(f"{mark(group)} {printable(name)}", colour)
            for group, (name, colour) in enumerate(zip(names, COLOURS, strict=False))
        ]
        if len(names) > len(COLOURS):
            shown.append(Content(f"{mark(len(COLOURS))} others"))
        self.query_one("#legend", Static).update(Content("  ").join(shown))
        return found

    @on(LatentPlot.Moved)
    def _name_place(self, event: LatentPlot.Moved) -> None:
        if seen := self._seen:
            place = seen.map.places[event.index]
            more = f" · 1 of {event.here} here" if event.here > 1 else ""
            name = f"{place.word} · {seen.conditions[place.condition]}{more}"
            self.query_one(LatentPlot).border_subtitle = Content(printable(name))

    def action_group(self) -> None:
        """Group the map by tense, or by ending."""
        if self._seen:
            self._by_ending = not self._by_ending
            self.query_one(LatentPlot).group(self._groups(self._seen))

    def action_take(self, name: str) -> None:
        """Take the form under the cursor as word A or B."""
        if self._seen:
            self._type(name, self._seen.map.places[self.query_one(LatentPlot).cursor])
            self._go()

    def _type(self, name: str, place: "Place") -> None:
        """Fill in the word and the tense of A or B."""
        with self.prevent(Select.Changed, Input.Changed):
            self.query_one(f"#{name}", Input).value = place.word
            self.query_one(f"#tense-{name}", Select).value = place.condition

    @on(Input.Changed)
    @on(Select.Changed, "#tense-a")
    @on(Select.Changed, "#tense-b")
    def _go(self) -> None:
        """Decode the latents between and around the words as they are typed."""
        seen, steps = self._seen, self.query_one("#steps", Input)
        if seen is None:
            return
        typed = []
        for name in ("a", "b"):
            tense = self.query_one(f"#tense-{name}", Select).value
            word = self.query_one(f"#{name}", Input).value.strip()
            if not word:
                self.message.show(f"Type a word at {name.upper()}, or take one from the map.")
                return
            typed.append((word, tense if isinstance(tense, int) else AUTO))
        if not self.valid(steps):
            return
        count, dimension = int(steps.value), seen.map.dimensions[self._rank]
        self.compute(
            "ways",
            lambda _: self._decode(seen, typed, count, dimension),
            lambda ways: self._show_ways(seen, ways, dimension),
        )

    def _decode(self, seen: Mapped, typed: list[Reading], steps: int, dimension: int) -> Ways:
        import torch

        from core.model.latent import interpolate, walk

        model = self.host.models.load(seen.directory, seen.checkpoint)
        words = [word for word, _ in typed]
        tenses = [tense for _, tense in typed]
        if AUTO in tenses:
            pairs = zip(tenses, model.likeliest_conditions(words), strict=True)
            tenses = [likeliest if tense == AUTO else tense for tense, likeliest in pairs]
        mean = model.posterior(words, tenses).mean
        line = interpolate(mean[0], mean[1], steps)
        around = walk(mean[0], dimension, OFFSETS)
        paradigms = model.paradigms(torch.cat([line, around]))
        points = torch.nn.functional.pad(seen.map.components.project(mean), (0, 1))[:, :2]
        return Ways(
            tuple(zip(words, tenses, strict=True)),
            tuple((x, y) for x, y in points.tolist()),
            tuple(paradigms[:steps]),
            tuple(paradigms[steps:]),
        )

    def _show_ways(self, seen: Mapped, ways: Ways, dimension: int) -> None:
        self.message.show("")
        self.query_one(LatentPlot).flag(dict(zip("AB", ways.places, strict=True)))
        (first, tense), (second, other) = ways.words
        last = len(ways.between) - 1
        between, around = self.query_one("#between"), self.query_one("#walk")
        source, target = seen.conditions[tense], seen.conditions[other]
        between.border_title = Content(printable(f"Between {first} and {second}"))
        between.border_subtitle = Content(printable(f"{source} to {target}"))
        around.border_title = Content(printable(f"Walk around {first}, {source}"))
        around.border_subtitle = Content(
            f"dimension {dimension + 1}, KL {seen.map.kl[dimension]:.2f} nats, "
            f"{self._rank + 1} of {len(seen.map.kl)} by KL"
        )
        before = (ways.between[0], *ways.between)
        labels = [f"{index / last:.2f}" for index in range(last + 1)]
        self._fill("#between", "to B", seen, zip(labels, ways.between, before, strict=False))
        home = ways.around[OFFSETS.index(0)]
        labels = [f"{offset:+d}" if offset else "A" for offset in OFFSETS]
        self._fill("#walk", "by", seen, zip(labels, ways.around, repeat(home), strict=False))

    def _fill(
        self, name: str, heading: str, seen: Mapped, rows: Iterable[tuple[str, Forms, Forms]]
    ) -> None:
        """Fill a table. A form is bold where it differs from the third part of its row."""
        table: DataTable[Text] = self.query_one(name, DataTable)
        row = table.cursor_row
        table.clear(columns=True)
        table.add_columns(heading, *headings(seen.conditions))
        for label, forms, others in rows:
            known = "✓" if forms in seen.training else " "
            cells = [
                Text(printable(form), "bold" if form != other else "")
                for form, other in zip(forms, others, strict=True)
            ]
            table.add_row(Text(f"{label:>4} {known}"), *cells)
        table.move_cursor(row=row, animate=False)

    def action_steps(self, change: int) -> None:
        """Take more or fewer steps between the words."""
        steps = self.query_one("#steps", Input)
        count = int(steps.value) if steps.is_valid and steps.value else 9
        steps.value = str(min(MOST_STEPS, max(2, count + change)))

    def action_dimension(self, change: int) -> None:
        """Walk along the next or the previous dimension."""
        if self._seen:
            self._rank = (self._rank + change) % len(self._seen.map.kl)
            self._go()

    def action_pane(self, pane: str) -> None:
        """Focus a pane; a narrow terminal shows only this one."""
        self._pane = pane
        for name in PANES:
            self.set_class(name == pane, f"-{name}")
        parts = [
            Content.from_markup(
                f"[@click=screen.pane('{name}')][{'reverse' if name == pane else 'none'}]"
                f" {key} {title} [/][/]"
            )
            for key, (name, title) in zip("miw", PANES.items(), strict=True)
        ]
        self.query_one("#panes", Static).update(Content("  ").join(parts))
        self.query_one("#plot" if pane == "map" else f"#{pane}").focus()
        self.refresh_bindings()

    def action_words(self) -> None:
        """Focus the words."""
        self.query_one("#a").focus()
