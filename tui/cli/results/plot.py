"""`cvae-tui plot`: curves of runs as text, without the app."""

import math
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from core.catalogue.listing import run_directories
from core.errors import InputError
from core.exports.figure import thinned
from core.exports.palette import COLOURS, MARKERS, MOST
from core.runs.directory import open_run
from core.runs.followed import FollowedRun
from core.text import printable
from core.training.metrics import METRICS, metric, ordered
from tui.cli.options import runs_dir_option
from tui.text.format import figure

DEFAULT = ("kl", "bleu4", "gaussian")
"""Metrics that follow the loss, or CE where a journal has no loss."""
LEAST_WIDTH, LEAST_HEIGHT = 24, 8
TWO_COLUMNS = 72
"""Characters from which on two panels stand side by side."""
TERMINAL = (80, 30)
"""Characters and lines where no terminal has any."""


def _list(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the metrics, each with its title, and end."""
    if wanted:
        width = max(map(len, METRICS))
        for name, source in METRICS.items():
            click.echo(f"{name:<{width}}  {source.metric.label}")
        ctx.exit()


@click.command()
@click.argument("words", metavar="RUN... [METRIC...]", nargs=-1, required=True)
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="List metrics."
)
@click.option("--width", type=click.IntRange(LEAST_WIDTH), help="Characters of a line.")
@click.option("--height", type=click.IntRange(LEAST_HEIGHT), help="Lines of the picture.")
@runs_dir_option
def command(words: tuple[str, ...], width: int | None, height: int | None, runs_dir: Path) -> None:
    """Print curves of one run or several over epochs.

    METRIC is the name of a series of the journal. Default: loss, KL, BLEU-4 and Gaussian score.
    """
    runs, names = _read(words, runs_dir)
    terminal = shutil.get_terminal_size(TERMINAL)
    width = width or max(LEAST_WIDTH, terminal.columns)
    across = 2 if len(names) > 1 and width >= TWO_COLUMNS else 1
    rows = [names[at : at + across] for at in range(0, len(names), across)]
    # Two lines are left for the legend and the prompt.
    height = height or max(LEAST_HEIGHT * len(rows), terminal.lines - 2)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for row in rows:
        size = width // across, height // len(rows)
        panels = [_panel(name, runs, *size, colour=colour).splitlines() for name in row]
        for parts in zip(*panels, strict=True):
            click.echo("".join(parts).rstrip(), color=colour)
    if len(runs) > 1:
        signs = (click.style(marker, fg=_rgb(place)) for place, marker in enumerate(MARKERS))
        named = (f"{sign} {printable(run.name)}" for sign, run in zip(signs, runs, strict=False))
        click.echo("   ".join(named), color=colour)


def _read(words: Sequence[str], runs_dir: Path) -> tuple[list[FollowedRun], list[str]]:
    """Return the runs and the metrics that are named. Raises InputError for any other word."""
    runs, names = [_followed(runs_dir, words[0])], []
    for word in words[1:]:
        if word in METRICS or word in runs[0].history.series:
            names.append(word)
            continue
        try:
            runs.append(_followed(runs_dir, word))
        except InputError:
            there = ", ".join(run.name for run in run_directories(runs_dir)) or "none"
            raise InputError(
                f"{word!r} is neither a run nor a metric: the runs are {there}; the metrics are "
                f"{', '.join(ordered({*METRICS, *runs[0].history.series}))}"
            ) from None
    if len(runs) > MOST:
        raise InputError(f"{len(runs)} runs cannot be told apart: name up to {MOST}")
    known = ordered({name for run in runs for name in run.history.series})
    for name in names:
        if not any(run.history.find(name) for run in runs):
            raise InputError(f"no value of {name!r}: the runs have {', '.join(known) or 'none'}")
    if not names:
        first = "loss" if "loss" in known else "ce"
        names = [name for name in (first, *DEFAULT) if any(run.history.find(name) for run in runs)]
    if not names:
        raise InputError(f"the run {runs[0].name!r} has no values yet; train it first")
    return runs, names


def _followed(runs_dir: Path, name: str) -> FollowedRun:
    run = FollowedRun(open_run(runs_dir, name))
    while run.update():
        pass
    return run


def _points(run: FollowedRun, name: str) -> Iterator[tuple[float, float]]:
    """Yield epochs and values. plotext fails on a value that is not finite."""
    if series := run.history.find(name):
        for point in thinned(series.epochs, series.values):
            if math.isfinite(point.epoch) and math.isfinite(point.mean):
                yield point.epoch, point.mean


def _panel(name: str, runs: Sequence[FollowedRun], width: int, height: int, *, colour: bool) -> str:
    """Draw one metric of all runs in `height` lines of `width` characters."""
    import plotext

    plotext.clear_figure()
    plotext.plotsize(width, height)
    for paint in (plotext.canvas_color, plotext.axes_color, plotext.ticks_color):
        paint("default")
    title, bounds = metric(name).heading, metric(name).bounds
    alone = len(runs) == 1
    for place, run in enumerate(runs):
        if points := [*_points(run, name)]:
            # Braille has more dots; without colour, only markers tell the runs apart.
            marker = "braille" if alone or colour else MARKERS[place]
            plotext.plot(*zip(*points, strict=True), marker=marker, color=_rgb(place))
            title += f" {figure(points[-1][1])}" if alone else ""
    plotext.title(title)
    ends = [run.history.last.epoch for run in runs if run.history.last]
    plotext.xlim(0, max(ends) or 1)
    plotext.xfrequency(4)
    plotext.yfrequency(4)
    if bounds:
        plotext.ylim(*bounds)
    text: str = plotext.build()
    return text if colour else plotext.uncolorize(text)


def _rgb(place: int) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(COLOURS[place][1:])
    return red, green, blue
