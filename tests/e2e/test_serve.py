"""`cvae-tui serve` as visitors meet it, in a real browser and by plain requests."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyte
import pytest
from browser import Browser
from terminal import PATIENCE, PRIVATE, wait_until

from core.runs.directory import RunDirectory
from tui.hosting.program import PROGRAM


class Served:
    """A server of its own process group, at a port that was free."""

    def __init__(
        self, runs: Path, home: Path, *arguments: str, cwd: Path | None = None, **env: str
    ) -> None:
        self.log = home / "server.log"
        self.process = subprocess.Popen(
            [*PROGRAM, "--runs-dir", str(runs), "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=self.log.open("w"),
            text=True,
            start_new_session=True,
            env={**os.environ, **env},
            cwd=cwd,
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        assert found, said + self.log.read_text()
        self.port = int(found[1])
        self.url = found[0]

    def get(self, path: str = "/", **headers: str) -> http.client.HTTPResponse:
        with closing(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        ) as connection:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            return response

    def apps(self) -> list[str]:
        """Command lines of the visitors' apps."""
        found = subprocess.run(
            ["pgrep", "-a", "-g", str(self.process.pid)], capture_output=True, text=True
        )
        return [line for line in found.stdout.splitlines() if "--read-only" in line]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def serve(copied: RunDirectory, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def run(*arguments: str, cwd: Path | None = None, **env: str) -> Served:
        env.setdefault("XDG_STATE_HOME", str(tmp_path / "state"))
        started.append(Served(copied.path.parent, tmp_path, *arguments, cwd=cwd, **env))
        return started[-1]

    yield run
    for one in started:
        one.end(signal.SIGKILL)


WEBSOCKET = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
KEY = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}


def test_a_token_is_asked_of_every_request(serve: Callable[..., Served]) -> None:
    served = serve(CVAE_TUI_TOKEN="open sesame;")
    for path in ("/", "/ws", "/static/js/textual.js", "/?token=wrong", "/?token="):
        assert served.get(path).status == 401, path
        assert served.get(path, Cookie="cvae-tui=wrong").status == 401, path
    assert served.get("/ws", **WEBSOCKET, **KEY).status == 401
    welcome = served.get("/?token=open%20sesame%3B")
    assert welcome.status == 200
    cookie = welcome.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "sesame" not in cookie
    assert served.get("/static/js/textual.js", Cookie=cookie.split(";")[0]).status == 200


def test_ctrl_c_ends_it_soon_whatever_is_connected(serve: Callable[..., Served]) -> None:
    served = serve()
    lines = [
        f"Host: localhost:{served.port}",
        *(f"{k}: {v}" for k, v in {**WEBSOCKET, **KEY}.items()),
    ]
    visit = ("GET /ws HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode()
    requests = [
        visit,
        visit,
        b"GET / HTTP/1.1\r\nHost: loc",
        b"\x00\xff" * 500,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nx",
        b"",
    ]
    connections = []
    for number in range(100):
        connections.append(socket.create_connection(("127.0.0.1", served.port)))
        connections[-1].sendall(requests[min(number, number % 4 + 2)])
    wait_until(lambda: len(served.apps()) == 2)
    begins = time.monotonic()
    assert served.end() in (0, 130)
    # Two seconds on a machine that does nothing else.
    assert time.monotonic() - begins < 15
    wait_until(lambda: not served.apps())
    for connection in connections:
        connection.close()


def test_another_site_gets_nothing(serve: Callable[..., Served]) -> None:
    served = serve()
    assert served.get().status == 200
    assert served.get(Host=f"localhost:{served.port}").status == 200
    # A name that its owner has made point to this machine.
    assert served.get(Host=f"evil.example:{served.port}").status == 403
    assert served.get(Host="127.0.0.1.evil.example").status == 403
    assert served.get(Origin="http://evil.example").status == 403
    assert served.get("/ws", Origin="http://evil.example", **WEBSOCKET, **KEY).status == 403
    assert served.get("/static/../server.py").status in (403, 404)
    policy = served.get().headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy


@pytest.mark.slow
def test_a_visitor_sees_the_run_and_changes_nothing(
    serve: Callable[..., Served], browser: Browser, copied: RunDirectory, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in copied.path.rglob("*") if path.is_file()}
    served = serve("copied", "--token", "sesame")
    screen = pyte.Screen(122, 35)
    stream = pyte.ByteStream(screen)
    page = browser.page(1100, 640)

    def received(frame: bytes | str) -> None:
        if isinstance(frame, bytes):
            stream.feed(PRIVATE.sub(b"", frame))

    def wait_for(pattern: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not re.search(pattern, "\n".join(screen.display)):
            assert time.monotonic() < deadline, "\n".join(screen.display)
            page.wait_for_timeout(100)

    page.on("websocket", lambda socket: socket.on("framereceived", received))
    page.goto(f"{served.url}?token=sesame")
    wait_for("copied.*finished")
    wait_for("read-only")
    assert "token" not in page.url, "the token would stay in the history"
    for key in ("t", "s", "c", "2", "F12"):
        page.keyboard.press(key)
    page.keyboard.press("6")
    wait_for("6 Runs(.|\n)*copied(.|\n)*checkpoints:")
    for key in ("r", "d", "y", "n", "f"):
        page.keyboard.press(key)
    page.keyboard.press("1")
    wait_for("CE nats/word")
    assert browser.colours(page.screenshot()) > 20, "nothing is drawn"
    assert browser.problems == [] and browser.outside(served.url) == []
    assert len(served.apps()) == 1
    page.close()
    wait_until(lambda: not served.apps())
    assert served.end() in (0, 130)
    assert {path: path.read_bytes() for path in before} == before
    assert [path.name for path in copied.path.parent.iterdir() if path.suffix == ".svg"] == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_apps_end_with_the_server(
    serve: Callable[..., Served], browser: Browser, number: signal.Signals
) -> None:
    served = serve()
    page = browser.page(800, 500)
    page.goto(served.url)
    page.wait_for_selector("body.-first-byte", timeout=1000 * PATIENCE)
    assert len(served.apps()) == 1
    served.end(number)
    wait_until(lambda: not served.apps())


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--host", "0.0.0.0"], "needs --token"),
        (["--host", "::"], "needs --token"),
        (["--host", "no.such.host.invalid"], "cannot be found"),
        (["--token", " "], "the token is empty"),
        (["nobody"], "there is no run 'nobody'"),
        (["--port", "70000"], "--port"),
        (["--host", "203.0.113.9", "--token", "x"], "cannot serve at 203.0.113.9"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    copied: RunDirectory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    part: str,
) -> None:
    from tui.cli.main import main

    line = ["cvae-tui", "serve", "--runs-dir", str(copied.path.parent), *arguments]
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit) as leaving:
        main()
    out, err = capsys.readouterr()
    assert leaving.value.code == 2
    assert (out, err.count("\n")) == ("", 1) and part in err


def test_a_command_is_quoted_for_the_shell(copied: RunDirectory) -> None:
    from tui.web.server import visitor_command

    odd = copied.path.with_name("a b; touch gone $(id) 'x'")
    shutil.move(copied.path, odd)
    line = visitor_command(odd.parent, odd).replace("exec ", "printf '%s\\n' ", 1)
    said = subprocess.run(line, shell=True, capture_output=True, text=True).stdout.splitlines()
    assert said[-1] == str(odd) and said[-3:-1] == ["attach", "--read-only"]
    assert not Path("gone").exists()
