"""`cvae-tui config`: a configuration as a complete file, and its schema."""

from pathlib import Path

import click
import msgspec

from core.config.build import to_toml
from core.config.schema import Config
from tui.cli.output import print_json
from tui.cli.training.train import configuration_options, configured


@click.command()
@configuration_options
@click.option("--schema", is_flag=True, help="Print the JSON schema of configurations instead.")
def command(
    preset_name: str,
    config_file: Path | None,
    settings: tuple[str, ...],
    schema: bool,
    **shortcuts: str | None,
) -> None:
    """Print a configuration as a complete TOML file, for --config or for editing."""
    if schema:
        print_json(msgspec.json.schema(Config))
    else:
        config = configured(preset_name, config_file, settings, shortcuts)
        click.echo(to_toml(config), nl=False)
