"""`cvae-tui attach`: open the app on a run, live or finished."""

from pathlib import Path

import click

from core.runs.directory import RunDirectory
from tui.cli.options import open_app, run_argument


@click.command()
@run_argument
@click.option("--read-only", is_flag=True, help="Start and change nothing.")
@click.pass_context
def command(ctx: click.Context, run: RunDirectory, runs_dir: Path, read_only: bool) -> None:
    """Open the app on a run, live or finished.

    The keys control a training in another process on this machine as they control one of the app.
    That training goes on when the app ends.
    """
    open_app(ctx, runs_dir, read_only=read_only or ctx.obj["read_only"], view=run)
