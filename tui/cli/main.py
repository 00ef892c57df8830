"""`cvae-tui`: the group of commands, and the only place that prints errors."""

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.compute.allocator import keep_freed_memory
from core.errors import CvaeError, InputError
from tui.cli.options import on_hang_up_option, open_app, runs_dir_option

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

FRAMES_PER_SECOND = "120"
"""Highest rate. No frame is drawn while nothing changes."""


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


def main() -> None:
    """Run the command line and exit with its code.

    0: success. 1: a failure. 2: bad input. 130: Ctrl-C.
    """
    keep_freed_memory()
    # Textual reads this on import. The answer to a key waits for the next frame, often for two.
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_SECOND)
    try:
        code = cli.main(prog_name="cvae-tui", standalone_mode=False)
    except click.ClickException as error:
        _complain(error.format_message())
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted")
        code = 130
    except CvaeError as error:
        _complain(str(error))
        code = 2 if isinstance(error, InputError) else 1
    except BrokenPipeError:
        # The reader has closed the pipe. Nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        _complain(f"{error.filename or 'the system'}: {error.strerror or error}")
        code = 1
    except Exception as error:
        _complain(f"failed: {error!r}; the details are in {_write_traceback(error)}")
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _write_traceback(error: Exception) -> Path:
    """Write the traceback of an unforeseen error to the log; return its path."""
    from tui.terminal.terminal import log_file

    path = log_file()
    with path.open("a", encoding="utf-8") as file:
        traceback.print_exception(error, file=file)
    return path


def _complain(message: str) -> None:
    from core.text import printable

    sentence = " ".join(message.split())
    click.echo(f"cvae-tui: {printable(sentence)}", err=True)


if __name__ == "__main__":
    main()
