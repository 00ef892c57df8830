"""`cvae-tui attach`: open the app on a run, live or finished."""

from pathlib import Path

import click

from core.runs.directory import RunDirectory
from tui.cli.options import run_argument
from tui.terminal.terminal import require_terminal


@click.command()
@run_argument
@click.option("--read-only", is_flag=True, help="Start and change nothing.")
@click.pass_context
def command(ctx: click.Context, run: RunDirectory, runs_dir: Path, read_only: bool) -> None:
    """Open the app on a run, live or finished.

    The keys control a training in another process on this machine as they control one of the app.
    That training goes on when the app ends.
    """
    app = ctx.obj or {}
    mouse, sparse = app.get("mouse", True), app.get("sparse", False)
    if read_only or app.get("read_only"):
        from tui.app.read_only import look

        ctx.exit(look(runs_dir, run, mouse=mouse, sparse=sparse))
    require_terminal()
    from tui.app.app import run_app

    ctx.exit(run_app(runs_dir, mouse=mouse, view=run, sparse=sparse))
