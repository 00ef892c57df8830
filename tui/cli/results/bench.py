"""`cvae-tui bench`: measure the training speed of this machine."""

import statistics
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tui.cli.options import number_option
from tui.cli.output import json_option, print_json
from tui.text.format import count

if TYPE_CHECKING:
    from tui.benchmark.training_speed import Benchmark

MEASURED = {
    "loop": "a loop like the lab's: one word, one character at a time",
    "lab4": "a step of the preset lab4",
    "default": "a step of the preset default",
    "limit": "only the matrix products of such a step",
}


@click.command()
@number_option(
    "--rounds", default=5, most=100, help="Rounds of measurements, each of all four in turn."
)
@number_option(
    "--pairs",
    default=5,
    least=0,
    most=100,
    help="Pairs of short trainings, one in the app and one headless; 0 for none.",
)
@json_option
def command(rounds: int, pairs: int, as_json: bool) -> None:
    """Measure the training speed of this machine, in words per second.

    The figures are medians over the rounds, with the lowest and the highest. The ratios count: the
    speed of a shared machine drifts, but equally for all measurements of a round.
    """
    from rich.console import Console

    from tui.benchmark.app_overhead import live_over_headless
    from tui.benchmark.training_speed import measure

    with Console(file=sys.stderr).status("choosing threads and precision ...") as status:
        for done, benchmark in enumerate(measure(rounds), start=1):
            status.update(f"{done} of {rounds} rounds done ...")
            last = benchmark
        live: list[float] = []
        for ratio in live_over_headless(last.hardware, pairs):
            live.append(ratio)
            status.update(f"{len(live)} of {pairs} pairs done ...")
    if not as_json:
        _print(last, live)
        return
    ratios = {
        "default_over_loop": last.default_over_loop,
        "share_of_limit": last.share_of_limit,
        "live_over_headless": statistics.median(live) if live else None,
    }
    print_json({**asdict(last)["speeds"], "ratio": ratios, "machine": last.machine})


def _print(benchmark: "Benchmark", live: list[float]) -> None:
    for name, speed in benchmark.speeds.items():
        low, high = speed.spread
        click.echo(
            f"{name:<8} {count(speed.words_per_second):>8} words/s "
            f"({count(low)} to {count(high)})  {MEASURED[name]}"
        )
    click.echo(
        f"default is {benchmark.default_over_loop:.0f} times as fast as the loop and reaches "
        f"{benchmark.share_of_limit:.0%} of the limit"
    )
    if live:
        click.echo(
            f"in the app a training is {statistics.median(live):.0%} as fast as headless "
            f"({min(live):.0%} to {max(live):.0%})"
        )
    machine = benchmark.machine
    click.echo(
        f"{machine['processors']} processors, {machine['device']}, {machine['threads']} threads, "
        f"{machine['precision']}, torch {machine['torch']}"
    )
