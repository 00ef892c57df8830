"""`cvae-tui runs`: list the runs."""

from pathlib import Path

import click

from core.catalogue.listing import Catalogue
from core.catalogue.query import parse
from tui.cli.options import runs_dir_option
from tui.cli.output import json_option, print_json, print_table
from tui.text.run_table import PRINTED, row


@click.command()
@runs_dir_option
@click.option(
    "--filter",
    "expression",
    default="",
    metavar="EXPRESSION",
    help="Only runs that match, such as 'bleu4 > 0.9 and latent = 64', 'tag = good', 'name ~ lab'.",
)
@json_option
def command(runs_dir: Path, expression: str, as_json: bool) -> None:
    """List the runs, the newest first: state, age, epoch and scores of the best checkpoint."""
    query, catalogue = parse(expression), Catalogue(runs_dir, keep=True)
    there = catalogue.summaries()
    summaries = [run for run in there if query(run, lambda: catalogue.config(run.name))]  # noqa: B023
    if as_json:
        keys = ("name", "state", "epoch", "step", "bleu4", "gaussian")
        print_json([{key: getattr(summary, key) for key in keys} for summary in summaries])
    elif summaries:
        print_table(PRINTED, [row(summary) for summary in summaries])
    elif there:
        click.echo(f"none of the {len(there)} runs in {runs_dir} matches")
    else:
        click.echo(f"no runs in {runs_dir} yet; `cvae-tui train` starts one")
