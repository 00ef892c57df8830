"""`cvae-tui stop`: have a run in another process checkpoint and end."""

import math
import sys
import time
from pathlib import Path

import click

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
    """Ask a run in another process to checkpoint and stop, and wait until it has.

    Ctrl-C ends the waiting; the run stops all the same.
    """
    if not is_owned(run):
        raise InputError(
            f"no process trains the run {run.name!r}, which is {summarize(run).state}; "
            "`cvae-tui runs` lists those that train"
        )
    found = owner(run)
    if found and found.elsewhere:
        raise OwnedElsewhereError(
            f"the run {run.name!r} is being written by {found}; stop it on that machine"
        )
    _stop(run, f"stopping {printable(run.name)} ({found or 'in another process'})")
    end = summarize(run)
    if end.state not in ("stopped", "finished"):
        raise TrainingError(f"the run {run.name!r} has ended without a checkpoint: {end.state}")
    click.echo(f"{printable(run.name)} has {end.state} at epoch {end.epoch:.1f}")


def _stop(run: RunDirectory, doing: str) -> None:
    from rich.console import Console
    from rich.text import Text

    remote = RemoteControl(run)
    asked = -math.inf
    with Console(stderr=True, quiet=not sys.stderr.isatty()).status(Text(printable(doing))):
        while is_owned(run):
            # A training that has only just begun may not have listened yet.
            if time.monotonic() - asked > ASK_AGAIN_SECONDS:
                asked = time.monotonic()
                remote.stop()
            time.sleep(POLL_SECONDS)
