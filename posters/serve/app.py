"""The application, and the server that runs it."""

import asyncio
import errno
import os
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from posters import __version__
from posters._base.brief import brief_repr
from posters.errors import ConfigError
from posters.serve.access import (
    AccessLogMiddleware,
    ApiKeyMiddleware,
    HostMiddleware,
    LogFormat,
    PrefixMiddleware,
)
from posters.serve.api import api_routes
from posters.serve.connections import GuardedProtocol
from posters.serve.exception_handlers import add_exception_handlers
from posters.serve.metrics import Metrics
from posters.serve.middleware import BodyLimitMiddleware, MetricsMiddleware, SecurityHeadersMiddleware
from posters.serve.open_inference import open_inference_routes
from posters.serve.pages import add_pages, health_routes
from posters.serve.queue import JobQueue
from posters.serve.reload import Reloader
from posters.serve.schemas import ErrorResponse

MAX_BYTES = 20_000_000
_BACKLOG = 2048  # connections that may wait to be accepted
_FIRST_FD = 3  # systemd's first socket, after stdin, stdout and stderr

_CORS_HEADERS = ("Authorization", "Content-Type", "X-API-Key", "X-Request-ID")
_ABOUT = 'Movie posters to genres, honestly. Every error is JSON with one sentence: `{"error": "..."}`.'
# Keeps FastAPI from describing errors in its own form, which this server never sends.
_DEFAULT: dict[int | str, dict[str, Any]] = {"default": {"model": ErrorResponse, "description": "Any error"}}


@dataclass(frozen=True, kw_only=True, repr=False)
class ServerOptions:
    """How a server fits into its surroundings.

    Attributes:
        max_bytes: the limit of a request's body.
        root_path: the path below which a proxy serves it, such as "/posters"; a header X-Forwarded-Prefix comes first.
        hosts: names that the server goes by, beside localhost and all addresses; None accepts every name.
        cors_origins: of pages of other servers that may use the API, such as "https://catalogue.example"; "*" for all.
        api_keys: any of them is needed for the API, if there are some.
        log: form of the line that is written about each request.

    Examples:
        >>> ServerOptions(root_path="/posters").max_bytes
        20000000
    """

    max_bytes: int = MAX_BYTES
    root_path: str = ""
    hosts: tuple[str, ...] | None = None
    cors_origins: tuple[str, ...] = ()
    api_keys: tuple[str, ...] = field(default=(), repr=False)  # A log or a notebook must not show them.
    log: LogFormat = "none"

    __repr__ = brief_repr


def create_app(queue: JobQueue, options: ServerOptions | None = None) -> ASGIApp:
    """Return an ASGI application that predicts; the caller ends the queue.

    Args:
        queue: before the opened classifier.
        options: how it fits into its surroundings.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> with JobQueue(load_classifier(interpreters=1), queue=8) as queue:
        ...     callable(create_app(queue))
        True
    """
    options, metrics = options or ServerOptions(), Metrics(queue)
    # Without FastAPI's own pages of documentation, which load scripts from other servers.
    about: dict[str, Any] = {"title": "posters", "version": __version__, "description": _ABOUT, "responses": _DEFAULT}
    app = FastAPI(**about, docs_url=None, redoc_url=None, generate_unique_id_function=operation_id)
    app.include_router(api_routes(queue, metrics, options.max_bytes))
    for routes in (open_inference_routes, health_routes):
        app.include_router(routes(queue, metrics))
    add_pages(app)
    return guarded(app, options, metrics)


def operation_id(route: APIRoute) -> str:
    """Return what OpenAPI calls an operation: generated clients have a function of that name.

    Args:
        route: of the application.

    Examples:
        >>> operation_id(APIRoute("/v2/models/{name}/versions/{version}", print, name="model"))
        'model_by_version'
    """
    return f"{route.name}_by_version" if "{version}" in route.path_format else route.name


def guarded(app: FastAPI, options: ServerOptions, metrics: Metrics | None = None) -> ASGIApp:
    """Return an application behind everything that refuses, counts or logs a request before it comes to a route.

    Args:
        app: its routes; errors are answered by `add_exception_handlers`.
        options: how it fits into its surroundings.
        metrics: where requests are counted, if anywhere.

    Examples:
        >>> from starlette.testclient import TestClient
        >>> app = guarded(FastAPI(), ServerOptions(hosts=("posters.example",)))
        >>> TestClient(app, base_url="http://evil.example").get("/").status_code
        421
    """
    add_exception_handlers(app)
    _add_guards(app, options)
    # Outermost, so that failures have the headers too, and are counted and logged.
    outer: ASGIApp = SecurityHeadersMiddleware(app)
    outer = MetricsMiddleware(outer, metrics) if metrics else outer
    return PrefixMiddleware(AccessLogMiddleware(outer, options.log), options.root_path)


def _add_guards(app: FastAPI, options: ServerOptions) -> None:
    """Add what refuses a request before it comes to a route; the last one is asked first."""
    app.add_middleware(BodyLimitMiddleware, max_bytes=options.max_bytes)
    if options.api_keys:
        app.add_middleware(ApiKeyMiddleware, keys=options.api_keys)
    if options.cors_origins:
        # Before the keys: a browser asks whether it may ask without one.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=options.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=_CORS_HEADERS,
        )
    if options.hosts is not None:
        app.add_middleware(HostMiddleware, names=options.hosts)


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket. Call it first: a port in use is then noticed before a classifier is opened.

    Args:
        host: a name or an address of this machine.
        port: from 1 to 65535, or 0 for any free port.

    Raises:
        ConfigError: the port is in use or not allowed, or the host is not this machine's.

    Examples:
        >>> with listening("127.0.0.1", 0) as listener:
        ...     address_of(listener).startswith("http://127.0.0.1:")
        True
    """
    if not 0 <= port <= 65535:
        raise ConfigError(f"a port is a number from 0 to 65535, but got {port}")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except socket.gaierror as error:
        raise ConfigError(f"there is no host {host!r} ({error.strerror})") from error
    except OSError as error:
        # By its number: the text of create_server's own error repeats the address.
        reason = os.strerror(error.errno or 0)
        raise ConfigError(f"can't listen on port {port} of {host} ({reason}): choose another --port") from error


def listening_at(path: Path) -> socket.socket:
    """Return a listening Unix socket, for a proxy on this machine.

    Args:
        path: of the socket. One that a killed server left is replaced; members of its group may connect.

    Raises:
        ConfigError: another server listens there, or something that is not a socket is in the way.

    Examples:
        >>> import tempfile
        >>> with listening_at(Path(tempfile.mkdtemp()) / "posters.sock") as listener:
        ...     address_of(listener).startswith("unix:")
        True
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                if client.connect_ex(str(path)) == 0:
                    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(f"can't listen at {path} ({error.strerror or error}): choose another --uds") from error
    return listener


def inherited_listener() -> socket.socket | None:
    """Return the listening socket that systemd has opened for this process, if it has (sd_listen_fds(3)).

    Raises:
        ConfigError: there are several.

    Examples:
        >>> inherited_listener() is None
        True
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    count = os.environ.get("LISTEN_FDS", "0")
    if count != "1":
        raise ConfigError(
            f"one socket is needed, but systemd passes {count}: leave one ListenStream in the socket unit"
        )
    return socket.socket(fileno=_FIRST_FD)


def address_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket; "unix:" and its path for a Unix socket.

    Examples:
        >>> with listening("127.0.0.1", 0) as listener:
        ...     address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
        True
    """
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(app: ASGIApp, listener: socket.socket, reloader: Reloader | None = None) -> None:
    """Answer requests until the process gets Ctrl-C or SIGTERM, then finish those under way.

    Args:
        app: as from `create_app`.
        listener: as from `listening`.
        reloader: reloads the classifier on SIGHUP, or when its link is changed.
    """
    asyncio.run(_serve(uvicorn.Server(server_config(app)), listener, reloader))


def server_config(app: ASGIApp) -> uvicorn.Config:
    """Return how uvicorn serves an application here.

    Args:
        app: as from `create_app`.

    Examples:
        >>> from starlette.responses import PlainTextResponse
        >>> server_config(PlainTextResponse("hello")).access_log
        False
    """
    return uvicorn.Config(
        app,
        http=GuardedProtocol,
        ws="none",
        log_config=None,
        # Its warnings are what clients did wrong, without the id of a request: anybody could fill a log with them.
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


async def _serve(server: uvicorn.Server, listener: socket.socket, reloader: Reloader | None) -> None:
    """Serve, and watch for another classifier meanwhile."""
    wanted, watching = asyncio.Event(), None
    if reloader is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, wanted.set)
        watching = asyncio.create_task(reloader.watch(wanted))
    try:
        await server.serve(sockets=[listener])
    finally:
        if watching is not None:
            watching.cancel()
