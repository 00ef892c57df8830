"""`cvae-tui train`: in the app, headless, or in a process of its own."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.config.build import read_config, with_settings
from core.config.presets import preset, preset_names
from core.config.schema import Config
from core.errors import InputError
from core.runs.directory import open_run
from tui.cli.options import F, on_hang_up_option, open_app, runs_dir_option
from tui.terminal.terminal import require_terminal

if TYPE_CHECKING:
    from tui.hosting.headless import OnHangUp

SHORTCUTS = {
    "corpus": ("data.corpus", "NAME|FILE", "Corpus to train on"),
    "pairs": ("data.pairs", "FILE.tsv", "Pairs to report BLEU-4 of"),
    "seed": ("training.seed", "N", "Seed"),
    "device": ("hardware.device", "NAME", "auto, cpu, cuda or mps"),
    "epochs": ("training.epochs", "N", "Epochs"),
}
"""Options that stand for a setting: its key, and the words of the help."""


def setting_options(command: F, shortcuts: Iterable[str] = SHORTCUTS) -> F:
    """Add `--set` and shortcuts of settings; see `given_settings`."""
    for name in reversed([*shortcuts]):
        key, metavar, text = SHORTCUTS[name]
        command = click.option(f"--{name}", metavar=metavar, help=f"{text}: {key}.")(command)
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="SECTION.KEY=VALUE",
        help="One setting over the configuration (repeatable).",
    )(command)


def given_settings(settings: Sequence[str], shortcuts: Mapping[str, str | None]) -> list[str]:
    """Return the settings of `setting_options`, each as `SECTION.KEY=VALUE`."""
    given = [f"{SHORTCUTS[name][0]}={text}" for name, text in shortcuts.items() if text is not None]
    return [*given, *settings]


def configuration_options(command: F) -> F:
    """Add `--preset`, `--config` and `setting_options`; see `configured`."""
    command = click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        metavar="FILE.toml",
        help="Configuration over the preset.",
    )(setting_options(command))
    return click.option(
        "--preset",
        "preset_name",
        metavar="NAME",
        default="default",
        show_default=True,
        help=f"Preset to start from: {', '.join(preset_names())}.",
    )(command)


def configured(
    preset_name: str, config_file: Path | None, settings: Sequence[str], **shortcuts: str | None
) -> Config:
    """Return the configuration of `configuration_options`."""
    config = preset(preset_name)
    if config_file is not None:
        config = read_config(config_file, base=config)
    return with_settings(config, given_settings(settings, shortcuts))


@click.command()
@click.option("--headless", is_flag=True, help="No app: a progress bar, or plain lines.")
@click.option("--detach", is_flag=True, help="Train in a process of its own; print the run's name.")
@configuration_options
@click.option("--name", metavar="NAME", default="", help="Name of the run.")
@click.option("--resume", metavar="RUN", help="Go on with a run exactly where it stopped.")
@on_hang_up_option
@runs_dir_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    headless: bool,
    detach: bool,
    name: str,
    resume: str | None,
    on_hang_up: "OnHangUp",
    runs_dir: Path,
    **configuration: Any,
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
        config = configured(**configuration)
        # Torch takes seconds to import; what can be refused without it was refused above.
        from core.session import prepare

        directory = prepare(config, runs_dir, name, configuration["preset_name"])
    if detach:
        from tui.hosting.headless import train_detached

        train_detached(directory)
        click.echo(directory.name)
    elif headless:
        from tui.hosting.headless import train_headless

        ctx.exit(train_headless(directory, on_hang_up))
    else:
        open_app(ctx, runs_dir, on_hang_up=on_hang_up, train=directory)


def _refuse_changes(ctx: click.Context) -> None:
    """Refuse whatever would change a resumed run."""
    allowed = ("headless", "detach", "resume", "on_hang_up", "runs_dir")
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(parameter.name or "")
        given = source is click.core.ParameterSource.COMMANDLINE
        if given and parameter.name not in allowed:
            raise InputError(
                f"--resume goes on exactly where the run stopped, so {parameter.opts[0]} cannot be "
                "given with it"
            )
