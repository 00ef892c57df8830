"""Web server with a terminal in a page, and a read-only app for each visitor."""

import asyncio
import hashlib
import hmac
import ipaddress
import json
import shlex
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import textual_serve
from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from tui.hosting.program import PROGRAM
from tui.web.visit import GRACE_SECONDS, Visit

MAX_VISITORS = 8
"""Apps at one time, each a process of about 100 MB until it loads a model."""
COOKIE = "cvae-tui"
MAX_MESSAGE = 2**16
"""Bytes that a visitor may send at once."""
CLOSING_SECONDS = 0.5
"""Longest wait for a browser to confirm that a connection closes."""
SIZES = range(20, 501)
"""Columns and rows that a terminal in a browser may have."""
HERE = Path(__file__).parent
STATIC = Path(textual_serve.__file__).parent / "static"
HEADERS = {
    # Only this server's files may be loaded, whatever the text of a run contains.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Serving:
    """Handlers of requests, and the visits.

    With a token, a request needs the token or the cookie of an earlier one. Without a token, only
    requests for a loopback name are answered. A page of another site that resolves its own name to
    this machine is therefore refused.
    """

    def __init__(self, command: str, *, token: str):
        self._command = command
        self._token = token
        self._visits: set[web.WebSocketResponse] = set()
        self._downloads = DownloadManager()

    def application(self) -> web.Application:
        """Return the application with its routes."""
        application = web.Application(middlewares=[self._guard])
        application.router.add_get("/", self._index)
        application.router.add_get("/page.js", self._script)
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
            response.headers.update(HEADERS)
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Return the answer to a request that is refused; None for one that is allowed."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return web.Response(status=403, text="This page is not for other sites.\n")
        if not self._token:
            if is_loopback(_name_of(request.host)):
                return None
            return web.Response(status=403, text="Ask for localhost.\n")
        given = request.query.get("token")
        digest = _digest(given) if given is not None else request.cookies.get(COOKIE, "")
        # In constant time, so that the time of an answer does not depend on the token.
        if hmac.compare_digest(digest.encode(), _digest(self._token).encode()):
            return None
        return web.Response(status=401, text="A token is needed: /?token=...\n")

    async def _index(self, request: web.Request) -> web.StreamResponse:
        if len(self._visits) >= MAX_VISITORS:
            text = f"{len(self._visits)} visitors are here already. Try again later.\n"
            return web.Response(status=503, text=text)
        return web.FileResponse(HERE / "page.html")

    async def _script(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(HERE / "page.js")

    async def _visit(self, request: web.Request) -> web.WebSocketResponse:
        """Run one app until its visitor leaves."""
        socket = web.WebSocketResponse(
            heartbeat=15, max_msg_size=MAX_MESSAGE, timeout=CLOSING_SECONDS
        )
        await socket.prepare(request)
        if len(self._visits) >= MAX_VISITORS:
            await socket.close(code=1013, message=b"too many visitors")
            return socket
        self._visits.add(socket)

        async def close() -> None:
            await socket.close()

        visit = Visit(
            self._command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=close,
            download_manager=self._downloads,
        )
        try:
            width, height = (_size(request.query.get(name)) for name in ("width", "height"))
            await visit.start(width or 80, height or 24)
            await _relay(socket, visit)
        finally:
            self._visits.discard(socket)
            await visit.end()
        return socket

    async def _end_visits(self, application: web.Application) -> None:
        await asyncio.gather(*(visit.close(code=1001) for visit in self._visits))


def serve(
    host: str, port: int, command: str, *, token: str, ready: Callable[[str], object]
) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError when the address cannot be bound.

    ready: called with the address once visitors can connect.
    """

    async def run() -> None:
        application = Serving(command, token=token).application()
        runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=2 * GRACE_SECONDS, lingering_time=0
        )
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
    """Return the shell command of a read-only app that shows a run, or the newest, first."""
    words = [*PROGRAM, "--runs-dir", str(runs_dir.absolute())]
    words += ["--read-only"] if run is None else ["attach", "--read-only", str(run.absolute())]
    # In the place of the shell, so that ending the process ends the app.
    return f"exec {shlex.join(words)}"


def is_loopback(name: str) -> bool:
    """Return True for a host name or address that only this machine reaches."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def resolves_to_loopback(host: str) -> bool:
    """Return True when a host has loopback addresses only. Raises OSError when it has none."""
    if not host:
        return False
    found = {str(address[4][0]) for address in socket.getaddrinfo(host, None)}
    return all(is_loopback(address) for address in found)


async def _relay(socket: web.WebSocketResponse, service: AppService) -> None:
    """Pass the input of a visitor to the app; drop every other message."""
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
    """Return columns or rows within the limits; None for what is not a number."""
    try:
        return min(max(int(str(given)), SIZES.start), SIZES.stop - 1)
    except ValueError:
        return None


def _digest(token: str) -> str:
    return hashlib.sha256(f"cvae-tui {token}".encode("utf-8", "surrogateescape")).hexdigest()


def _name_of(host: str) -> str:
    """Return the host of a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _address(bound: tuple[str, int, *tuple[int, ...]], token: str) -> str:
    name, port = bound[:2]
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}/" + ("?token=..." if token else "")
