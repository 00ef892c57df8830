"""The app in browsers: a page with a terminal in it, and a read-only app for each visitor."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import ipaddress
import json
import shlex
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import textual_serve
from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

MOST_VISITORS = 8
"""Apps at one time, each a process of about 100 MB until it loads a model."""
COOKIE = "cvae-tui"
LONGEST_MESSAGE = 2**16
"""Bytes that a visitor may send at once."""
GRACE_SECONDS = 3.0
SIZES = range(20, 501)
"""Columns and rows that a terminal in a browser may have."""
STATIC = Path(textual_serve.__file__).parent / "static"
HEADERS = {
    # The page and its terminal come from here, and nothing that a run says can load anything.
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'sha256-{script}'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SCRIPT = """\
const terminal = document.getElementById("terminal");
terminal.dataset.sessionWebsocketUrl =
  location.protocol.replace("http", "ws") + "//" + location.host + "/ws";
history.replaceState(null, "", "/");
document.getElementById("again").onclick = () => location.reload();
new MutationObserver((_, observer) => {
  if (!document.body.classList.contains("-first-byte")) return;
  terminal.querySelector("textarea").focus();
  observer.disconnect();
}).observe(document.body, { attributes: true });
"""
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>cvae-tui, read-only</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/xterm.css">
<style>
@font-face {
  font-family: "Roboto Mono";
  src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf");
}
body { margin: 0; background: #121212; color: #e4e4e4; font: 16px system-ui, sans-serif; }
.textual-terminal { width: 100vw; height: 100vh; }
.said { position: absolute; inset: 0; z-index: 10; display: flex; flex-direction: column;
  gap: 1rem; align-items: center; justify-content: center; background: #121212; }
body.-first-byte #opening, #closed { display: none; }
body.-closed #closed { display: flex; }
button { font: inherit; padding: .5rem 1.5rem; }
</style>
</head>
<body>
<div class="said" id="opening"><p>Opening cvae-tui ...</p></div>
<div class="said" id="closed"><p>This visit has ended.</p>
<button type="button" id="again">Look again</button></div>
<main id="terminal" class="textual-terminal" data-font-size="16"></main>
<span id="start" hidden></span>
<script>{script}</script>
<script src="/static/js/textual.js"></script>
</body>
</html>
"""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Visit(AppService):
    """The app of one visitor."""

    async def run(self) -> None:
        """Pass on what the app shows; the visit ends with the app, however that ends."""
        await super().run()
        await self.remote_close()

    async def end(self) -> None:
        """End the app, by force where it does not go by itself."""
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(self.stop(), GRACE_SECONDS)
        process = self._process
        if process is None:
            return
        try:
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
        except TimeoutError:
            process.kill()


class Serving:
    """Hands out the page and hosts the visits. Anyone may look who has the token, if there is one.

    Without a token, only requests for this very machine are answered, so that no page of another
    site gets in under a name that it has made point here.
    """

    def __init__(self, command: str, *, token: str = "", most_visitors: int = MOST_VISITORS):
        self._command = command
        self._token = token
        self._most_visitors = most_visitors
        self._visits: set[web.WebSocketResponse] = set()
        self._downloads = DownloadManager()

    def application(self) -> web.Application:
        """What answers the requests."""
        application = web.Application(middlewares=[self._guard])
        application.router.add_get("/", self._index)
        application.router.add_get("/ws", self._visit)
        application.router.add_static("/static", STATIC)
        application.on_shutdown.append(self._end_visits)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        response = await handler(request)
        if not response.prepared:
            if self._token:
                response.set_cookie(
                    COOKIE, _digest(self._token), httponly=True, samesite="Strict", path="/"
                )
            response.headers.update(_headers())
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Why a request is not answered; None when it is."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return web.Response(status=403, text="This page is not for other sites.\n")
        if not self._token:
            if is_loopback(_name_of(request.host)):
                return None
            return web.Response(status=403, text="Ask for localhost.\n")
        given = request.query.get("token")
        known = _digest(given) if given is not None else request.cookies.get(COOKIE, "")
        # In constant time, so that no answer tells how much of a token is right.
        if hmac.compare_digest(known.encode(), _digest(self._token).encode()):
            return None
        return web.Response(status=401, text="A token is needed: /?token=...\n")

    async def _index(self, request: web.Request) -> web.Response:
        if len(self._visits) >= self._most_visitors:
            return web.Response(
                status=503,
                text=f"{len(self._visits)} visitors are looking already; come back later.\n",
            )
        return web.Response(
            text=PAGE.replace("{script}", SCRIPT), content_type="text/html", charset="utf-8"
        )

    async def _visit(self, request: web.Request) -> web.WebSocketResponse:
        """One app for as long as its visitor looks."""
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=LONGEST_MESSAGE)
        await socket.prepare(request)
        if len(self._visits) >= self._most_visitors:
            await socket.close(code=1013, message=b"too many visitors")
            return socket
        self._visits.add(socket)

        async def close() -> None:
            await socket.close()

        service = Visit(
            self._command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=close,
            download_manager=self._downloads,
        )
        try:
            width, height = (_size(request.query.get(name)) for name in ("width", "height"))
            await service.start(width or 80, height or 24)
            await _relay(socket, service)
        finally:
            self._visits.discard(socket)
            await service.end()
        return socket

    async def _end_visits(self, application: web.Application) -> None:
        await asyncio.gather(*(visit.close(code=1001) for visit in self._visits))


def serve(
    host: str, port: int, command: str, *, token: str, ready: Callable[[str], object]
) -> None:
    """Serve until interrupted.

    ready: told where, once visitors can come.

    Raises OSError when nothing can be served there.
    """

    async def run() -> None:
        application = Serving(command, token=token).application()
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=GRACE_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            ready(_address(runner.addresses[0], token))
            ended = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
            await ended.wait()
        finally:
            await runner.cleanup()

    asyncio.run(run())


def visitor_command(runs_dir: Path, run: Path | None) -> str:
    """The command that opens a read-only app, quoted for a shell.

    run: the one to show first; None for the newest.
    """
    words = [sys.executable, "-m", "tui.cli.main", "--runs-dir", str(runs_dir.absolute())]
    words += ["--read-only"] if run is None else ["attach", "--read-only", str(run.absolute())]
    # In the place of the shell, so that ending the process ends the app.
    return f"exec {shlex.join(words)}"


def is_loopback(name: str) -> bool:
    """Whether every address of a host is one that only this machine reaches."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def resolves_to_loopback(host: str) -> bool:
    """Whether a host to bind is reached from this machine alone.

    Raises OSError when it cannot be found.
    """
    if not host:
        return False
    found = {str(address[4][0]) for address in socket.getaddrinfo(host, None)}
    return all(is_loopback(address) for address in found)


async def _relay(socket: web.WebSocketResponse, service: AppService) -> None:
    """Pass on what a visitor types; whatever else is sent is dropped."""
    async for message in socket:
        try:
            kind, *rest = json.loads(message.data) if message.type is WSMsgType.TEXT else ("",)
        except (ValueError, TypeError):
            continue
        match kind, rest:
            case "stdin", [str(typed)]:
                await service.send_bytes(typed.encode("utf-8", "replace"))
            case "resize", [{"width": width, "height": height}]:
                if (columns := _size(width)) and (rows := _size(height)):
                    await service.set_terminal_size(columns, rows)
            case "ping", [data]:
                await socket.send_json(["pong", data])
            case "focus", _:
                await service.focus()
            case "blur", _:
                await service.blur()


def _size(given: object) -> int | None:
    """Columns or rows; None where none can be made of what was given."""
    try:
        return min(max(int(str(given)), SIZES.start), SIZES.stop - 1)
    except ValueError:
        return None


def _digest(token: str) -> str:
    return hashlib.sha256(f"cvae-tui {token}".encode("utf-8", "surrogateescape")).hexdigest()


def _headers() -> dict[str, str]:
    script = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return {name: value.replace("{script}", script) for name, value in HEADERS.items()}


def _name_of(host: str) -> str:
    """The host of a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _address(bound: tuple[str, int, *tuple[int, ...]], token: str) -> str:
    name, port = bound[:2]
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}/" + ("?token=..." if token else "")
