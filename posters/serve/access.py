"""Who may ask: API keys, the names that the server goes by, and a line of log for each request."""

import hmac
import json
import re
import secrets
import sys
from collections.abc import Awaitable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from ipaddress import ip_address
from logging import LogRecord
from pathlib import Path
from time import perf_counter
from traceback import extract_tb
from typing import Literal, TextIO

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from posters._base.log import logger
from posters._base.text import quoted
from posters.errors import ConfigError

LogFormat = Literal["json", "text", "none"]

# What needs no key: a balancer asks for its health, and the page only holds what the package holds.
_OPEN = re.compile(r"/(|docs|openapi\.json|page/.*|healthz|v2/health/(live|ready))")
# A client's own id of a request, if it can't break a line of the log or a header.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FRAMES = 6  # of a failure, the innermost
# What is under way, for lines of log that are written on the way.
_under_way: ContextVar[str] = ContextVar("request", default="")
_SHORTEST_KEY = 16  # characters: fewer can be guessed


def read_keys(path: Path) -> tuple[str, ...]:
    r"""Return the API keys of a file, one per line; empty lines and lines that begin with # are passed over.

    In a file, because every user of a machine can read the command lines of its processes.

    Raises:
        ConfigError: the file can't be read, holds no key, or one that is too short.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "keys"
        >>> _ = path.write_text("# catalogue team\n0123456789abcdef\n")
        >>> read_keys(path)
        ('0123456789abcdef',)
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the API keys in {path} can't be read ({error})") from error
    keys = tuple(line for line in lines if line and not line.startswith("#"))
    if not keys:
        raise ConfigError(f"{path} holds no API key: write one per line")
    if min(map(len, keys)) < _SHORTEST_KEY or not all(key.isascii() for key in keys):
        raise ConfigError(f"an API key in {path} is not ASCII or has fewer than {_SHORTEST_KEY} characters")
    return keys


class ApiKeyMiddleware:
    """Answers 401 to requests of the API without one of the keys, as `Authorization: Bearer KEY` or `X-API-Key: KEY`.

    Args:
        app: the next ASGI application.
        keys: any of them is enough, so that one can be changed without an interruption.

    Examples:
        >>> from starlette.responses import PlainTextResponse
        >>> from starlette.testclient import TestClient
        >>> client = TestClient(ApiKeyMiddleware(PlainTextResponse("hello"), ["0123456789abcdef"]))
        >>> client.get("/api").status_code, client.get("/api", headers={"X-API-Key": "0123456789abcdef"}).status_code
        (401, 200)
    """

    def __init__(self, app: ASGIApp, keys: Sequence[str]) -> None:
        self._app, self._keys = app, [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if (
            scope["type"] == "http"
            and not _OPEN.fullmatch(scope["path"].removeprefix(scope.get("root_path", "")))
            and not self._has_key(Headers(scope=scope))
        ):
            sentence = "this server needs an API key: send it as `Authorization: Bearer KEY`"
            return await JSONResponse({"error": sentence}, 401, {"WWW-Authenticate": "Bearer"})(scope, receive, send)
        await self._app(scope, receive, send)

    def _has_key(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = (token if scheme.lower() == "bearer" else headers.get("x-api-key", "")).strip().encode()
        # All of them, each in constant time: how long it takes must not tell how much of a key is right.
        return sum(hmac.compare_digest(given, key) for key in self._keys) > 0


class HostMiddleware:
    """Answers 421 to requests for another host than the server's: what keeps a foreign page from reading the API.

    A page can have its own name resolve to 127.0.0.1 (DNS rebinding), but not an address, nor a name given here.

    Args:
        app: the next ASGI application.
        names: of the server, beside localhost and all addresses.

    Examples:
        >>> from starlette.responses import PlainTextResponse
        >>> from starlette.testclient import TestClient
        >>> app = HostMiddleware(PlainTextResponse("hello"), ["posters.example"])
        >>> [TestClient(app, base_url=f"http://{host}").get("/").status_code for host in ("[::1]:80", "evil.example")]
        [200, 421]
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app, self._names = app, {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            name = re.sub(r":\d+$", "", host).lower().removesuffix(".")
            if name not in self._names and not _is_address(name.strip("[]")):
                sentence = f"this server is not {name[:80]!r}: if it is, start it with --allow-host {name[:80]}"
                return await JSONResponse({"error": sentence}, 421)(scope, receive, send)
        await self._app(scope, receive, send)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class PrefixMiddleware:
    """Takes over the path below which a proxy serves this server: its header X-Forwarded-Prefix, or a fixed one.

    Args:
        app: the next ASGI application.
        root_path: where the proxy tells nothing; "" for none.

    Examples:
        >>> from starlette.responses import PlainTextResponse
        >>> from starlette.testclient import TestClient
        >>> async def echo(scope, receive, send):
        ...     await PlainTextResponse(scope["root_path"])(scope, receive, send)
        >>> TestClient(PrefixMiddleware(echo, "")).get("/", headers={"X-Forwarded-Prefix": "/posters/"}).text
        '/posters'
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app, self._root_path = app, root_path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "http":
            prefix = Headers(scope=scope).get("x-forwarded-prefix", "")
            told = prefix.rstrip("/") if re.fullmatch(r"(/[\w.~-]+)+/?", prefix, re.ASCII) else ""
            root = told or self._root_path
            # ASGI has the whole path in `path`, whether or not the proxy cut it.
            whole = scope["path"] if f"{scope['path']}/".startswith(f"{root}/") else f"{root}{scope['path']}"
            scope = {**scope, "root_path": root, "path": whole}
        await self._app(scope, receive, send)


def _name_request(record: LogRecord) -> bool:
    if id := _under_way.get():
        record.msg = f"request {id}: {record.msg}"
    return True


class AccessLogMiddleware:
    """Gives each request an id, returned as X-Request-ID, and writes a line about it: no file name, no body, no key.

    Args:
        app: the next ASGI application.
        form: "json", "text", or "none" for the id alone.
        file: where the lines go; by default stdout.

    Examples:
        >>> import io
        >>> from starlette.responses import PlainTextResponse
        >>> from starlette.testclient import TestClient
        >>> file = io.StringIO()
        >>> app = AccessLogMiddleware(PlainTextResponse("hello"), "json", file)
        >>> TestClient(app).get("/", headers={"X-Request-ID": "7"}).headers["x-request-id"]
        '7'
        >>> sorted(json.loads(file.getvalue()))
        ['bytes', 'id', 'method', 'milliseconds', 'route', 'status', 'time']
    """

    def __init__(self, app: ASGIApp, form: LogFormat, file: TextIO | None = None) -> None:
        self._app, self._form, self._file = app, form, file
        logger.addFilter(_name_request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        told = Headers(scope=scope).get("x-request-id", "")
        id = told if _REQUEST_ID.fullmatch(told) else secrets.token_hex(8)
        # 0 unless an answer begins: then the client is gone before it got one.
        start, status, size, token = perf_counter(), 0, 0, _under_way.set(id)

        def send_and_note(message: Message) -> Awaitable[None]:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = id
            size += len(message.get("body", b""))
            return send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            # The answer is sent: 500. One line with the request's id, where the server would write 70 without.
            frames = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-_FRAMES:]]
            logger.error(f"failed: {quoted(repr(error))} at {', '.join(frames)}")
        finally:
            _under_way.reset(token)
            if self._form != "none":
                # The route and not the path, in which somebody may have put what is nobody's business.
                route = getattr(scope.get("route"), "path", "other")
                self._write(id, scope["method"], route, status, perf_counter() - start, size)

    def _write(self, id: str, method: str, route: str, status: int, seconds: float, size: int) -> None:
        time, milliseconds = datetime.now(UTC).isoformat(timespec="milliseconds"), round(1000 * seconds, 1)
        if self._form == "json":
            values = {"time": time, "id": id, "method": method, "route": route, "status": status}
            line = json.dumps({**values, "milliseconds": milliseconds, "bytes": size})
        else:
            line = f"{time} {id} {method} {route} {status} {milliseconds} ms {size} bytes"
        print(line, file=self._file or sys.stdout, flush=True)
