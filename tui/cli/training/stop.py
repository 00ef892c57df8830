"""`cvae-tui stop`: stop a run in another process with a checkpoint."""

import math
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from core.catalogue.listing import summarize
from core.errors import InputError, OwnedElsewhereError, TrainingError
from core.runs.commands import RemoteControl
from core.runs.directory import RunDirectory
from core.runs.ownership import is_owned, owner
from core.text import printable
from tui.cli.options import run_argument

POLL_SECONDS = 0.2
ASK_AGAIN_SECONDS = 2.0


@click.command()
@run_argument
def command(run: RunDirectory, runs_dir: Path) -> None:
    """Stop a run in another process with a checkpoint, and wait for its end.

    Ctrl-C ends only the wait; the run still stops.
    """
    if not is_owned(run):
        raise InputError(
            f"no process trains the run {run.name!r}, which is {summarize(run).state}; "
            "`cvae-tui runs` lists those that train"
        )
    found = owner(run)
    if found and found.elsewhere:
        raise OwnedElsewhereError(
            f"cannot stop {run.name!r}: its process is {found}; stop it on that host"
        )
    doing = Text(f"stopping {printable(run.name)} ({found or 'in another process'})")
    remote, asked = RemoteControl(run), -math.inf
    with Console(stderr=True, quiet=not sys.stderr.isatty()).status(doing):
        while is_owned(run):
            # A training that has just begun may have missed the first command.
            if time.monotonic() - asked > ASK_AGAIN_SECONDS:
                asked = time.monotonic()
                remote.stop()
            time.sleep(POLL_SECONDS)
    end = summarize(run)
    if end.state not in ("stopped", "finished"):
        raise TrainingError(f"the run {run.name!r} ended without a checkpoint: {end.state}")
    click.echo(f"{printable(run.name)} has {end.state} at epoch {end.epoch:.1f}")
