"""Listen on a port, and answer until somebody ends it."""

import os
import socket

import uvicorn
from starlette.types import ASGIApp

from posters.errors import ConfigError


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. First of all, so that a port in use is noticed before a classifier is opened.

    Args:
        host: a name or an address of this machine.
        port: from 1 to 65535, or 0 for any that is free.

    Raises:
        ConfigError: the port is in use or not allowed, or the host is none of this machine's.
    """
    if not 0 <= port <= 65535:
        raise ConfigError(f"a port is a number from 0 to 65535, but got {port}")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except socket.gaierror as error:
        raise ConfigError(f"there is no host {host!r} ({error.strerror})") from error
    except OSError as error:
        # The number's own words: what create_server adds to them only repeats the address.
        reason = os.strerror(error.errno or 0)
        raise ConfigError(f"can't listen on port {port} of {host} ({reason}): choose another --port") from error


def address_of(listener: socket.socket) -> str:
    """Its URL."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Answer requests until the process is told to end (Ctrl-C or SIGTERM); those under way are finished."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[listener])
