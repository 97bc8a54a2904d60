"""Download a poster from the web, with limits on time and size; any failure is one line."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from posters import __version__
from posters._base.text import printable
from posters.errors import ImageError
from posters.images.decoding import read_bytes
from posters.images.limits import MAX_BYTES

if TYPE_CHECKING:
    import socket
    from http.client import HTTPResponse

SILENCE_S = 15  # without an answer, the server counts as gone

TOTAL_S = 120  # ends everything: redirects, headers that trickle, interim answers without end, and the body

_private_redirects = False

HEADERS = {"User-Agent": f"posters/{__version__}", "Accept": "image/*"}

# Statuses after which the same address may soon work: asked too often, overloaded, or broken for now.
_SOON = (408, 425, 429, 500, 502, 503, 504)
# After these it may work on another day or from another network.
_ANOTHER_DAY = (401, 402, 403, 407, 451)

_SCHEMES = ("http", "https")

_SAFE = "/%:=&?~+!$,;'@()*[]"  # characters of a URL, besides letters and digits, that are not escaped


class DownloadError(ImageError):
    """A download failed.

    Attributes:
        soon: whether the server answered that it can't do it right now.
        permanent: whether trying the same address again is of no use.
        retry_after: for how many seconds the server asks to wait; 0 if it does not ask.

    Examples:
        >>> DownloadError("https://example.org/heat.jpg: the server answered 404 Not Found").permanent
        True
    """

    def __init__(self, message: str, *, soon: bool = False, permanent: bool = True, retry_after: float = 0) -> None:
        super().__init__(message)
        self.soon = soon
        self.permanent = permanent
        self.retry_after = retry_after


def is_url(text: str) -> bool:
    """Return whether a text is a URL of the web.

    Examples:
        >>> is_url("https://example.org/alien.jpg"), is_url("alien.jpg"), is_url("file:///alien.jpg")
        (True, False, False)
    """
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.lower() in _SCHEMES


def allow_private_redirects(allowed: bool = True) -> None:
    """Let servers redirect to addresses that are not public, for all of this process.

    Without it, a server can't make this machine ask for what only this machine can reach. The address that the user
    gives himself is his own business.

    Examples:
        >>> allow_private_redirects(False)
    """
    global _private_redirects
    _private_redirects = allowed


def without_credentials(url: str) -> str:
    """Return a URL as it may be printed: without a name and password in it.

    Examples:
        >>> without_credentials("https://me:secret@example.org/alien.jpg")
        'https://example.org/alien.jpg'
    """
    start, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{start}{separator}{authority.rpartition('@')[2]}{slash}{path}"


def download(url: str) -> bytes:
    """Download a URL of http or https, following redirects only to such URLs.

    A name and password in it are used, for that server alone, and are in no message.

    Raises:
        DownloadError: the URL can't be reached, the server refuses, takes too long, sends more than `MAX_BYTES`, or
            redirects to an address that is not public (see `allow_private_redirects`). The message names the URL and
            what to do.

    Examples:
        >>> try:
        ...     download("http://:port/alien.jpg")
        ... except ImageError as error:
        ...     print(error)
        http://:port/alien.jpg: it can't be reached (nonnumeric port: 'port'): check the URL and the connection
    """
    with _download_errors(without_credentials(url)), _Deadline() as deadline:
        with _open_url(url, deadline) as response:
            if (response.length or 0) > MAX_BYTES:
                raise ImageError(f"it has {response.length:,} bytes, more than the limit of {MAX_BYTES:,}")
            data = read_bytes(_Chunks(response))
            # What is left of the announced length.
            if response.length:
                lost = f"the connection broke off {response.length:,} bytes before the end: try again"
                raise DownloadError(lost, permanent=False)
        return data


class _Chunks:
    """A response that gives what is there, so that a large read does not wait for all of it."""

    def __init__(self, response: "HTTPResponse") -> None:
        self._response = response

    def read(self, size: int) -> bytes:
        return self._response.read1(size)


class _Deadline:
    """Ends the connections of a download after `TOTAL_S` seconds, whatever they are waiting for.

    A socket's own timeout begins anew with each byte, and so never ends a server that sends one now and then.
    """

    def __init__(self) -> None:
        self._over = threading.Event()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(TOTAL_S, self._end)
        self._timer.daemon = True

    def watch(self, connection: "socket.socket") -> None:
        # A copy: TLS takes the socket itself out of the hands of whoever has it, before its handshake.
        self._sockets.append(connection.dup())
        if self._over.is_set():  # While the name was looked up.
            self._end()

    def _end(self) -> None:
        self._over.set()
        for connection in self._sockets:
            with suppress(OSError):  # It may have ended already.
                connection.shutdown(2)  # Both ways; the constant is in a module that most posters don't need.

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._timer.cancel()
        for connection in self._sockets:
            connection.close()
        # Also without an error: a connection that ends within a header looks like an empty answer.
        if self._over.is_set():
            slow = f"the download took more than {TOTAL_S} seconds: try again, or download it yourself"
            raise DownloadError(slow, permanent=False) from error


def _open_url(url: str, deadline: _Deadline) -> Any:
    # Imported here, because it takes longer to load than most posters to predict.
    from base64 import b64encode
    from http.client import HTTPConnection, HTTPSConnection
    from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

    scheme, authority, path, query, _ = urlsplit(url)
    credentials, _, host = authority.rpartition("@")
    asked = own = urlsplit(f"//{host}").hostname

    class Watched(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)
            # Here and not by the name, which may mean another address the next time that it is looked up. A proxy is
            # the user's own.
            if asked != own and self.host.lower() == asked and not _is_public(self.sock):
                self.close()
                raise ImageError(_PRIVATE.format(host=asked))

    # In this order: HTTPSConnection connects by the class behind it, and only then begins TLS.
    class WatchedHTTPS(HTTPSConnection, Watched): ...

    class Plain(HTTPHandler):
        def http_open(self, request: Any) -> Any:
            return self.do_open(Watched, request)

    class Secure(HTTPSHandler):
        def https_open(self, request: Any) -> Any:
            return self.do_open(WatchedHTTPS, request)

    class WebRedirects(HTTPRedirectHandler):
        def redirect_request(
            self, request: Request, response: Any, code: int, message: str, headers: Any, to: str
        ) -> Any:
            nonlocal asked
            if not is_url(to):  # Python itself also follows ftp.
                response.close()  # Otherwise the connection stays open until the garbage collector finds it.
                raise ImageError(f"it redirects to {to}, but only http and https are supported")
            asked = urlsplit(to).hostname
            return super().redirect_request(request, response, code, message, headers, to)

    # People write URLs with spaces and letters beyond ASCII, which servers need escaped.
    escaped = urlunsplit((scheme, host.encode("idna").decode(), quote(path, _SAFE), quote(query, _SAFE), ""))
    request = Request(escaped, headers=HEADERS)  # noqa: RUF100, S310 - callers check `is_url`
    if credentials:
        basic = b64encode(unquote(credentials).encode()).decode()
        # Not to the server that this one redirects to.
        request.add_unredirected_header("Authorization", f"Basic {basic}")
    return build_opener(WebRedirects, Plain, Secure).open(request, timeout=SILENCE_S)


_PRIVATE = "it redirects to {host}, which is no public address: download it yourself, or allow it by --allow-private"


def _is_public(connection: "socket.socket") -> bool:
    from ipaddress import ip_address

    if _private_redirects:
        return True
    # A scope behind % is of this machine; an IPv4 address may stand in an IPv6 one.
    address = ip_address(connection.getpeername()[0].partition("%")[0])
    return (getattr(address, "ipv4_mapped", None) or address).is_global


@contextmanager
def _download_errors(url: str) -> Iterator[None]:
    """Raise whatever goes wrong in the block as a DownloadError that begins with the URL."""
    from http.client import HTTPException, InvalidURL
    from urllib.error import HTTPError, URLError

    silent = f"{url}: the server did not answer within {SILENCE_S} seconds: try again later"
    try:
        yield
    except ImageError as error:
        raise DownloadError(f"{url}: {error}", permanent=getattr(error, "permanent", True)) from error
    except HTTPError as error:
        error.close()
        raise _refused(url, error) from error
    except TimeoutError as error:
        raise DownloadError(silent, permanent=False) from error
    except URLError as error:
        message = silent if isinstance(error.reason, TimeoutError) else _unreachable(url, error.reason)
        raise DownloadError(message, permanent=False) from error
    except (HTTPException, OSError) as error:
        raise DownloadError(_unreachable(url, error), permanent=isinstance(error, InvalidURL)) from error
    except ValueError as error:
        raise DownloadError(f"{url}: this is not a valid URL ({error}): check it") from error


def _refused(url: str, error: Any) -> DownloadError:
    from http.client import responses

    soon = error.code in _SOON
    # A server may write anything in place of "Not Found". Python's own message about a redirect is worth reading.
    words = error.reason if 300 <= error.code < 400 else responses.get(error.code, "")
    answer = printable(f"{error.code} {words}")
    return DownloadError(
        f"{url}: the server answered {answer}: {'try again later' if soon else 'check the URL'}",
        soon=soon,
        permanent=not soon and error.code not in _ANOTHER_DAY,
        retry_after=seconds_to_wait(error.headers.get("Retry-After", "")),
    )


def seconds_to_wait(retry_after: str) -> float:
    """Return how many seconds a Retry-After header asks for, which may also hold a date; 0 if it makes no sense.

    Examples:
        >>> seconds_to_wait("120"), seconds_to_wait("soon")
        (120.0, 0.0)
    """
    from email.utils import parsedate_to_datetime

    if re.fullmatch("[0-9]{1,12}", retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _unreachable(url: str, reason: object) -> str:
    why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return f"{url}: it can't be reached ({why}): check the URL and the connection"
