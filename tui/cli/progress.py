"""What a command does now, where somebody may be waiting for it."""

import sys

import click

from core.text import printable


def say(stage: str) -> None:
    """Show on a terminal what is done, on one line that the next stage replaces."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{printable(stage)[:79]}", nl=False, err=True)
