"""`cvae-tui config`: a configuration as a complete file, and its schema."""

from typing import Any

import click
import msgspec

from core.config.build import to_toml
from core.config.schema import Config
from tui.cli.output import print_json
from tui.cli.training.train import configuration_options, configured


@click.command()
@configuration_options
@click.option("--schema", is_flag=True, help="Print the JSON schema of configurations instead.")
def command(schema: bool, **configuration: Any) -> None:
    """Print a configuration as a complete TOML file, for --config or for editing."""
    if schema:
        print_json(msgspec.json.schema(Config))
    else:
        click.echo(to_toml(configured(**configuration)), nl=False)
