"""Output of commands: tables, JSON, and the stage of a long one."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from core.text import printable

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def print_json(document: Any) -> None:
    """Print one JSON document on standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header: aligned on a terminal, tab separated elsewhere."""
    shown = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [header, *shown]:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    columns = [Column(Text(title)) for title in header]
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in shown:
        table.add_row(*map(Text, row))
    Console().print(table)


def show_stage(stage: str) -> None:
    """Show a stage on a terminal in place of the last one; an empty one clears the line."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{printable(stage)[:79]}", nl=False, err=True)
