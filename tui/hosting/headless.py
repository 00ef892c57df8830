"""Training without the app: a Rich progress bar on a terminal, plain lines elsewhere."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import click

from core.compute.search_path import child_environment
from core.errors import TrainingError
from core.runs.directory import RunDirectory
from core.runs.ownership import is_owned, living_owner, owned_error
from core.runs.summary import journal_part
from core.text import printable
from core.training import events
from core.training.control import Control
from tui.hosting.program import PROGRAM
from tui.hosting.signals import handling_signals
from tui.terminal.terminal import leave_terminal
from tui.text.format import count, duration, figure, score
from tui.text.progress_bar import ProgressBars

OnHangUp = Literal["continue", "stop"]
"""Reaction of a training to the loss of its terminal."""
HANDOVER_SECONDS = 120.0
"""Longest wait for a detached process to own its run; the import of PyTorch takes seconds."""
QUIET_SECONDS = 10.0
"""Shortest time between two plain lines of progress."""


def train_headless(directory: RunDirectory, on_hang_up: OnHangUp = "continue") -> int:
    """Train a run to its end in this thread; return the exit code.

    SIGINT and SIGTERM stop it with a checkpoint; a second SIGINT does not wait for the checkpoint.
    Without its terminal or pipe, the training continues and reports into the log of the run.
    """
    from core.session import train

    control = Control()
    received: list[int] = []
    report = _Report(directory, control)

    def handle(number: int) -> None:
        if number == signal.SIGHUP:
            report.leave()
            if on_hang_up == "continue":
                return
        if number == signal.SIGINT and received:
            raise KeyboardInterrupt
        received.append(number)
        control.stop()

    with handling_signals(handle), report:
        for event in train(directory, control):
            report.show(event)
    last = report.last
    if isinstance(last, events.Failed):
        click.echo(f"cvae-tui: {directory.name}: {last.message}", err=True)
        return 1
    if isinstance(last, events.Stopped):
        again = f"`cvae-tui train --resume {directory.name}` continues"
        click.echo(f"stopped with a checkpoint; {again}", err=True)
    return 128 + received[0] if received else 0


def train_detached(directory: RunDirectory) -> None:
    """Start a process of its own session that trains a run, and wait until it owns the run.

    The process reports into the log of the run.

    Raises InputError when the run cannot go on, OwnedElsewhereError when a process writes it,
    TrainingError when the process ends before it owns the run.
    """
    from core.session import check_resumable

    if is_owned(directory):
        raise owned_error(directory)
    check_resumable(directory)
    before = journal_part(directory.journal_file)
    with directory.log_file.open("ab") as log:
        begins = log.tell()
        process = subprocess.Popen(
            [*PROGRAM, "train", "--headless", "--resume", str(directory.path.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=child_environment(),
        )
    deadline = time.monotonic() + HANDOVER_SECONDS
    while (code := process.poll()) is None:
        owner = living_owner(directory)
        if owner and owner.pid == process.pid:
            return
        if time.monotonic() > deadline:
            raise TrainingError(
                f"{directory.name} does not train yet: process {process.pid} is still starting "
                f"after {HANDOVER_SECONDS:.0f} s. {directory.log_file} has its messages"
            )
        time.sleep(0.05)
    # A short training may have ended between two looks at its owner.
    if code or journal_part(directory.journal_file) == before:
        ended = f"ended with exit code {code}" if code >= 0 else f"was ended by signal {-code}"
        raise TrainingError(
            f"{directory.name} does not train: its process {ended}: "
            f"{_last_line(directory, begins)}. {directory.log_file} has its messages"
        )


def _last_line(directory: RunDirectory, begins: int) -> str:
    """Return the last line in the log of a run, from a place in bytes on."""
    lines = directory.log_file.read_bytes()[begins:].decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "without a message")


def steering_hint(directory: RunDirectory) -> str:
    """Return the commands that reach a run which trains without a terminal."""
    path = shlex.quote(printable(str(directory.path)))
    return f"`cvae-tui attach {path}` shows it, `cvae-tui stop {path}` stops it with a checkpoint"


def _news(directory: RunDirectory, event: events.Event) -> str | None:
    """Return the line that reports an event; None for an event without one."""
    match event:
        case events.Started(resumed=resumed):
            verb = f"goes on at epoch {event.epoch:.1f}" if resumed else "starts"
            rows = f"{event.paradigms} paradigms, {event.words} forms"
            repeated = f", {event.duplicates} duplicated rows" if event.duplicates else ""
            return f"{directory.name} {verb}: {rows}{repeated}; in {directory.path}"
        case events.Evaluated(scores=scores):
            low, high = scores.gaussian.ci95
            return (
                f"epoch {event.epoch:.1f}: BLEU-4 {score(scores.headline_bleu4)}, Gaussian "
                f"{score(scores.gaussian.score)} ({low:.3f} to {high:.3f}, "
                f"{scores.gaussian.distinct} distinct)" + ", the best so far" * event.best
            )
        case events.Alarm(begins=True):
            return f"epoch {event.epoch:.1f}: alarm: {event.message}. {event.advice}"
        case events.Alarm():
            return f"epoch {event.epoch:.1f}: alarm over: {event.message}"
        case events.Finished():
            return f"{directory.name} finished after {duration(event.elapsed)}"
    return None


class _Report:
    """Report of a training: a bar, or plain lines; without terminal or pipe, lines in its log."""

    def __init__(self, directory: RunDirectory, control: Control) -> None:
        self.last: events.Event | None = None
        self._directory, self._control = directory, control
        self._bar = ProgressBars() if sys.stdout.isatty() else None
        self._printed = 0.0
        self._left = False

    def leave(self) -> None:
        """Report into the log from now on. A signal handler may call this during `show`."""
        if self._left:
            return
        self._left = True
        # The output that a progress bar still holds is dropped.
        leave_terminal(Path(os.devnull) if self._bar else self._directory.log_file)
        self._control.detach()

    def show(self, event: events.Event) -> None:
        """Report an event."""
        self.last = event
        try:
            if self._bar:
                self._show_bar(self._bar, event)
            else:
                self._show_line(event)
        except OSError:
            self.leave()
        if self._left and self._bar:
            self._bar.stop()
            self._bar = None
            leave_terminal(self._directory.log_file)

    def __enter__(self) -> None:
        if self._bar:
            self._bar.add_task(printable(self._directory.name), total=None, figures="")
            self._bar.start()

    def __exit__(self, *_: object) -> None:
        try:
            if self._bar:
                self._bar.stop()
        except OSError:
            self.leave()

    def _show_line(self, event: events.Event) -> None:
        news = _news(self._directory, event)
        if isinstance(event, events.Progress) and time.monotonic() - self._printed > QUIET_SECONDS:
            self._printed = time.monotonic()
            news = (
                f"epoch {event.epoch:.1f}, step {event.step}: CE {_number(event.ce)}, "
                f"KL {_number(event.kl)}, beta {figure(event.beta)}, "
                f"{count(event.words_per_second)} words/s, {duration(event.eta)} left"
                + (f", {event.skipped} steps left out" if event.skipped else "")
            )
        if news:
            click.echo(printable(news))

    def _show_bar(self, bar: ProgressBars, event: events.Event) -> None:
        (task,) = bar.task_ids
        if isinstance(event, events.Started):
            bar.update(task, total=event.steps)
        if isinstance(event, events.Progress):
            figures = (
                f"{duration(event.eta)} left  CE {_number(event.ce)}  KL {_number(event.kl)}  "
                f"{count(event.words_per_second)} words/s"
            )
            bar.update(task, figures=figures)
        bar.update(task, completed=event.step)
        if news := _news(self._directory, event):
            bar.print_above(news)


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3f}"
