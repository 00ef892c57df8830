"""`cvae-tui experiment`: the trials of an experiment, side by side or one after another."""

import contextlib
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import click

from core.catalogue.listing import Catalogue, RunSummary
from core.errors import InputError
from core.experiments.bands import summary
from core.experiments.design import Experiment, Stopping, read_experiment, shipped_names
from core.experiments.watch import TrialWatch, WatchedTrial
from core.text import printable
from tui.cli.options import runs_dir_option
from tui.cli.output import print_table
from tui.cli.training.train import given_settings, setting_options
from tui.hosting.signals import handling_signals
from tui.text.format import score

ENDS = ("finished", "failed", "stopped", "crashed")


@click.command()
@click.argument("experiment", metavar=f"FILE|{'|'.join(shipped_names())}")
@partial(setting_options, shortcuts=("corpus", "pairs"))
@click.option(
    "--name", metavar="NAME", default="", help="Name and tag of the trials.  [default: the file's]"
)
@click.option(
    "--ray", "address", metavar="ADDRESS", default="", help="A Ray cluster that runs already."
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Processors to use.  [default: all of this machine]",
)
@click.option("--sequential", is_flag=True, help="One trial after another, without Ray.")
@click.option(
    "--stopping",
    type=click.Choice(["none", "median", "asha"]),
    help="Early stopping of trials with low scores.  [default: that of the file, else none]",
)
@runs_dir_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    experiment: str,
    settings: tuple[str, ...],
    name: str,
    address: str,
    jobs: int | None,
    sequential: bool,
    stopping: Stopping | None,
    runs_dir: Path,
    **shortcuts: str | None,
) -> None:
    """Run an experiment: variants of one configuration, each with several seeds.

    Each trial is an ordinary run, tagged with the name of the experiment. Ray runs trials side by
    side, on a cluster of this machine unless --ray names another. Without the extra `experiments`
    they run one after another, with the same result.

    The same command resumes interrupted trials and skips those that have ended.
    """
    design = read_experiment(experiment, given_settings(settings, shortcuts), name)
    rule = stopping or design.stopping
    side_by_side = _side_by_side(address, jobs, sequential, rule)
    # Torch takes seconds to import, so that all checks without it come first.
    from core.experiments.trial import check_trials, run_sequentially

    runs = runs_dir.resolve()
    check_trials(design.trials, runs)
    interrupted = threading.Event()
    received: list[int] = []

    def handle(number: int) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        interrupted.set()

    with handling_signals(handle), _shown(design, runs, interrupted):
        if side_by_side:
            from core.experiments.ray_cluster import run_on_ray

            run_on_ray(design.trials, runs, interrupted, address=address, rule=rule, jobs=jobs or 0)
        else:
            run_sequentially(design.trials, runs, interrupted)
    ctx.exit(_end(design, runs, received))


def _side_by_side(address: str, jobs: int | None, sequential: bool, rule: Stopping) -> bool:
    """Return True when Ray runs the trials. Raise InputError when it should and cannot."""
    from importlib.util import find_spec

    if sequential and (address or jobs):
        raise InputError("--sequential excludes --ray and --jobs; give one of them")
    if address and jobs:
        raise InputError("--jobs is for a cluster of this machine, so it excludes --ray")
    there = find_spec("ray") is not None
    if (address or jobs) and not there:
        raise InputError(
            f"{'--ray' if address else '--jobs'} needs Ray: pip install 'cvae-tui[experiments]'"
        )
    if rule != "none" and (sequential or not there):
        raise InputError(
            f"--stopping {rule} compares trials that run side by side, which needs Ray (the extra "
            "experiments, without --sequential); accepted: --stopping none"
        )
    return there and not sequential


def _end(design: Experiment, runs: Path, received: Sequence[int]) -> int:
    """Print the scores by variant. Return the exit code."""
    found = {run.name: run for run in Catalogue(runs).summaries()}
    ended = [found[trial.name] for trial in design.trials if trial.name in found]
    rows = [_row(variant, design, found) for variant in design.variants]
    print_table(("variant", "finished", "BLEU-4", "Gaussian"), rows)
    failed = [run.name for run in ended if run.state in ("failed", "crashed")]
    unfinished = len(design.trials) - sum(run.state in ("finished", "failed") for run in ended)
    if failed:
        click.echo(f"failed: {', '.join(failed)}; `cvae-tui attach NAME` shows why", err=True)
    if unfinished:
        left = f"{unfinished} of {len(design.trials)} trials have not finished"
        click.echo(f"{left}; the same command resumes them", err=True)
    return 128 + received[0] if received else int(bool(failed))


def _row(variant: str, design: Experiment, found: dict[str, RunSummary]) -> tuple[str, ...]:
    """Make a row of a variant: median and range of the scores over its seeds."""
    names = [trial.name for trial in design.trials if trial.variant == variant]
    runs = [found[name] for name in names if name in found]
    finished = sum(run.state == "finished" for run in runs)
    cells = []
    for values in ([run.bleu4 for run in runs], [run.gaussian for run in runs]):
        known = [value for value in values if value is not None]
        median, low, high = (score(value) for value in summary(known))
        cells.append(f"{median} ({low} to {high})" if known else "")
    return (variant, f"{finished} of {len(names)}", *cells)


@contextlib.contextmanager
def _shown(design: Experiment, runs: Path, interrupted: threading.Event) -> Iterator[None]:
    """Watch the trials and show them: as bars on a terminal, as lines elsewhere."""
    watch = TrialWatch(design.trials, runs, interrupted)
    count, seeds = len(design.trials), len(design.seeds)
    title = f"{count} trials, {len(design.variants)} variants with {seeds} seeds each"
    click.echo(printable(f"{design.name}: {title}"))
    if watch.ended:
        click.echo(f"{watch.ended} of them ended earlier")
    if not sys.stdout.isatty():
        with watch.showing(_print_lines):
            yield
        return
    from tui.text.progress_bar import ProgressBars

    with ProgressBars() as bars:
        total = bars.add_task(printable(design.name), total=count, figures="")
        tasks = {}
        for trial in watch.trials:
            name = printable(f"  {trial.trial.variant} s{trial.trial.seed}")
            tasks[trial.name] = bars.add_task(name, visible=False, figures="")

        def show(changed: Sequence[WatchedTrial]) -> None:
            for sentence in _sentences(changed):
                bars.print_above(sentence)
            for trial in watch.trials:
                started, last = trial.history.started, trial.history.last
                if started and last:
                    bars.update(
                        tasks[trial.name],
                        total=started.steps,
                        completed=last.step,
                        visible=trial.state not in ENDS,
                        figures=_scores(trial),
                    )
            ended = watch.ended
            figures = "stopping with checkpoints" if interrupted.is_set() else f"{ended} ended"
            bars.update(total, completed=ended, figures=figures)

        with watch.showing(show):
            yield


def _print_lines(changed: Sequence[WatchedTrial]) -> None:
    for sentence in _sentences(changed):
        click.echo(printable(sentence))


def _sentences(changed: Sequence[WatchedTrial]) -> Iterator[str]:
    for trial in changed:
        started = trial.history.started
        if trial.state == "training" and started and started.resumed:
            yield f"{trial.name} goes on at epoch {started.epoch:.1f}"
        elif trial.state == "training":
            yield f"{trial.name} starts"
        elif trial.state in ENDS:
            yield ": ".join(filter(None, (f"{trial.name} {trial.state}", _scores(trial))))


def _scores(trial: WatchedTrial) -> str:
    """Describe the scores of the best checkpoint, if there is one."""
    if trial.history.best is None:
        return ""
    scores = trial.history.best.scores
    return f"BLEU-4 {score(scores.headline_bleu4)}  Gaussian {score(scores.gaussian.score)}"
