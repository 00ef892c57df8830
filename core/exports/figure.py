"""Curves of runs as a figure to be printed: SVG or PNG, the same bytes for the same runs."""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from core.exports.palette import COLOURS
from core.exports.run_data import Record
from core.training.events import Evaluated
from core.training.metrics import METRICS, metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Kind = Literal["svg", "png"]

DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (5, 2),
    (1, 1.5),
    (6, 1.5, 1, 1.5),
    (9, 3),
    (3, 1.2),
    (6, 1.5, 1, 1.5, 1, 1.5),
    (2, 4),
)
"""Lengths of lines and gaps, in line widths, so that a picture without colour can be read."""
MARKERS = "osD^v<>p"
MOST_RUNS = len(COLOURS)
MOST_POINTS = 300
"""Points of a line; a longer series is drawn as means, the whole range of its values behind."""
MOST_MARKERS = 25
INK, GRID = "#1a1a1a", "#d9d9d9"
LOGARITHMIC = 30.0
"""Ratio of the largest value to the smallest from which an axis is logarithmic."""
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 8.0,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": "cycler('color', ['#0072b2'])",
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "savefig.dpi": 300,
    "text.color": INK,
    # Names are no mathematics.
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
}


PANELS = ("ce", "kl", "bleu4", "gaussian", "beta", "teacher_forcing_ratio")
"""The metrics of a figure, each on axes of its own."""


def curves(records: Sequence[Record], kind: Kind) -> bytes:
    """All panels of up to `MOST_RUNS` runs, two columns of a page wide, with a legend below."""
    from matplotlib import rc_context

    with rc_context(STYLE | {"svg.hashsalt": "curves"}):
        figure = _empty(7.2, 6.8)
        places = figure.subplots(3, 2, sharex=True)
        for panel, axes in zip(PANELS, places.flat, strict=True):
            _draw(axes, panel, records)
        for axes in places[-1]:
            axes.set_xlabel("Epoch")
        figure.align_ylabels(places)
        _legend(figure, records)
        return _saved(figure, kind, "Curves of " + ", ".join(record.name for record in records))


def curve(records: Sequence[Record], panel: str) -> str:
    """One panel as SVG, without a legend."""
    from matplotlib import rc_context

    with rc_context(STYLE | {"svg.hashsalt": panel}):
        figure = _empty(4.2, 2.7)
        axes = figure.subplots()
        _draw(axes, panel, records)
        axes.set_xlabel("Epoch")
        return _saved(figure, "svg", "").decode()


def _empty(width: float, height: float) -> "Figure":
    """A figure of so many inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _saved(figure: "Figure", kind: Kind, title: str) -> bytes:
    # Nothing of the moment or of the machine.
    nothing = ("Date", "Creator", "Format", "Type") if kind == "svg" else ("Software",)
    metadata: dict[str, Any] = dict.fromkeys(nothing) | ({"Title": title} if title else {})
    file = io.BytesIO()
    figure.savefig(file, format=kind, metadata=metadata, transparent=kind == "svg" and not title)
    return file.getvalue()


def _draw(axes: "Axes", panel: str, records: Sequence[Record]) -> None:
    axes.set_ylabel(metric(panel).label)
    if metric(panel).bounds:
        axes.set_ylim(-0.02, 1.03)
    for place, record in enumerate(records):
        if METRICS[panel].event is Evaluated:
            _draw_scores(axes, panel, record, place, alone=len(records) == 1)
        else:
            _draw_readings(axes, panel, record, place)
    if panel == "ce" and _spans_magnitudes(records):
        from matplotlib.ticker import FuncFormatter, NullFormatter

        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if panel == "kl":
        _draw_limit(axes, records)
    axes.set_xlim(
        0, max((one.history.last.epoch for one in records if one.history.last), default=1)
    )


def _draw_readings(axes: "Axes", panel: str, record: Record, place: int) -> None:
    series = record.history.series.get(panel)
    if series is None:
        return
    points = list(thinned(series.epochs, series.values))
    epochs = [point.epoch for point in points]
    if any(point.low < point.high for point in points):
        low, high = [point.low for point in points], [point.high for point in points]
        axes.fill_between(epochs, low, high, color=COLOURS[place], alpha=0.2, linewidth=0)
    axes.plot(epochs, [point.mean for point in points], **_line(place))


def _draw_scores(axes: "Axes", panel: str, record: Record, place: int, *, alone: bool) -> None:
    history, evaluations = record.history, record.history.evaluations
    epochs = [event.epoch for event in evaluations]
    if panel == "gaussian":
        scores: list[float | None] = [event.scores.gaussian.score for event in evaluations]
        low = [event.scores.gaussian.ci95[0] for event in evaluations]
        high = [event.scores.gaussian.ci95[1] for event in evaluations]
        axes.fill_between(epochs, low, high, color=COLOURS[place], alpha=0.2, linewidth=0)
    else:
        scores = [event.scores.bleu4 for event in evaluations]
        selection = [event.scores.selection_bleu4 for event in evaluations]
        if all(score is None for score in scores):
            scores = [*selection]
        elif alone:
            axes.plot(epochs, selection, color="#8c8c8c", dashes=(3, 2), linewidth=1)
    every = max(1, len(epochs) // MOST_MARKERS)
    numbers = [math.nan if score is None else score for score in scores]
    axes.plot(
        epochs, numbers, marker=MARKERS[place], markevery=every, clip_on=False, **_line(place)
    )
    best = history.best
    for event, score in zip(evaluations, numbers, strict=True):
        if best and event.step == best.step:
            axes.plot([event.epoch], [score], marker="o", **_ring())


def _draw_limit(axes: "Axes", records: Sequence[Record]) -> None:
    """What it takes to name a paradigm, where that is the same for all and within sight."""
    paradigms = {record.started.paradigms for record in records}
    if len(paradigms) == 1 and (limit := math.log(max(paradigms))) > 0:
        axes.axhline(limit, color=INK, linewidth=0.8, dashes=(1, 2))
        axes.annotate("ln N", (1.01, limit), xycoords=("axes fraction", "data"), va="center")


def _legend(figure: "Figure", records: Sequence[Record]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    entries: list[tuple[Any, str]] = [
        (Line2D([], [], marker=MARKERS[place], **_line(place)), record.name)
        for place, record in enumerate(records)
    ]
    if len(records) == 1 and _reports_pairs(records[0]):
        entries.append((Line2D([], [], color="#8c8c8c", dashes=(3, 2)), "BLEU-4, selection pairs"))
    entries.append((Line2D([], [], marker="o", **_ring()), "best checkpoint"))
    entries.append((Patch(color="#8c8c8c", alpha=0.3, linewidth=0), band_label(records)))
    handles = [handle for handle, _ in entries]
    columns = min(len(entries), 3)
    legend = figure.legend(
        handles, [str(n) for n in range(len(entries))], loc="outside lower center", ncols=columns
    )
    # Set afterwards, because a label that begins with an underscore would be left out.
    for text, (_, label) in zip(legend.get_texts(), entries, strict=True):
        text.set_text(label)


def _line(place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"color": COLOURS[place]}
    return found | ({"dashes": DASHES[place]} if DASHES[place] else {})


def _ring() -> dict[str, Any]:
    return {
        "markersize": 8,
        "markerfacecolor": "none",
        "markeredgecolor": INK,
        "markeredgewidth": 1,
        "linestyle": "none",
        "clip_on": False,
        "zorder": 5,
    }


def band_label(records: Sequence[Record]) -> str:
    """What the pale areas are."""
    series = (one.history.series.get("ce") for one in records)
    thin = any(one is not None and len(one) > MOST_POINTS for one in series)
    return "95 % Wilson interval" + ("; range of readings" if thin else "")


def _reports_pairs(record: Record) -> bool:
    return any(event.scores.bleu4 is not None for event in record.history.evaluations)


def _spans_magnitudes(records: Sequence[Record]) -> bool:
    """Whether the cross-entropy is positive and falls by more than `LOGARITHMIC`."""
    series = [record.history.series.get("ce") for record in records]
    values = [value for one in series if one for value in one.values if math.isfinite(value)]
    return bool(values) and 0 < min(values) * LOGARITHMIC < max(values)


@dataclass(frozen=True, slots=True)
class Point:
    """Some readings in a row."""

    epoch: float
    mean: float
    low: float
    high: float


def thinned(epochs: Sequence[float], values: Sequence[float]) -> Iterator[Point]:
    """A series in at most `MOST_POINTS` points; nan where none of the readings is finite."""
    count = min(len(values), MOST_POINTS)
    for number in range(count):
        part = slice(len(values) * number // count, len(values) * (number + 1) // count)
        finite = [value for value in values[part] if math.isfinite(value)] or [math.nan]
        yield Point(fmean(epochs[part]), fmean(finite), min(finite), max(finite))
