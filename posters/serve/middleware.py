"""ASGI middleware around every request: metrics, security headers, and limits on the body."""

import asyncio
import ctypes
import sys
from collections.abc import Awaitable
from time import monotonic, perf_counter

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from posters.serve.metrics import Metrics

SILENT_S = 10.0  # in which a client sends a part of its body, or goes
BODY_S = 120.0  # for a whole body: 20 MB at 1.4 Mbit/s
HELD_BODIES = 10  # times the largest body, for all requests under way
_MUCH = 2**23  # bytes of bodies, after which freed memory goes back to the system
QUIET_S = 1.0  # without a request, after which it does, too
# What the client still sends would be taken for its next request.
_CLOSE = {"Connection": "close"}

# Allows only what this server itself has. blob: is a poster that somebody dropped on the page.
_CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_SECURITY_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class MetricsMiddleware:
    """Counts and times each request under the route that answered it.

    Args:
        app: the next ASGI application.
        metrics: where requests are counted.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> from posters.serve.queue import JobQueue
        >>> from starlette.responses import PlainTextResponse
        >>> from starlette.testclient import TestClient
        >>> with JobQueue(load_classifier(interpreters=1), queue=1) as queue:
        ...     metrics = Metrics(queue)
        ...     answer = TestClient(MetricsMiddleware(PlainTextResponse("hello"), metrics)).get("/")
        >>> 'posters_requests_total{route="other",status="200"} 1.0' in metrics.render()
        True
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        # 500 unless an answer begins: that is what a client gets when the application raises.
        start, status = perf_counter(), 500

        def send_and_note(message: Message) -> Awaitable[None]:
            nonlocal status
            status = message.get("status", status)
            return send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            # The router stores its matching route in the scope. Not the path itself: clients can make up any number.
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.count_request(route, status, perf_counter() - start)


class SecurityHeadersMiddleware:
    """Adds the headers that restrict a browser to this server.

    Args:
        app: the next ASGI application.

    Examples:
        >>> from starlette.responses import PlainTextResponse
        >>> from starlette.testclient import TestClient
        >>> client = TestClient(SecurityHeadersMiddleware(PlainTextResponse("hello")))
        >>> client.get("/").headers["x-content-type-options"]
        'nosniff'
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimitMiddleware:
    """Refuses a request body that is too large, too slow, or one too many.

    Too large is more than `max_bytes`: by the announced length, or as soon as it has grown so far. Too slow is nothing
    for `SILENT_S`, or a body that takes longer than `BODY_S`: 408. All bodies under way may have `HELD_BODIES` times
    `max_bytes` together: 503.

    The refusal is an HTTPException where the body is read, so that it is answered like any other error.

    Args:
        app: the next ASGI application.
        max_bytes: the largest body allowed.
        silent_s: seconds in which a part of the body has to come.
        quiet_s: seconds without a request, after which freed memory goes back to the system.

    Examples:
        >>> from fastapi import FastAPI, Request
        >>> from posters.serve.exception_handlers import add_exception_handlers
        >>> from starlette.testclient import TestClient
        >>> app = FastAPI()
        >>> add_exception_handlers(app)
        >>> @app.post("/")
        ... async def count(request: Request) -> int:
        ...     return len(await request.body())
        >>> app.add_middleware(BodyLimitMiddleware, max_bytes=10)
        >>> TestClient(app).post("/", json={"much": "too long"}).status_code
        413
    """

    def __init__(self, app: ASGIApp, max_bytes: int, silent_s: float = SILENT_S, *, quiet_s: float = QUIET_S) -> None:
        self._app, self._max_bytes, self._silent_s, self._quiet_s = app, max_bytes, silent_s, quiet_s
        # Bytes of all bodies under way; the most of them, and of all bodies together, since memory was given back.
        self._held = self._most = self._taken = 0
        self._quiet: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        # Both checks are needed: a chunked body announces no length, and an announced one need not be received first.
        # A length that is not a number is refused by the server itself.
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        too_long = announced.isdigit() and int(announced) > self._max_bytes
        received, complete, end = 0, False, monotonic() + BODY_S

        async def receive_limited() -> Message:
            nonlocal received, complete
            try:
                # After the body, whoever waits does so for the client to go.
                patience = None if complete else max(0.0, min(self._silent_s, end - monotonic()))
                message = {} if too_long else await asyncio.wait_for(receive(), patience)
            except TimeoutError as error:
                raise HTTPException(408, "the request's body came too slowly: send it again", _CLOSE) from error
            complete = not message.get("more_body")
            received += len(message.get("body", b""))
            self._held += len(message.get("body", b""))
            self._most = max(self._most, self._held)
            if self._held > HELD_BODIES * self._max_bytes:
                raise HTTPException(503, "too many uploads are under way: retry soon", {"Retry-After": "1"})
            if too_long or received > self._max_bytes:
                megabytes = self._max_bytes / 1e6
                raise HTTPException(
                    413, f"a request may have at most {megabytes:g} MB: send a smaller poster, or fewer"
                )
            return message

        try:
            await self._app(scope, receive_limited, send)
        finally:
            self._held -= received
            self._taken += received
            # After a crowd of large bodies, and after many small ones as soon as nobody waits for an answer.
            if self._most > max(_MUCH, 4 * self._held) or (not self._held and self._taken > _MUCH):
                self._give_back()
            # After few ones, when nobody has asked for a while: decoding them has taken more than they have bytes.
            if self._quiet is not None:
                self._quiet.cancel()
            self._quiet = asyncio.get_running_loop().call_later(self._quiet_s, self._give_back)

    def _give_back(self) -> None:
        self._most = self._taken = 0
        _give_back_memory()


def _give_back_memory() -> None:
    """Have glibc give freed memory back: it would keep 70 MB after a crowd of stalled uploads, and 11 after posters."""
    # The body is freed by now, but for the last one. Other C libraries give it back themselves.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
