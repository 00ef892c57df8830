"""One self-contained HTML page about a run, or a comparison of several."""

import os.path
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from core.config.build import to_toml
from core.config.fields import differences, differing, value
from core.config.presets import preset, shipped_names
from core.errors import Cancelled
from core.exports.figure import DASHES, GRID, INK, band_label, curve, panels, reports_pairs
from core.exports.palette import COLOURS
from core.exports.run_data import RunData
from core.progress import ignore, never
from core.runs.followed import RunState
from core.scores.metric import Metric
from core.text import printable
from core.training.events import Evaluated
from core.training.metrics import metric, metrics_of

if TYPE_CHECKING:
    from jinja2 import Template

DRAWS = 2000
"""Samples of the diagnostics, from the prior and from the aggregate posterior."""
THEMED = {INK: "currentColor", "#ffffff": "var(--paper)", GRID: "var(--rule)"}
"""Colours of a figure that follow the page's, with their replacements."""
STATES: dict[str, str] = {state: state.capitalize() for state in get_args(RunState)} | {
    "new": "Not trained yet",
    "stopped": "Stopped before its last step",
    "elsewhere": "Training on another host",
}


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of an export, most of them those of a page."""

    diagnostics: bool = True
    """Includes the diagnostics of the best checkpoints in a page, which takes seconds for each."""
    report: Callable[[str], None] = ignore
    """Receives the stage that begins."""
    cancelled: Callable[[], bool] = never
    """Polled between stages; True raises Cancelled, and nothing is written."""


DEFAULTS = Options()


@dataclass(frozen=True)
class RunPart:
    """Content of the page about one run."""

    run: RunData
    diagnosis: dict[str, list[tuple[str, str]]]
    """Sections of the diagnosis; empty without one."""

    @property
    def shown(self) -> Evaluated | None:
        """The evaluation whose examples are shown."""
        return self.run.history.best or self.run.history.evaluated

    @property
    def scored(self) -> list[tuple[str, Evaluated]]:
        """The best and the last evaluation."""
        best, last = self.run.history.best, self.run.history.evaluated
        if best and last and best.step == last.step:
            return [("best and last", best)]
        return [(name, event) for name, event in (("best", best), ("last", last)) if event]

    @property
    def conversions(self) -> list[tuple[Any, str, str]]:
        """Conversions, each with the beginning that it shares with the source, and the rest."""
        found = self.shown.scores.conversions if self.shown else ()
        return [(one, *_split(one.source, one.prediction)) for one in found]

    @property
    def past_alarms(self) -> list[Any]:
        """The alarms that are over, and the ends of alarms."""
        return [alarm for alarm in self.run.alarms if alarm not in self.run.active_alarms]

    @property
    def nearest_preset(self) -> tuple[str, list[tuple[str, str, str, str]]]:
        """The shipped preset that differs least, and the settings that differ."""
        config = self.run.config
        presets = [(name, preset(name)) for name in shipped_names()]
        name, base = min(presets, key=lambda one: len(differences(config, one[1])))
        return name, [
            (one.key, one.spell(value(config, one)), one.spell(value(base, one)), one.doc)
            for one in differences(config, base)
        ]

    @property
    def toml(self) -> list[str]:
        """Lines of the whole configuration."""
        return to_toml(self.run.config).splitlines()

    @property
    def environment(self) -> list[tuple[str, object]]:
        """Machine, versions and sizes of the training."""
        begun, started = datetime.fromtimestamp(self.run.events[0].time, UTC), self.run.started
        rows: list[tuple[str, object]] = [
            ("begun", f"{begun:%Y-%m-%d %H:%M} UTC"),
            ("training words", f"{started.words:,} in {started.paradigms:,} paradigms"),
        ]
        if self.run.labels.tags:
            rows.append(("tags", ", ".join(self.run.labels.tags)))
        for name, known in self.run.environment.items():
            nested = known if isinstance(known, dict) else {name: known}
            rows += [(str(key), one) for key, one in nested.items() if one not in ("", None)]
        return [(name.replace("_", " "), one) for name, one in rows]


def page(runs: Sequence[RunData], options: Options) -> bytes:
    """Render the page of one run, or of a comparison. Raise InputError or Cancelled."""
    parts = [RunPart(run, _diagnosis(run, options) if options.diagnostics else {}) for run in runs]
    options.report("curves")
    rendered = _template().render(
        parts=parts,
        curves=list(_curves(runs, options)),
        dashes=[" ".join(f"{length * 2:g}" for length in dashes) for dashes in DASHES],
        colours=COLOURS,
        selection=len(runs) == 1 and reports_pairs(runs[0]),
        band=band_label(runs),
        scores=_scores(parts),
        differing=list(differing([run.config for run in runs])),
        states=STATES,
    )
    return rendered.encode()


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True,
        finalize=lambda shown: shown if isinstance(shown, Markup) else printable(str(shown)),
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"duration": _duration, "grouped": "{:,}".format}
    return environment.get_template("page.html")


def _diagnosis(run: RunData, options: Options) -> dict[str, list[tuple[str, str]]]:
    """Describe the diagnostics of the best checkpoint, if the run has any checkpoint."""
    if not run.directory.checkpoint_names():
        return {}
    # Torch takes seconds to import.
    from core.diagnostics.diagnosis import diagnose, sections
    from core.runs.checkpoint import load_inference

    options.report(f"{run.name}: model")
    found = diagnose(
        load_inference(run.directory).watched(cancelled=options.cancelled),
        run.directory.corpus(),
        draws=DRAWS,
        importance_draws=0,
        report=lambda stage: options.report(f"{run.name}: {stage}"),
    )
    return sections(found)


def _curves(
    runs: Sequence[RunData], options: Options
) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Draw each panel: its name, its label, its ends in words, and its inline SVG."""
    for panel in panels(runs):
        if options.cancelled():
            raise Cancelled("the export was cancelled")
        yield panel, metric(panel).label, _ends(runs, panel), _inline(curve(runs, panel), panel)


def _ends(runs: Sequence[RunData], panel: str) -> str:
    """Describe where the lines of a panel begin and end, for readers who cannot see them."""
    return "; ".join(
        f"{run.name}: from {found.values[0]:.4g} to {found.values[-1]:.4g} over "
        f"{found.epochs[-1]:.0f} epochs"
        for run in runs
        if (found := run.history.find(panel))
    )


def _inline(svg: str, name: str) -> dict[str, str]:
    """Return view box and inside of an SVG in the page's colours. name: prefix of its ids."""
    from markupsafe import Markup

    opening, _, rest = svg[svg.index("<svg ") :].partition(">")
    view, inside = re.findall('viewBox="([^"]+)"', opening)[0], rest.rpartition("</svg>")[0]
    inside = re.sub(r"<metadata>.*?</metadata>\s*", "", inside, flags=re.DOTALL)
    inside = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', inside)
    inside = re.sub(r'xlink:(href="#)|(url\(#)', rf"\1\2{name}-", inside)
    for colour, variable in THEMED.items():
        inside = inside.replace(colour, variable)
    return {"view": view, "inside": Markup(inside.strip())}


def _scores(parts: Sequence[RunPart]) -> tuple[list[str], list[list[str]]]:
    """Tabulate the metrics of the best and of the last evaluations: header and rows."""
    events = [event for part in parts for _, event in part.scored]
    columns = [
        (source.metric, source.read)
        for source in metrics_of(Evaluated).values()
        if any(source.read(event) is not None for event in events)
    ]
    header, rows = ["Run", "Evaluation"], []
    for one, _ in columns:
        header += [one.label, "95 % interval"] if one.name == "gaussian" else [one.label]
    for part in parts:
        for name, event in part.scored:
            row = [part.run.name, f"{name}, epoch {event.epoch:.0f}"]
            for one, read in columns:
                row.append(_number(one, read(event)))
                if one.name == "gaussian":
                    row.append("{:.4f} to {:.4f}".format(*event.scores.gaussian.ci95))
            rows.append(row)
    return header, rows


def _number(of: Metric, number: float | None) -> str:
    if number is None:
        return ""
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number:.4f}" if of.bounds else f"{number:.4g}"


def _split(source: str, form: str) -> tuple[str, str]:
    """Split a form after what it shares with the beginning of the source."""
    shared = len(os.path.commonprefix([source, form]))  # noqa: RUF071
    # A combining mark stays with its letter.
    while 0 < shared < len(form) and unicodedata.category(form[shared])[0] == "M":
        shared -= 1
    return form[:shared], form[shared:]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
