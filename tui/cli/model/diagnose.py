"""`cvae-tui diagnose`: all diagnostics of a checkpoint."""

import textwrap

import click
import msgspec

from core.exports.run_data import recorded_alarms
from core.runs.directory import RunDirectory
from core.runs.history import History, active
from core.runs.journal import read_whole
from core.text import printable
from tui.cli.options import checkpoint_option, number_option, run_argument, seed_option
from tui.cli.output import json_option, print_json, show_stage

WIDTH, NAME_WIDTH = 100, 28
ALARM_KEYS = ("kind", "message", "advice")


@click.command()
@run_argument
@checkpoint_option
@number_option(
    "--draws",
    default=5000,
    most=1_000_000,
    help="Samples from the prior, and as many from the aggregate posterior.",
)
@number_option(
    "--importance",
    default=500,
    least=0,
    most=100_000,
    metavar="K",
    help="Latents per word for log p(x|c), the slowest part; 0 leaves it out.",
)
@seed_option
@json_option
def command(
    run: RunDirectory,
    checkpoint: str,
    draws: int,
    importance: int,
    seed: int,
    as_json: bool,
    **_: object,
) -> None:
    """Measure all diagnostics of a checkpoint.

    ELBO and importance-weighted likelihood, mutual information and marginal KL, active units,
    conversion accuracy, sample quality, and the active alarms of the run.
    """
    from core.diagnostics.diagnosis import diagnose, sections
    from core.runs.checkpoint import load_inference

    diagnosis = diagnose(
        load_inference(run, checkpoint),
        run.corpus(),
        seed=seed,
        draws=draws,
        importance_draws=importance,
        report=show_stage,
    )
    show_stage("")
    history, events = History(), read_whole(run.journal_file)
    history.add(events)
    alarms = active(recorded_alarms(run.config(), history, events))
    if as_json:
        print_json(
            {
                "run": run.name,
                "checkpoint": checkpoint or run.checkpoint_names()[0],
                **msgspec.to_builtins(diagnosis, str_keys=True),
                "alarms": [{key: getattr(alarm, key) for key in ALARM_KEYS} for alarm in alarms],
            }
        )
        return
    for title, rows in sections(diagnosis).items():
        click.echo(title)
        for name, value in rows:
            _echo(f"  {name:<{NAME_WIDTH}} {value}", NAME_WIDTH + 3)
        click.echo()
    click.echo("Alarms")
    for alarm in alarms:
        _echo(f"  {alarm.message}. {alarm.advice}", 4)
    if not alarms:
        click.echo("  none active")


def _echo(text: str, indent: int) -> None:
    """Print a text wrapped to `WIDTH`."""
    click.echo(textwrap.fill(printable(text), WIDTH, subsequent_indent=" " * indent))
