"""`cvae-tui serve`: show the app in browsers, read-only."""

from pathlib import Path

import click

from core.errors import InputError
from core.runs.directory import open_run
from core.text import printable
from tui.cli.options import number_option, runs_dir_option


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address of this machine to serve at."
)
@number_option(
    "--port", default=8000, least=0, most=65_535, help="Port to serve at; 0 chooses a free one."
)
@click.option(
    "--token",
    envvar="CVAE_TUI_TOKEN",
    show_envvar=True,
    help="Secret that visitors need: http://.../?token=TOKEN. Required for an address that other "
    "machines can reach. Other users of this machine can see the option, but not the variable.",
)
@runs_dir_option
def command(run: str | None, host: str, port: int, token: str | None, runs_dir: Path) -> None:
    """Show the app in browsers, read-only.

    Visitors see runs and use models, and change nothing. Each has an app of their own, which shows
    RUN first, or the newest run.
    """
    try:
        from tui.web.server import resolves_to_loopback, serve, visitor_command
    except ModuleNotFoundError as error:
        if error.name not in ("textual_serve", "aiohttp"):
            raise
        raise InputError(
            'cannot serve: textual-serve is not installed. Run `pip install "cvae-tui[serve]"`'
        ) from None
    if token is not None and not token.strip():
        raise InputError("the token is empty. Give a token that cannot be guessed, or none")
    try:
        local = resolves_to_loopback(host)
    except OSError:
        raise InputError(
            f"--host {host!r} cannot be found. Give an address of this machine"
        ) from None
    if not local and not token:
        raise InputError(
            f"--host {host} is reachable from elsewhere, which needs --token or CVAE_TUI_TOKEN. "
            "Without a token, serve at 127.0.0.1"
        )
    from tui.app.read_only import newest

    first = open_run(runs_dir, run) if run else newest(runs_dir)
    try:
        serve(
            host,
            port,
            visitor_command(runs_dir, first.path if run else None),
            token=token or "",
            ready=lambda where: click.echo(
                printable(f"serving read-only at {where}; Ctrl-C ends it")
            ),
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot serve at {host}, port {port}: {reason}") from None
