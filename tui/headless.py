"""Training without the app: a Rich progress bar on a terminal, plain lines elsewhere."""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from core import events
from core.control import Control
from core.runs.directory import RunDirectory
from tui.harmless import harmless
from tui.wording import count, duration, figure, score

QUIET_SECONDS = 10.0
"""Plain lines about progress are at least so far apart."""


def train_headless(directory: RunDirectory) -> int:
    """Train a run to its end in this thread; the exit code.

    SIGINT and SIGTERM have a checkpoint written before the end; a second SIGINT does not wait.
    """
    from core.session import train

    control = Control()
    with _stopping_on_signals(control) as received:
        report = _Bar(directory) if sys.stdout.isatty() else _Lines(directory)
        last: events.Event | None = None
        with report:
            for last in train(directory, control):
                report.show(last)
    if isinstance(last, events.Failed):
        click.echo(f"cvae-tui: {directory.name}: {last.message}", err=True)
        return 1
    if isinstance(last, events.Stopped):
        name = directory.name
        click.echo(f"stopped with a checkpoint; `cvae-tui train --resume {name}` goes on", err=True)
    return 128 + received[0] if received else 0


@contextlib.contextmanager
def _stopping_on_signals(control: Control) -> Iterator[list[int]]:
    """Let signals stop the training; gives the list of those that came."""
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and received:
            raise KeyboardInterrupt
        received.append(number)
        control.stop()

    watched = [signal.SIGINT, signal.SIGTERM]
    # Under nohup a hangup is ignored, and stays so.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        watched.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in watched}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _scores(event: events.Evaluated) -> str:
    scores, gaussian = event.scores, event.scores.gaussian
    low, high = gaussian.ci95
    bleu4 = scores.selection_bleu4 if scores.bleu4 is None else scores.bleu4
    return (
        f"BLEU-4 {score(bleu4)}, Gaussian {score(gaussian.score)} "
        f"({low:.3f} to {high:.3f}, {gaussian.distinct} distinct)"
        + (", the best so far" if event.best else "")
    )


def _news(directory: RunDirectory, event: events.Event) -> str | None:
    """What deserves a line of its own, in words."""
    match event:
        case events.Started(resumed=resumed):
            verb = f"goes on at epoch {event.epoch:.1f}" if resumed else "starts"
            rows = f"{event.paradigms} paradigms, {event.words} forms"
            repeated = f", {event.duplicates} duplicated rows" if event.duplicates else ""
            return f"{directory.name} {verb}: {rows}{repeated}; in {directory.path}"
        case events.Evaluated():
            return f"epoch {event.epoch:.1f}: {_scores(event)}"
        case events.Finished():
            return f"{directory.name} finished after {duration(event.elapsed)}"
        case _:
            return None


class _Lines:
    """Plain lines for a file or a pipe."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._last = 0.0

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, event: events.Event) -> None:
        news = _news(self._directory, event)
        if isinstance(event, events.Progress) and time.monotonic() - self._last > QUIET_SECONDS:
            self._last = time.monotonic()
            news = (
                f"epoch {event.epoch:.1f}, step {event.step}: CE {_number(event.ce)}, "
                f"KL {_number(event.kl)}, beta {figure(event.beta)}, "
                f"{count(event.words_per_second)} words/s, {duration(event.eta)} left"
            )
        if news:
            click.echo(harmless(news))
            sys.stdout.flush()


class _Figures(ProgressColumn):
    """The last CE, KL and beta."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("figures", "")), style="cyan")


class _Bar:
    """A progress bar with ETA, news above it."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            BarColumn(bar_width=16),
            TextColumn("{task.percentage:>3.0f}%"),
            _Figures(table_column=Column(no_wrap=True)),
            console=Console(),
        )
        self._task = self._progress.add_task(harmless(directory.name), total=None, figures="")

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, event: events.Event) -> None:
        if isinstance(event, events.Started):
            self._progress.update(self._task, total=event.steps)
        if isinstance(event, events.Progress):
            figures = (
                f"{duration(event.eta)} left  CE {_number(event.ce)}  KL {_number(event.kl)}  "
                f"{count(event.words_per_second)} words/s"
            )
            self._progress.update(self._task, figures=figures)
        self._progress.update(self._task, completed=event.step)
        news = _news(self._directory, event)
        if news:
            self._progress.console.print(Text(harmless(news)))


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3f}"
