"""Fetch a poster from the web, with limits on time and size; any failure is one line."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from posters import __version__
from posters.errors import ImageError
from posters.images import MAX_BYTES, read_bytes

if TYPE_CHECKING:
    from http.client import HTTPResponse

SILENCE_S = 15  # that a server may keep before it counts as gone
TOTAL_S = 120  # after which a server that trickles is given up
HEADERS = {"User-Agent": f"posters/{__version__}", "Accept": "image/*"}

_SCHEMES = ("http", "https")
_KEPT = "/%:=&?~+!$,;'@()*[]"  # what an address may hold besides letters and digits; the rest is escaped


def is_url(text: str) -> bool:
    """Whether it is an address on the web.

    >>> is_url("https://example.org/alien.jpg"), is_url("alien.jpg"), is_url("file:///alien.jpg")
    (True, False, False)
    """
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.lower() in _SCHEMES


def download(url: str) -> bytes:
    """What lies at an address of http or https; redirects are followed to no other.

    Raises:
        ImageError: it can't be reached, the server refuses, takes too long or sends more than `MAX_BYTES`. The message
            names the address, and says what to do.
    """
    with _failures(url):
        with _opened(url) as response:
            if (response.length or 0) > MAX_BYTES:
                raise ImageError(f"it has {response.length:,} bytes, and at most {MAX_BYTES:,} are fetched")
            data = read_bytes(_Timed(response))  # type: ignore[arg-type]
            if response.length:
                raise ImageError(f"the connection broke off with {response.length:,} bytes to come: try again")
        return data


class _Timed:
    """A response that may be read for `TOTAL_S` seconds in all."""

    def __init__(self, response: "HTTPResponse") -> None:
        self._response = response
        self._end = time.monotonic() + TOTAL_S

    def read(self, size: int) -> bytes:
        if time.monotonic() > self._end:
            raise ImageError(f"it was not there after {TOTAL_S} seconds: try again, or download it yourself")
        return self._response.read1(size)


def _opened(url: str) -> Any:
    # Here, because it takes longer to load than most posters to predict.
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Redirects(HTTPRedirectHandler):
        def redirect_request(
            self, request: Request, response: Any, code: int, message: str, headers: Any, to: str
        ) -> Any:
            if not is_url(to):  # Python itself follows ftp too.
                raise ImageError(f"it redirects to {to}, and only http and https are followed")
            return super().redirect_request(request, response, code, message, headers, to)

    return build_opener(Redirects).open(Request(_escaped(url), headers=HEADERS), timeout=SILENCE_S)


def _escaped(url: str) -> str:
    """As servers want it: spaces and letters beyond ASCII of the path as %XX, those of the host in IDNA."""
    scheme, host, path, query, _ = urlsplit(url)
    return urlunsplit((scheme, host.encode("idna").decode(), quote(path, _KEPT), quote(query, _KEPT), ""))


@contextmanager
def _failures(url: str) -> Iterator[None]:
    """Raise whatever goes wrong as an ImageError that begins with the address."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    try:
        yield
    except ImageError as error:
        raise ImageError(f"{url}: {error}") from error
    except HTTPError as error:
        error.close()
        raise ImageError(f"{url}: the server says {error.code} {error.reason}: check the address") from error
    except TimeoutError as error:
        raise ImageError(_silent(url)) from error
    except URLError as error:
        silent = isinstance(error.reason, TimeoutError)
        raise ImageError(_silent(url) if silent else _unreachable(url, error.reason)) from error
    except (HTTPException, OSError) as error:
        raise ImageError(_unreachable(url, error)) from error
    except ValueError as error:
        raise ImageError(f"{url}: this is no address ({error}): check it") from error


def _silent(url: str) -> str:
    return f"{url}: the server did not answer within {SILENCE_S} seconds: try again later"


def _unreachable(url: str, reason: object) -> str:
    why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return f"{url}: it can't be reached ({why}): check the address and the connection"
