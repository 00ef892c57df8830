"""`cvae-tui experiment`: the trials of an experiment, side by side or one after another."""

import contextlib
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.catalogue.listing import Catalogue, RunSummary, run_state
from core.errors import InputError
from core.experiments.bands import summary
from core.experiments.design import Experiment, Stopping, Trial, read_experiment, shipped_names
from core.runs.commands import RemoteControl
from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import JournalFollower
from core.runs.ownership import is_owned
from core.text import printable
from tui.cli.options import runs_dir_option
from tui.cli.table import print_table
from tui.hosting.signals import handling_signals
from tui.text.format import score

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LOOK_SECONDS = 0.5
ASK_AGAIN_SECONDS = 2.0
ENDS = ("finished", "failed", "stopped", "crashed")


@click.command()
@click.argument("experiment", metavar=f"FILE|{'|'.join(shipped_names())}")
@click.option("--corpus", metavar="NAME|FILE", help="Corpus to train on: data.corpus.")
@click.option("--pairs", metavar="FILE.tsv", help="Pairs to report BLEU-4 of: data.pairs.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="One setting of all trials (repeatable).",
)
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
    help="End trials early that do badly.  [default: as the file says, else none]",
)
@runs_dir_option
@click.pass_context
def command(
    ctx: click.Context,
    experiment: str,
    corpus: str | None,
    pairs: str | None,
    settings: tuple[str, ...],
    name: str,
    address: str,
    jobs: int | None,
    sequential: bool,
    stopping: Stopping | None,
    runs_dir: Path,
) -> None:
    """Run an experiment: variants of one configuration, each with several seeds.

    Each trial is an ordinary run, tagged with the experiment's name. Ray runs them side by side; a
    cluster of this machine is started for the command, unless --ray names another. Without the
    extra `experiments` they run one after another, with the same result.

    The same command goes on with what was interrupted and leaves alone what has ended.
    """
    given = {"data.corpus": corpus, "data.pairs": pairs}
    shortcuts = [f"{key}={text}" for key, text in given.items() if text is not None]
    design = read_experiment(experiment, (*shortcuts, *settings), name)
    rule = stopping or design.stopping
    side_by_side = _side_by_side(address, jobs, sequential, rule)
    # Torch takes seconds to import; what can be refused without it was refused above.
    from core.experiments.trial import check_trials

    runs = runs_dir.resolve()
    check_trials(design.trials, runs)
    interrupted = threading.Event()
    received: list[int] = []

    def handle(number: int) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        interrupted.set()

    with handling_signals(handle), _Watch(design, runs, interrupted):
        if side_by_side:
            from core.experiments.ray_cluster import run_on_ray

            run_on_ray(design.trials, runs, interrupted, address=address, rule=rule, jobs=jobs or 0)
        else:
            from core.experiments.sequential import run_sequentially

            run_sequentially(design.trials, runs, interrupted)
    ctx.exit(_end(design, runs, received))


def _side_by_side(address: str, jobs: int | None, sequential: bool, rule: Stopping) -> bool:
    """Whether Ray runs the trials. Raises InputError where it cannot and should."""
    from importlib.util import find_spec

    if sequential and (address or jobs):
        raise InputError("--sequential excludes --ray and --jobs; give one of them")
    if address and jobs:
        raise InputError("--jobs is of a cluster of this machine, so it excludes --ray")
    there = find_spec("ray") is not None
    if (address or jobs) and not there:
        raise InputError(
            f"{'--ray' if address else '--jobs'} needs Ray: pip install 'cvae-tui[experiments]'"
        )
    if rule != "none" and (sequential or not there):
        raise InputError(
            f"stopping by {rule} compares trials that run side by side, which needs Ray (the extra "
            "experiments, without --sequential); --stopping none would be accepted"
        )
    return there and not sequential


def _end(design: Experiment, runs: Path, received: Sequence[int]) -> int:
    """Print the scores by variant; the exit code."""
    found = {run.name: run for run in Catalogue(runs).summaries()}
    ended = [found[trial.name] for trial in design.trials if trial.name in found]
    print_table(
        ("variant", "finished", "BLEU-4", "Gaussian"),
        [_row(variant, design, found) for variant in design.variants],
    )
    failed = [run.name for run in ended if run.state in ("failed", "crashed")]
    unfinished = len(design.trials) - sum(run.state in ("finished", "failed") for run in ended)
    if failed:
        click.echo(f"failed: {', '.join(failed)}; `cvae-tui attach NAME` tells why", err=True)
    if unfinished:
        click.echo(
            f"{unfinished} of {len(design.trials)} trials have not finished; the same command goes "
            "on with them",
            err=True,
        )
    return 128 + received[0] if received else int(bool(failed))


def _row(variant: str, design: Experiment, found: dict[str, RunSummary]) -> tuple[str, ...]:
    """A variant's scores: the median over its seeds, and the range."""
    names = [trial.name for trial in design.trials if trial.variant == variant]
    runs = [found[name] for name in names if name in found]
    finished = sum(run.state == "finished" for run in runs)
    cells = []
    for values in ([run.bleu4 for run in runs], [run.gaussian for run in runs]):
        known = [value for value in values if value is not None]
        median, low, high = (score(value) for value in summary(known))
        cells.append(f"{median} ({low} to {high})" if known else "")
    return (variant, f"{finished} of {len(names)}", *cells)


class _Watch:
    """Follows the trials' journals in a thread: shows them, and has them stop when it is time."""

    def __init__(self, design: Experiment, runs: Path, interrupted: threading.Event) -> None:
        self._design, self._interrupted = design, interrupted
        self._followed = {trial: _Followed(trial, runs) for trial in design.trials}
        self._asked = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._bars: Progress | None = None
        self._tasks: dict[Trial, TaskID] = {}

    def __enter__(self) -> "_Watch":
        """Begin to watch."""
        count, variants = len(self._followed), len(self._design.variants)
        click.echo(
            printable(
                f"{self._design.name}: {count} trials, {variants} variants with "
                f"{len(self._design.seeds)} seeds each"
            )
        )
        for followed in self._followed.values():
            followed.look()
        if done := sum(followed.ended for followed in self._followed.values()):
            click.echo(f"{done} of them ended earlier")
        if sys.stdout.isatty():
            self._bars = _bars()
            self._total = self._bars.add_task(printable(self._design.name), total=count, figures="")
            self._bars.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """See the last of it."""
        self._over.set()
        self._thread.join()
        self._look()
        if self._bars:
            self._bars.stop()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            if self._interrupted.is_set() and time.monotonic() - self._asked > ASK_AGAIN_SECONDS:
                self._asked = time.monotonic()
                for followed in self._followed.values():
                    if is_owned(followed.directory):
                        RemoteControl(followed.directory).stop()
            # A terminal that is gone must not keep the trials from being stopped.
            with contextlib.suppress(OSError):
                self._look()

    def _look(self) -> None:
        for trial, followed in self._followed.items():
            before = followed.state
            if followed.ended or not followed.look():
                continue
            if followed.state != before and followed.state in ("training", *ENDS):
                self._tell(f"{trial.name} {followed.sentence}")
            self._draw(trial, followed)
        if self._bars:
            done = sum(followed.ended for followed in self._followed.values())
            told = "stopping with checkpoints" if self._interrupted.is_set() else f"{done} ended"
            self._bars.update(self._total, completed=done, figures=told)

    def _tell(self, sentence: str) -> None:
        if self._bars:
            from rich.text import Text

            self._bars.console.print(Text(printable(sentence)))
        else:
            click.echo(printable(sentence))
            sys.stdout.flush()

    def _draw(self, trial: Trial, followed: "_Followed") -> None:
        """The bar of a trial, while it trains."""
        if not self._bars:
            return
        started = followed.history.started
        if trial in self._tasks and followed.state in ENDS:
            self._bars.remove_task(self._tasks.pop(trial))
        elif started and followed.state not in ENDS:
            if trial not in self._tasks:
                self._tasks[trial] = self._bars.add_task(
                    printable(f"  {trial.variant} s{trial.seed}"),
                    total=started.steps,
                    figures="",
                )
            step = followed.history.last.step if followed.history.last else 0
            self._bars.update(self._tasks[trial], completed=step, figures=followed.scores)


def _bars() -> "Progress":
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    narrow = Column(no_wrap=True, overflow="ellipsis", max_width=32)
    return Progress(
        TextColumn("{task.description}", markup=False, table_column=narrow),
        BarColumn(bar_width=12),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[figures]}", markup=False, table_column=Column(no_wrap=True)),
    )


class _Followed:
    """What the journal of a trial's run tells."""

    def __init__(self, trial: Trial, runs: Path) -> None:
        self.directory = RunDirectory(runs / trial.name)
        self.history = History()
        self.state = "new"
        self._follower = JournalFollower(self.directory.journal_file)

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to train."""
        return self.state in ("finished", "failed")

    @property
    def scores(self) -> str:
        """The scores of the best checkpoint."""
        best = self.history.best
        if best is None:
            return ""
        scores = best.scores
        return f"BLEU-4 {score(scores.headline_bleu4)}  Gaussian {score(scores.gaussian.score)}"

    @property
    def sentence(self) -> str:
        """How the trial stands, in words."""
        if self.state == "training":
            started = self.history.started
            resumed = started is not None and started.resumed
            return f"goes on at epoch {started.epoch:.1f}" if started and resumed else "starts"
        return ": ".join(part for part in (self.state, self.scores) if part)

    def look(self) -> bool:
        """Take in what is new; whether there is a run."""
        while new := self._follower.read_new():
            self.history.add(new)
        if self.history.last is None:
            return False
        self.state = run_state(self.directory, self.history)
        return True
