"""`cvae-tui runs`: list the runs."""

from pathlib import Path

import click

from core.runs.catalogue import list_runs
from tui.cli.options import json_option, print_json, runs_dir_option
from tui.cli.table import print_table
from tui.run_table import COLUMNS, row


@click.command()
@runs_dir_option
@json_option
def command(runs_dir: Path, as_json: bool) -> None:
    """List runs, the newest first: state, age, epochs and the scores of their best checkpoints."""
    summaries = list_runs(runs_dir)
    if as_json:
        keys = ("name", "state", "epoch", "step", "bleu4", "gaussian")
        print_json([{key: getattr(summary, key) for key in keys} for summary in summaries])
    elif summaries:
        print_table(COLUMNS, [row(summary) for summary in summaries])
    else:
        click.echo(f"no runs in {runs_dir} yet; `cvae-tui train` makes one")
