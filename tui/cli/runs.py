"""`cvae-tui runs`: list the runs."""

import time
from pathlib import Path

import click

from core.runs.catalogue import RunSummary, list_runs
from tui.cli.options import json_option, print_json, runs_dir_option
from tui.cli.table import print_table
from tui.wording import ago, score


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
        print_table(
            ("name", "state", "age", "epoch", "BLEU-4", "Gaussian"), [_row(s) for s in summaries]
        )
    else:
        click.echo(f"no runs in {runs_dir} yet; `cvae-tui train` makes one")


def _row(summary: RunSummary) -> tuple[str, ...]:
    return (
        summary.name,
        summary.state,
        ago(time.time() - summary.age) if summary.age else "",
        f"{summary.epoch:.1f}",
        score(summary.bleu4),
        score(summary.gaussian),
    )
