"""Stage of a command, on one line of the terminal."""

import sys

import click

from core.text import printable


def show_stage(stage: str) -> None:
    """Show a stage on a terminal in place of the last one; an empty one clears the line."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{printable(stage)[:79]}", nl=False, err=True)
