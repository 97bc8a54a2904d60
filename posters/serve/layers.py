"""What every request passes through, as ASGI layers: it is counted, gets safe headers, and may not be endless."""

from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from posters.serve.figures import Figures

# Nothing but what this server itself has; blob: is a poster that somebody dropped, shown to them.
_POLICY = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Counted:
    """Counts each request under the route that answered it, and times it."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            # The router leaves here which of its routes it was.
            route = getattr(scope.get("route"), "path", "other")
            self._figures.answered(route, status, perf_counter() - began)


class Guarded:
    """Adds the headers that keep a browser to this server alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarding(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, guarding)


class Limited:
    """Refuses a request body of more than `max_bytes`: by what it announces, or else as soon as it has grown so far.

    The refusal is an HTTPException where the body is read, so that it is answered like any other.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        # What is no number is the server's to refuse.
        read = 0

        async def counting() -> Message:
            nonlocal read
            if announced.isdigit() and int(announced) > self._max:
                raise self._refusal()
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max:
                raise self._refusal()
            return message

        await self._app(scope, counting, send)

    def _refusal(self) -> HTTPException:
        return HTTPException(413, f"a request may have {self._max / 1e6:g} MB at most: send a smaller poster, or fewer")
