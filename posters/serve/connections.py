"""Connections: how many there may be, and how long one may be open without a request."""

import asyncio
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0  # for the head of a request, from the connection's start or the end of the answer before
MAX_CONNECTIONS = 800  # in all: systems allow a process 1024 open files
MAX_CLIENT_CONNECTIONS = 200  # of one address; a proxy, too, needs fewer than that

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Length: 52\r\n\r\n"
    b'{"error": "too many connections: retry in a second"}'
)


class GuardedProtocol(H11Protocol):
    """uvicorn's protocol with limits: connections a client and in all, and the time until a request's head is there.

    Without them, a client that opens connections and sends nothing, or a byte of a head now and then, keeps them all.
    How long a body takes is the business of `BodyLimitMiddleware`, which can answer.

    Attributes:
        head_s: seconds for the head of a request.

    Examples:
        >>> GuardedProtocol.head_s
        10.0
    """

    head_s: ClassVar[float] = HEAD_S
    # Not in `server_state`, which is uvicorn's own. One process has one server.
    _open: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection, or refuse it."""
        super().connection_made(transport)
        self._timer: asyncio.TimerHandle | None = None
        # Behind a Unix socket there is one client, the proxy, and the limit of all.
        self._address = self.client[0] if self.client else ""
        self._open[self._address] += 1
        crowded = self._address and self._open[self._address] > MAX_CLIENT_CONNECTIONS
        if crowded or len(self.connections) > MAX_CONNECTIONS:
            transport.write(_FULL)
            transport.close()
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        if self._timer is not None:
            self._timer.cancel()
        self._open[self._address] -= 1
        if not self._open[self._address]:
            del self._open[self._address]  # Or each address that ever came would stay.
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        # Before uvicorn begins the next request of a client that sends without waiting.
        self._wait_for_head()
        super().on_response_complete()

    def _wait_for_head(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(self.head_s, self._end_unless_asked, self.cycle)

    def _end_unless_asked(self, before: Any) -> None:
        if self.cycle is before:
            # Not close, which waits for a client that reads nothing.
            self.transport.abort()
