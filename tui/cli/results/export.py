"""`cvae-tui export`: runs as a table, curves, event files or a page."""

import sys
from pathlib import Path

import click

from core.errors import InputError
from core.exports.export import FORMATS, write
from core.exports.page import Options
from core.runs.directory import open_run
from tui.cli.options import runs_dir_option
from tui.cli.output import show_stage


@click.command(
    epilog="\b\n" + "\n".join(f"{one.name:<12} {one.summary}" for one in FORMATS.values())
)
@click.argument("words", metavar="RUN... PATH", nargs=-1)
@click.option(
    "--to", "name", type=click.Choice(list(FORMATS)), required=True, help="Format of the export."
)
@click.option("--force", is_flag=True, help="Replace an earlier export at PATH.")
@click.option(
    "--diagnostics/--no-diagnostics",
    default=True,
    show_default=True,
    help="Include the diagnostics of the best checkpoints in a page, which take a while.",
)
@runs_dir_option
def command(
    words: tuple[str, ...], name: str, force: bool, diagnostics: bool, runs_dir: Path
) -> None:
    """Export a run, or several side by side, to PATH; - for standard output."""
    if len(words) < 2:
        raise InputError("export needs a run and, last, the path to write: RUN... PATH")
    *names, last = words
    runs, path = [open_run(runs_dir, run) for run in names], Path(last)
    format, options = FORMATS[name], Options(diagnostics=diagnostics, report=show_stage)
    try:
        if last == "-":
            if format.content is None:
                raise InputError(f"{name} needs a folder; other formats accept -")
            content = format.content(format.read(runs), options)
        else:
            write(format, runs, path, force=force, options=options)
    finally:
        show_stage("")
    if last == "-":
        sys.stdout.buffer.write(content)
    elif sys.stdout.isatty():
        click.echo(f"wrote {path}")
