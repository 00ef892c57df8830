"""`cvae-tui export`: runs as a table, curves, event files or a page."""

import sys
from pathlib import Path

import click

from core.errors import InputError
from core.exports.export import FORMATS, Format, contents, read_records, write
from core.runs.directory import open_run
from tui.cli.options import runs_dir_option
from tui.cli.progress import say


@click.command()
@click.argument("words", metavar="RUN... PATH", nargs=-1)
@click.option(
    "--to", "format", type=click.Choice(FORMATS), required=True, help="What to make of the runs."
)
@click.option("--force", is_flag=True, help="Replace what an earlier export has left at PATH.")
@click.option(
    "--diagnostics/--no-diagnostics",
    default=True,
    show_default=True,
    help="Whether a page tells the diagnostics of the best checkpoints, which take a while.",
)
@runs_dir_option
def command(
    words: tuple[str, ...],
    format: Format,
    force: bool,
    diagnostics: bool,
    runs_dir: Path,
) -> None:
    """Export a run, or several side by side, to PATH; - for standard output.

    \b
    csv          a tidy table: run, step, epoch, elapsed_seconds, series, value
    tensorboard  a folder for `tensorboard --logdir PATH`
    svg, png     the curves, to be printed
    html         one page with everything, which needs nothing beside it
    """
    if len(words) < 2:
        raise InputError("export needs a run and, last, the path to write: RUN... PATH")
    *names, last = words
    runs, path = [open_run(runs_dir, name) for name in names], Path(last)
    if last == "-":
        if format == "tensorboard":
            raise InputError("event files need a folder; - is accepted for the other formats")
        records = read_records(runs, format)
        content = contents(format, records, diagnostics=diagnostics, say=say)
        say("")
        sys.stdout.buffer.write(content)
        return
    try:
        write(format, runs, path, force=force, diagnostics=diagnostics, say=say)
    finally:
        say("")
    if sys.stdout.isatty():
        click.echo(f"wrote {path}")
