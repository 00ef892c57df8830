"""Nothing is lost when the terminal is: real hang-ups, real signals, real processes."""

import getpass
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from terminal import PATIENCE, Terminal, wait_until

from core.catalogue.listing import summarize
from core.runs.directory import RunDirectory
from core.runs.journal import JournalFollower
from core.runs.ownership import is_owned, living_owner
from core.training import events
from tui.hosting.program import PROGRAM

OpenTerminal = Callable[..., Terminal]
F_KEYS = [f"\x1b[{code}~" for code in (11, 12, 13, 14, 15, 17, 18)]
"""F1 to F7, for the seven screens."""


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[RunDirectory]:
    """The run that a test trains; whatever still trains it afterwards is ended."""
    directory = RunDirectory(tmp_path / "runs" / "mine")
    yield directory
    if owner := living_owner(directory):
        os.kill(owner.pid, signal.SIGKILL)


@pytest.fixture
def command_line(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs cvae-tui without a terminal."""

    def run(*arguments: str, seconds: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            env={**os.environ, "CVAE_TUI_RUNS_DIR": str(tmp_path / "runs")}
            | {"XDG_STATE_HOME": str(tmp_path / "state")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    return run


CommandLine = Callable[..., subprocess.CompletedProcess[str]]


def told(run: RunDirectory, kind: type[events.Event]) -> int:
    """How many events of a kind the journal holds."""
    return sum(isinstance(event, kind) for event in JournalFollower(run.journal_file).read_new())


def trains_on(run: RunDirectory) -> None:
    """Fail unless the journal grows from here."""
    before = told(run, events.Progress)
    wait_until(lambda: told(run, events.Progress) > before + 1)


def in_the_app(open_terminal: OpenTerminal, *options: str, **how: object) -> Terminal:
    terminal = open_terminal("train", "--name", "mine", *options, **how)
    terminal.wait_for(r"CE nats/word ([\d.]+)")
    return terminal


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def test_a_training_survives_its_terminal_and_is_steered_from_another(
    open_terminal: OpenTerminal, mine: RunDirectory, command_line: CommandLine
) -> None:
    first = in_the_app(open_terminal)
    first.hang_up()
    wait_until(lambda: told(mine, events.Detached))
    trains_on(mine)
    owner = living_owner(mine)
    assert owner is not None and owner.pid == first.pid, "the same process goes on"
    assert "continues without a terminal" in mine.log_file.read_text()

    second = open_terminal("attach", "mine")
    second.wait_for("mine · training")
    second.press(" ")
    second.wait_for("mine · paused")
    assert told(mine, events.Paused) == 1

    time.sleep(1)
    before = cpu_seconds(owner.pid)
    time.sleep(4)
    assert cpu_seconds(owner.pid) - before < 0.4, "a paused orphan rests"

    second.press("c")
    wait_until(lambda: told(mine, events.Saved))
    second.press(" ")
    second.wait_for("mine · training")
    refused = command_line("train", "--headless", "--resume", "mine")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1 and f"process {owner.pid} on " in refused.stderr
    second.press("s")
    second.wait_for("mine · stopped")
    second.press("q")
    assert second.wait_for_exit() == 0
    second.assert_clean()
    first.wait_for_exit()
    assert summarize(mine).state == "stopped"


def test_a_training_that_has_yet_to_begin_survives_its_terminal(
    open_terminal: OpenTerminal, mine: RunDirectory
) -> None:
    terminal = open_terminal("train", "--name", "mine")
    terminal.wait_for("Starting: loading PyTorch")
    terminal.kill(signal.SIGHUP)
    terminal.hang_up()
    wait_until(lambda: told(mine, events.Detached))
    trains_on(mine)
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_for_exit() == 128 + signal.SIGTERM
    assert summarize(mine).state == "stopped"


def test_a_signal_before_the_training_has_begun_ends_it(
    open_terminal: OpenTerminal, mine: RunDirectory
) -> None:
    terminal = open_terminal("train", "--name", "mine")
    terminal.wait_for("Starting: loading PyTorch")
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_for_exit() == 128 + signal.SIGTERM
    terminal.assert_clean()
    assert summarize(mine).state == "stopped"


def test_leaving_an_attached_app_does_not_touch_the_training(
    open_terminal: OpenTerminal, mine: RunDirectory, command_line: CommandLine
) -> None:
    detached = command_line("train", "--detach", "--name", "mine")
    assert (detached.returncode, detached.stdout) == (0, "mine\n")
    attached = open_terminal("attach", "mine")
    attached.wait_for("mine · training")
    attached.press("q")
    assert attached.wait_for_exit() == 0
    again = open_terminal("attach", "mine")
    again.wait_for("mine · training")
    again.hang_up()
    again.wait_for_exit()
    trains_on(mine)
    owner = living_owner(mine)
    assert owner is not None
    assert os.getsid(owner.pid) == owner.pid, "it has a session of its own"

    stopped = command_line("stop", "mine")
    assert stopped.returncode == 0, stopped.stderr
    assert re.fullmatch(r"mine has stopped at epoch [\d.]+\n", stopped.stdout)
    assert not is_owned(mine) and not mine.inbox.exists()
    assert mine.checkpoint("last").exists()
    again_stopped = command_line("stop", "mine")
    assert again_stopped.returncode == 2
    assert "no process trains the run 'mine', which is stopped" in again_stopped.stderr


def test_an_attached_app_sees_that_the_training_died(
    open_terminal: OpenTerminal, mine: RunDirectory, command_line: CommandLine
) -> None:
    assert command_line("train", "--detach", "--name", "mine").returncode == 0
    attached = open_terminal("attach", "mine")
    attached.wait_for("mine · training")
    owner = living_owner(mine)
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    attached.wait_for("mine · crashed")
    attached.press("q")
    assert attached.wait_for_exit() == 0


def test_waiting_for_a_stop_can_be_given_up(
    open_terminal: OpenTerminal, mine: RunDirectory, command_line: CommandLine
) -> None:
    assert command_line("train", "--detach", "--name", "mine").returncode == 0
    wait_until(lambda: told(mine, events.Progress))
    owner = living_owner(mine)
    assert owner is not None
    os.kill(owner.pid, signal.SIGSTOP)
    waiting = open_terminal("stop", "mine")
    waiting.wait_for(rf"stopping mine \(process {owner.pid} on ")
    waiting.press("\x03")
    assert waiting.wait_for_exit() == 130
    waiting.assert_clean()
    os.kill(owner.pid, signal.SIGCONT)
    wait_until(lambda: summarize(mine).state == "stopped")


def test_a_detached_training_that_cannot_begin_says_so_at_once(
    mine: RunDirectory, command_line: CommandLine
) -> None:
    done = command_line("train", "--detach", "--name", "mine", "--corpus", "nowhere.tsv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "nowhere.tsv" in done.stderr
    assert not mine.path.exists()


def test_a_hang_up_stops_with_a_checkpoint_where_that_is_wanted(
    open_terminal: OpenTerminal, mine: RunDirectory
) -> None:
    terminal = in_the_app(open_terminal, "--on-hangup", "stop")
    terminal.hang_up()
    assert terminal.wait_for_exit() == 128 + signal.SIGHUP
    assert summarize(mine).state == "stopped"
    assert mine.checkpoint("last").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_orphan_with_a_checkpoint(
    open_terminal: OpenTerminal, mine: RunDirectory, number: signal.Signals
) -> None:
    terminal = in_the_app(open_terminal)
    terminal.hang_up()
    wait_until(lambda: told(mine, events.Detached))
    time.sleep(1)
    terminal.kill(number)
    assert terminal.wait_for_exit() == 128 + number
    assert summarize(mine).state == "stopped"
    assert mine.checkpoint("last").exists()


def test_a_terminal_that_vanishes_without_a_signal_is_noticed(
    open_terminal: OpenTerminal, mine: RunDirectory
) -> None:
    ignoring = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"', *PROGRAM]
    terminal = in_the_app(open_terminal, program=ignoring)
    terminal.hang_up()
    wait_until(lambda: told(mine, events.Detached))
    trains_on(mine)
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_for_exit() == 128 + signal.SIGTERM
    assert summarize(mine).state == "stopped"


@pytest.mark.parametrize("ignored", [False, True])
def test_a_headless_training_survives_its_terminal(
    open_terminal: OpenTerminal, mine: RunDirectory, ignored: bool
) -> None:
    trap = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"', *PROGRAM] if ignored else PROGRAM
    terminal = open_terminal("train", "--headless", "--name", "mine", program=trap)
    terminal.wait_for(r"CE [\d.]+")
    terminal.hang_up()
    wait_until(lambda: told(mine, events.Detached))
    trains_on(mine)
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_for_exit() == 128 + signal.SIGTERM
    assert summarize(mine).state == "stopped"
    log = mine.log_file.read_text()
    assert "continues without a terminal" in log
    assert "\x1b" not in log, "the bar is not drawn into the log"
    assert "stopped with a checkpoint" in log


def test_a_headless_training_stops_on_a_hang_up_where_that_is_wanted(
    open_terminal: OpenTerminal, mine: RunDirectory
) -> None:
    terminal = open_terminal("--on-hangup", "stop", "train", "--headless", "--name", "mine")
    terminal.wait_for(r"CE [\d.]+")
    terminal.hang_up()
    assert terminal.wait_for_exit() == 128 + signal.SIGHUP
    assert summarize(mine).state == "stopped"


def test_a_training_is_kept_in_the_background(
    open_terminal: OpenTerminal, mine: RunDirectory, command_line: CommandLine
) -> None:
    terminal = in_the_app(open_terminal)
    terminal.press("q")
    terminal.wait_for("keep it training in the background")
    terminal.press("k")
    assert terminal.wait_for_exit() == 0
    terminal.assert_clean()
    assert "mine continues in the background" in terminal.text
    assert "cvae-tui attach " in terminal.text
    wait_until(lambda: told(mine, events.Started) == 2)
    trains_on(mine)
    stopped = command_line("stop", "mine")
    assert stopped.returncode == 0, stopped.stderr


SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


@pytest.fixture
def over_ssh(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Runs cvae-tui in a terminal at the other end of a connection to a real sshd."""
    if not (SSHD and shutil.which("ssh") and shutil.which("ssh-keygen")):
        pytest.skip("there is no sshd here")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "sshd_config").write_text(
        textwrap.dedent(f"""\
            ListenAddress 127.0.0.1:{port}
            HostKey {key}
            AuthorizedKeysFile {key}.pub
            PidFile none
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            """)
    )
    server = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(tmp_path / "sshd_config")],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    if "listening" not in (said := server.stderr.readline()):
        server.kill()
        pytest.skip(f"sshd does not start here: {said}")
    opened: list[Terminal] = []

    def run(*arguments: str) -> Terminal:
        there = [
            *("env", "TERM=xterm-256color", f"CVAE_TUI_RUNS_DIR={tmp_path / 'runs'}"),
            *(f"XDG_STATE_HOME={tmp_path / 'state'}", *PROGRAM, *arguments),
        ]
        here = [
            *("ssh", "-tt", "-F", "none", "-i", str(key), "-p", str(port)),
            *("-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={tmp_path / 'known'}"),
            *("-o", "LogLevel=ERROR", f"{getpass.getuser()}@127.0.0.1", shlex.join(there)),
        ]
        opened.append(Terminal(here, cwd=tmp_path))
        return opened[-1]

    yield run
    for terminal in opened:
        terminal.close()
    server.kill()
    server.communicate()


def test_a_training_survives_its_ssh_connection(
    over_ssh: OpenTerminal, mine: RunDirectory, command_line: CommandLine
) -> None:
    terminal = over_ssh("train", "--name", "mine")
    terminal.wait_for(r"CE nats/word ([\d.]+)")
    terminal.kill(signal.SIGKILL)
    wait_until(lambda: told(mine, events.Detached))
    trains_on(mine)
    again = over_ssh("attach", "mine")
    again.wait_for("mine · training")
    again.press("s")
    again.wait_for("mine · stopped")
    again.press("q")
    assert again.wait_for_exit() == 0
    assert summarize(mine).state == "stopped"


def test_a_hang_up_without_a_training_ends_the_app(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    terminal.wait_for("Nothing is trained yet")
    terminal.hang_up()
    assert terminal.wait_for_exit() == 128 + signal.SIGHUP


def test_an_error_in_the_app_leaves_a_usable_terminal_and_a_written_traceback(
    open_terminal: OpenTerminal, tmp_path: Path
) -> None:
    broken = (
        "import sys; from tui.app.app import CvaeApp\n"
        "def action_help(self): raise RuntimeError('a [red]bug')\n"
        "CvaeApp.action_help = action_help\n"
        "from tui.cli.main import main; sys.argv[0] = 'cvae-tui'; main()"
    )
    terminal = open_terminal(
        "train", "--name", "mine", program=[sys.executable, "-c", broken], columns=200
    )
    terminal.wait_for(r"CE nats/word ([\d.]+)")
    terminal.press("?")
    assert terminal.wait_for_exit() == 1
    terminal.assert_clean()
    found = re.search(r"a \[red\]bug.*details are in (\S+)", terminal.text)
    assert found, terminal.text
    written = Path(found[1]).read_text()
    assert "Traceback" in written and "action_help" in written
    assert summarize(RunDirectory(tmp_path / "runs" / "mine")).state == "stopped"


def test_ctrl_z_and_back(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    terminal.wait_for("Nothing is trained yet")
    terminal.press("\x1a")
    process = psutil.Process(terminal.pid)
    wait_until(lambda: process.status() == psutil.STATUS_STOPPED)
    terminal.read(0.5)
    terminal.assert_clean()
    terminal.kill(signal.SIGCONT)
    terminal.press("6")
    terminal.wait_for("No run yet in")
    terminal.press("q")
    assert terminal.wait_for_exit() == 0
    terminal.assert_clean()


def test_a_tiny_terminal_and_back(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    terminal.wait_for("Nothing is trained yet")
    terminal.resize(20, 5)
    for key in F_KEYS:
        terminal.press(key)
        terminal.read(0.5)
    terminal.resize(80, 24)
    terminal.press(F_KEYS[5])
    terminal.wait_for("No run yet in")
    terminal.press("q")
    assert terminal.wait_for_exit() == 0
    terminal.assert_clean()
