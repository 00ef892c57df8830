"""`cvae-tui`: the group of commands, and the only place that prints errors."""

import importlib
import io
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.compute.allocator import keep_freed_memory
from core.errors import CvaeError, InputError
from core.text import printable
from tui.cli.options import on_hang_up_option, open_app, runs_dir_option
from tui.terminal.terminal import log_file

if TYPE_CHECKING:
    from tui.hosting.headless import OnHangUp

COMMANDS = {
    "train": ("training", "Train a model, in the app, headless or detached."),
    "config": ("training", "Print a configuration as a complete file, or the schema of all."),
    "experiment": ("training", "Train variants of one configuration, with several seeds."),
    "attach": ("training", "Open the app on a run, live or finished."),
    "stop": ("training", "Ask a run in another process to checkpoint and stop."),
    "runs": ("results", "List runs: state, age, epochs, best scores."),
    "convert": ("model", "Convert words to other tenses."),
    "sample": ("model", "Draw paradigms from N(0, I)."),
    "evaluate": ("model", "Score a checkpoint: BLEU-4, Gaussian score, accuracy."),
    "diagnose": ("model", "Likelihood, mutual information, conversions, samples."),
    "export": ("results", "Write runs as a table, curves, event files or a page."),
    "plot": ("results", "Print curves of runs into the terminal, without the app."),
    "serve": ("results", "Show the app in browsers, read-only."),
    "bench": ("results", "Measure the training speed of this machine."),
}
"""Folder and one-line help of each command. `--help` therefore imports no command."""


class Commands(click.Group):
    """Group that imports the module of a command when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tui.cli.{COMMANDS[cmd_name][0]}.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands into the help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@runs_dir_option
@on_hang_up_option
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
@click.option("--sparse", is_flag=True, help="Redraw every 3 seconds only, for slow links.")
@click.option("--read-only", is_flag=True, help="Start nothing and change nothing.")
@click.version_option(package_name="cvae-tui", message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    runs_dir: Path,
    on_hang_up: "OnHangUp",
    no_mouse: bool,
    sparse: bool,
    read_only: bool,
) -> None:
    """Train, steer and use conditional sequence-to-sequence VAEs on words.

    Without a command, opens the app on the training screen.
    """
    ctx.obj = {"runs_dir": runs_dir, "mouse": not no_mouse, "sparse": sparse}
    ctx.obj |= {"on_hang_up": on_hang_up, "read_only": read_only}
    if ctx.invoked_subcommand is None:
        open_app(ctx, runs_dir, read_only=read_only)
    if read_only and ctx.invoked_subcommand != "attach":
        raise click.UsageError(f"--read-only is not for `{ctx.invoked_subcommand}`")


def _prepare_output() -> None:
    """Escape what an output cannot encode. A closed output has no reader and takes everything."""
    for name in ("stdout", "stderr"):
        output = getattr(sys, name)
        if output is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(output, io.TextIOWrapper):
            output.reconfigure(errors="backslashreplace")


def main() -> None:
    """Run the command line and exit with its code.

    0: success. 1: a failure. 2: bad input. 130: Ctrl-C.
    """
    keep_freed_memory()
    _prepare_output()
    # Textual reads this highest rate on import. The answer to a key waits for the next frame, often
    # for two. No frame is drawn while nothing changes.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    try:
        code = cli.main(prog_name="cvae-tui", standalone_mode=False)
    except BrokenPipeError:
        # The reader has closed the pipe. Nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (Exception, KeyboardInterrupt) as error:
        message, code = _explain(error)
        click.echo(f"cvae-tui: {printable(' '.join(message.split()))}", err=True)
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: BaseException) -> tuple[str, int]:
    """Return the message about an error, and the exit code."""
    match error:
        case click.ClickException():
            return error.format_message(), error.exit_code
        case click.Abort() | KeyboardInterrupt():
            return "interrupted", 130
        case CvaeError():
            return str(error), 2 if isinstance(error, InputError) else 1
        case OSError():
            return f"{error.filename or 'the system'}: {error.strerror or error}", 1
    return f"failed: {error!r}; the details are in {_write_traceback(error)}", 1


def _write_traceback(error: BaseException) -> Path:
    """Write the traceback of an unforeseen error to the log; return its path."""
    path = log_file()
    with path.open("a", encoding="utf-8") as file:
        traceback.print_exception(error, file=file)
    return path


if __name__ == "__main__":
    main()
