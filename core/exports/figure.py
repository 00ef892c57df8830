"""Curves of runs as a figure for print: SVG or PNG, the same bytes for the same runs."""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from core.exports.palette import COLOURS, MOST, PRINTED_MARKERS
from core.exports.run_data import RunData
from core.training.events import Evaluated
from core.training.metrics import METRICS, metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
"""Lengths of lines and gaps, in line widths. They distinguish runs without colour."""
MOST_RUNS = MOST
MOST_POINTS = 300
"""Points of a line. A longer series is drawn as means, with the range of its values behind."""
MOST_MARKERS = 25
INK, GRID = "#1a1a1a", "#d9d9d9"
LOGARITHMIC = 30.0
"""Ratio of the largest value to the smallest above which an axis is logarithmic."""
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
    # Run names may hold dollar signs.
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
}
RING: dict[str, Any] = {
    "markersize": 8,
    "markerfacecolor": "none",
    "markeredgecolor": INK,
    "markeredgewidth": 1,
    "linestyle": "none",
    "clip_on": False,
    "zorder": 5,
}
"""Style of the mark around the best checkpoint."""
PANELS = ("loss", "ce", "kl", "bleu4", "gaussian", "beta", "teacher_forcing_ratio", "learning_rate")
"""Metrics of a figure, each on its own axes, unless no run has recorded any value of it."""


def panels(runs: Sequence[RunData]) -> list[str]:
    """Return the panels that some run has values for."""
    return [panel for panel in PANELS if any(run.history.find(panel) for run in runs)]


def curves(runs: Sequence[RunData], kind: str) -> bytes:
    """Draw all panels of up to `MOST_RUNS` runs as `svg` or `png`, two columns of a page wide."""
    from matplotlib import rc_context

    shown = panels(runs) or list(PANELS)
    rows = math.ceil(len(shown) / 2)
    with rc_context(STYLE | {"svg.hashsalt": "curves"}):
        figure = _empty(7.2, 0.8 + 2.0 * rows)
        places = figure.subplots(rows, 2, sharex=True, squeeze=False)
        for axes in places.flat[len(shown) :]:
            axes.set_axis_off()
        for panel, axes in zip(shown, places.flat, strict=False):
            _draw(axes, panel, runs)
        for axes in places.flat[max(0, len(shown) - 2) : len(shown)]:
            axes.set_xlabel("Epoch")
            axes.tick_params(labelbottom=True)
        figure.align_ylabels(places)
        _legend(figure, runs)
        return _saved(figure, kind, "Curves of " + ", ".join(run.name for run in runs))


def curve(runs: Sequence[RunData], panel: str) -> str:
    """Draw one panel as SVG, without a legend."""
    from matplotlib import rc_context

    with rc_context(STYLE | {"svg.hashsalt": panel}):
        figure = _empty(4.2, 2.7)
        axes = figure.subplots()
        _draw(axes, panel, runs)
        axes.set_xlabel("Epoch")
        return _saved(figure, "svg", "").decode()


def _empty(width: float, height: float) -> "Figure":
    """Create a figure; width and height are in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _saved(figure: "Figure", kind: str, title: str) -> bytes:
    # Time and machine would change the bytes.
    omitted = ("Date", "Creator", "Format", "Type") if kind == "svg" else ("Software",)
    metadata: dict[str, Any] = dict.fromkeys(omitted) | ({"Title": title} if title else {})
    file = io.BytesIO()
    figure.savefig(file, format=kind, metadata=metadata, transparent=kind == "svg" and not title)
    return file.getvalue()


def _draw(axes: "Axes", panel: str, runs: Sequence[RunData]) -> None:
    axes.set_ylabel(metric(panel).label)
    if metric(panel).bounds:
        axes.set_ylim(-0.02, 1.03)
    for place, run in enumerate(runs):
        if METRICS[panel].event is not Evaluated:
            _draw_readings(axes, panel, run, place)
        elif run.history.evaluations:
            _draw_scores(axes, panel, run, place, alone=len(runs) == 1)
    if panel == "ce" and _spans_magnitudes(runs):
        from matplotlib.ticker import FuncFormatter, NullFormatter

        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if panel == "kl":
        _draw_limit(axes, runs)
    axes.set_xlim(0, max((one.history.last.epoch for one in runs if one.history.last), default=1))


def _draw_readings(axes: "Axes", panel: str, run: RunData, place: int) -> None:
    series = run.history.series.get(panel)
    if series is None:
        return
    points = list(thinned(series.epochs, series.values))
    epochs = [point.epoch for point in points]
    if any(point.low < point.high for point in points):
        low, high = [point.low for point in points], [point.high for point in points]
        axes.fill_between(epochs, low, high, color=COLOURS[place], alpha=0.2, linewidth=0)
    axes.plot(epochs, [point.mean for point in points], **_line(place))


def _draw_scores(axes: "Axes", panel: str, run: RunData, place: int, *, alone: bool) -> None:
    evaluations = run.history.evaluations
    epochs = [event.epoch for event in evaluations]
    scores = [METRICS[panel].read(event) for event in evaluations]
    if panel == "gaussian":
        low, high = zip(*(event.scores.gaussian.ci95 for event in evaluations), strict=True)
        axes.fill_between(epochs, low, high, color=COLOURS[place], alpha=0.2, linewidth=0)
    if panel == "bleu4":
        selection = [event.scores.selection_bleu4 for event in evaluations]
        if not reports_pairs(run):
            scores = [*selection]
        elif alone:
            axes.plot(epochs, selection, color="#8c8c8c", dashes=(3, 2), linewidth=1)
    every = max(1, len(epochs) // MOST_MARKERS)
    numbers = [math.nan if score is None else score for score in scores]
    axes.plot(epochs, numbers, **_marker(place), markevery=every, clip_on=False, **_line(place))
    best = run.history.best
    for event, score in zip(evaluations, numbers, strict=True):
        if best and event.step == best.step:
            axes.plot([event.epoch], [score], marker="o", **RING)


def _draw_limit(axes: "Axes", runs: Sequence[RunData]) -> None:
    """Draw the nats that identify a paradigm, where all runs have as many paradigms."""
    paradigms = {run.started.paradigms for run in runs}
    if len(paradigms) == 1 and (limit := math.log(max(paradigms))) > 0:
        axes.axhline(limit, color=INK, linewidth=0.8, dashes=(1, 2))
        axes.annotate("ln N", (1.01, limit), xycoords=("axes fraction", "data"), va="center")


def _legend(figure: "Figure", runs: Sequence[RunData]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    entries: list[tuple[Any, str]] = [
        (Line2D([], [], **_marker(place), **_line(place)), run.name)
        for place, run in enumerate(runs)
    ]
    if len(runs) == 1 and reports_pairs(runs[0]):
        entries.append((Line2D([], [], color="#8c8c8c", dashes=(3, 2)), "BLEU-4, selection pairs"))
    entries.append((Line2D([], [], marker="o", **RING), "best checkpoint"))
    entries.append((Patch(color="#8c8c8c", alpha=0.3, linewidth=0), band_label(runs)))
    handles = [handle for handle, _ in entries]
    columns = min(len(entries), 3)
    legend = figure.legend(
        handles, [str(n) for n in range(len(entries))], loc="outside lower center", ncols=columns
    )
    # Set afterwards: matplotlib leaves out a label that begins with an underscore.
    for text, (_, label) in zip(legend.get_texts(), entries, strict=True):
        text.set_text(label)


def _marker(place: int) -> dict[str, Any]:
    """Return the shape of a run; the second half of the shapes is hollow."""
    hollow = place >= MOST // 2
    return {"marker": PRINTED_MARKERS[place], "fillstyle": "none" if hollow else "full"}


def _line(place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"color": COLOURS[place]}
    return found | ({"dashes": DASHES[place]} if DASHES[place] else {})


def band_label(runs: Sequence[RunData]) -> str:
    """Describe the pale areas."""
    series = (one.history.series.get("ce") for one in runs)
    thin = any(one is not None and len(one) > MOST_POINTS for one in series)
    return "95 % Wilson interval" + ("; range of readings" if thin else "")


def reports_pairs(run: RunData) -> bool:
    """Return whether a run scores pairs beside its selection pairs."""
    return any(event.scores.bleu4 is not None for event in run.history.evaluations)


def _spans_magnitudes(runs: Sequence[RunData]) -> bool:
    """Return whether the CE is positive and falls by more than `LOGARITHMIC`."""
    series = [run.history.series.get("ce") for run in runs]
    values = [value for one in series if one for value in one.values if math.isfinite(value)]
    return bool(values) and 0 < min(values) * LOGARITHMIC < max(values)


@dataclass(frozen=True, slots=True)
class Point:
    """Consecutive readings."""

    epoch: float
    mean: float
    low: float
    high: float


def thinned(epochs: Sequence[float], values: Sequence[float]) -> Iterator[Point]:
    """Thin a series to `MOST_POINTS` points; nan where none of the readings is finite."""
    count = min(len(values), MOST_POINTS)
    for number in range(count):
        part = slice(len(values) * number // count, len(values) * (number + 1) // count)
        finite = [value for value in values[part] if math.isfinite(value)] or [math.nan]
        yield Point(fmean(epochs[part]), fmean(finite), min(finite), max(finite))
