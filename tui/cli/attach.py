"""`cvae-tui attach`: open the app on a run, live or finished."""

from pathlib import Path

import click

from core.runs.directory import RunDirectory
from tui.cli.options import run_argument
from tui.terminal import require_terminal


@click.command()
@run_argument
@click.pass_context
def command(ctx: click.Context, run: RunDirectory, runs_dir: Path) -> None:
    """Open the app on a run, live or finished.

    A training in another process on this machine is steered by the same keys as one of the app's
    own; leaving the app does not touch it.
    """
    require_terminal()
    from tui.app import run_app

    app = ctx.obj or {}
    mouse, sparse = app.get("mouse", True), app.get("sparse", False)
    ctx.exit(run_app(runs_dir, mouse=mouse, view=run, sparse=sparse))
