"""Tables on standard output: aligned on a terminal, tab separated elsewhere."""

import sys
from collections.abc import Sequence

import click

from core.text import printable


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header."""
    shown = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [list(header), *shown]:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in header:
        table.add_column(Text(title))
    for row in shown:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
