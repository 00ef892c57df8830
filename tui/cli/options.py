"""Options that several commands share."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from click.core import ParameterSource

from core.errors import InputError
from core.runs.directory import RunDirectory, open_run
from tui.terminal.terminal import require_terminal

if TYPE_CHECKING:
    from core.model.decoding import Decoding

F = TypeVar("F", bound=Callable[..., Any])


def _inherited(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Return the value after the command, else that before it, of the variable or by default."""
    name = parameter.name or ""
    here = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    return value if here or ctx.obj is None else ctx.obj[name]


runs_dir_option = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="CVAE_TUI_RUNS_DIR",
    default="runs",
    callback=_inherited,
    is_eager=True,
    help="Directory of the runs.  [default: runs]",
)
on_hang_up_option = click.option(
    "--on-hangup",
    "on_hang_up",
    type=click.Choice(["continue", "stop"]),
    default="continue",
    callback=_inherited,
    help="After the terminal has closed, continue to train, or stop with a checkpoint.  "
    "[default: continue]",
)


def _opened(ctx: click.Context, parameter: click.Parameter, value: str) -> RunDirectory:
    return open_run(ctx.params["runs_dir"], value)


def run_argument(command: F) -> F:
    """Add `RUN`, a name under the runs directory or a path, as an opened run directory."""
    return runs_dir_option(click.argument("run", metavar="RUN", callback=_opened)(command))


def number_option(
    *names: str, default: int, least: int = 1, most: int, metavar: str | None = None, help: str
) -> Callable[[F], F]:
    """Make an option that takes a whole number from `least` to `most`."""
    kind = click.IntRange(least, most)
    return click.option(
        *names, type=kind, default=default, show_default=True, metavar=metavar, help=help
    )


def open_app(
    ctx: click.Context, runs_dir: Path, *, read_only: bool = False, **run: Any
) -> NoReturn:
    """Open the app as the options before the command demand; exit with its code.

    run: further arguments of `run_app`, or of `look` if `read_only`.
    """
    run |= {"mouse": ctx.obj["mouse"], "sparse": ctx.obj["sparse"]}
    if read_only:
        from tui.app.read_only import look

        ctx.exit(look(runs_dir, **run))
    require_terminal()
    from tui.app.app import run_app

    ctx.exit(run_app(runs_dir, **{"on_hang_up": ctx.obj["on_hang_up"], **run}))


checkpoint_option = click.option(
    "--checkpoint", default="", metavar="NAME", help="Checkpoint to use.  [default: best, or last]"
)
seed_option = number_option(
    "--seed", default=0, least=0, most=2**31 - 1, help="Seed of the sampling."
)


def decoding_options(command: F) -> F:
    """Add `--beam` and `--temperature`, the alternatives to greedy decoding."""
    temperature = click.option(
        "--temperature",
        type=click.FloatRange(0, 100),
        default=0.0,
        metavar="T",
        help="Sample characters at this temperature; 0 decodes greedily.  [default: 0]",
    )
    beam = number_option(
        "--beam", default=1, most=1000, metavar="K", help="Keep K hypotheses; 1 decodes greedily."
    )
    return beam(temperature(command))


def decoding(beam: int, temperature: float, seed: int = 0) -> "Decoding":
    """Build the decoding method. Raises InputError when the options contradict each other."""
    from core.model.decoding import Decoding

    if beam > 1 and temperature > 0:
        raise InputError("--beam and --temperature exclude each other; give one of them")
    if not math.isfinite(temperature):
        raise InputError("--temperature takes a finite number from 0 to 100")
    return Decoding(beam, temperature, seed)
