"""`cvae-tui train`: in the app, headless, or in a process of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.config.build import read_config, with_settings
from core.config.presets import preset, preset_names
from core.config.schema import Config
from core.errors import InputError
from core.runs.directory import RunDirectory, open_run
from tui.cli.options import on_hang_up_option, runs_dir_option
from tui.terminal.terminal import require_terminal

if TYPE_CHECKING:
    from tui.hosting.headless import OnHangUp


@click.command()
@click.option("--headless", is_flag=True, help="No app: a progress bar, or plain lines.")
@click.option("--detach", is_flag=True, help="Train in a process of its own; print the run's name.")
@click.option(
    "--preset",
    "preset_name",
    metavar="NAME",
    default="default",
    show_default=True,
    help=f"Preset to start from: {', '.join(preset_names())}.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="Configuration over the preset.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="One setting over the configuration (repeatable).",
)
@click.option("--corpus", metavar="NAME|FILE", help="Corpus to train on: data.corpus.")
@click.option("--pairs", metavar="FILE.tsv", help="Pairs to report BLEU-4 of: data.pairs.")
@click.option("--seed", metavar="N", help="Seed: training.seed.")
@click.option("--device", metavar="NAME", help="auto, cpu, cuda or mps: hardware.device.")
@click.option("--epochs", metavar="N", help="Epochs: training.epochs.")
@click.option("--name", metavar="NAME", default="", help="Name of the run.")
@click.option("--resume", metavar="RUN", help="Go on with a run exactly where it stopped.")
@on_hang_up_option
@runs_dir_option
@click.pass_context
def command(
    ctx: click.Context,
    headless: bool,
    detach: bool,
    preset_name: str,
    config_file: Path | None,
    settings: tuple[str, ...],
    corpus: str | None,
    pairs: str | None,
    seed: str | None,
    epochs: str | None,
    device: str | None,
    name: str,
    resume: str | None,
    on_hang_up: "OnHangUp",
    runs_dir: Path,
) -> None:
    """Train a model.

    Opens the app and starts training there, unless --headless or --detach is given.
    """
    if headless and detach:
        raise InputError("--headless and --detach exclude each other; give one of them")
    if not (headless or detach):
        require_terminal()
    if resume is not None:
        _refuse_changes(ctx)
        directory = open_run(runs_dir, resume)
    else:
        shortcuts = {
            "data.corpus": corpus,
            "data.pairs": pairs,
            "training.seed": seed,
            "training.epochs": epochs,
            "hardware.device": device,
        }
        given = [f"{key}={text}" for key, text in shortcuts.items() if text is not None]
        directory = _prepare(preset_name, config_file, (*given, *settings), runs_dir, name)
    if detach:
        from tui.hosting.headless import train_detached

        train_detached(directory)
        click.echo(directory.name)
    elif headless:
        from tui.hosting.headless import train_headless

        ctx.exit(train_headless(directory, on_hang_up))
    else:
        from tui.app.app import run_app

        app = ctx.obj or {}
        mouse, sparse = app.get("mouse", True), app.get("sparse", False)
        ctx.exit(
            run_app(runs_dir, mouse=mouse, on_hang_up=on_hang_up, train=directory, sparse=sparse)
        )


def _prepare(
    preset_name: str,
    config_file: Path | None,
    settings: tuple[str, ...],
    runs_dir: Path,
    name: str,
) -> RunDirectory:
    config: Config = preset(preset_name)
    if config_file is not None:
        config = read_config(config_file, base=config)
    config = with_settings(config, settings)
    # Torch takes seconds to import; what can be refused without it was refused above.
    from core.session import prepare

    return prepare(config, runs_dir, name, preset_name)


def _refuse_changes(ctx: click.Context) -> None:
    """A resumed run is what it was; whatever would change it is refused."""
    allowed = ("headless", "detach", "resume", "on_hang_up", "runs_dir")
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(parameter.name or "")
        given = source is click.core.ParameterSource.COMMANDLINE
        if given and parameter.name not in allowed:
            raise InputError(
                f"--resume goes on exactly where the run stopped, so {parameter.opts[0]} cannot be "
                "given with it"
            )
