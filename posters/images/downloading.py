"""Download a poster from the web, with limits on time and size; any failure is one line."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from posters import __version__
from posters._base.text import printable
from posters.errors import ImageError
from posters.images.decoding import read_bytes
from posters.images.limits import MAX_BYTES

if TYPE_CHECKING:
    from http.client import HTTPResponse

SILENCE_S = 15  # without an answer, the server counts as gone

TOTAL_S = 120  # ends the download from a server that trickles

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


def download(url: str) -> bytes:
    """Download a URL of http or https, following redirects only to such URLs.

    Raises:
        DownloadError: the URL can't be reached, or the server refuses, takes too long or sends more than `MAX_BYTES`.
            The message names the URL and what to do.

    Examples:
        >>> try:
        ...     download("http://:port/alien.jpg")
        ... except ImageError as error:
        ...     print(error)
        http://:port/alien.jpg: it can't be reached (nonnumeric port: 'port'): check the URL and the connection
    """
    with _download_errors(url):
        with _open_url(url) as response:
            if (response.length or 0) > MAX_BYTES:
                raise ImageError(f"it has {response.length:,} bytes, more than the limit of {MAX_BYTES:,}")
            data = read_bytes(_TimedResponse(response))
            # What is left of the announced length.
            if response.length:
                lost = f"the connection broke off {response.length:,} bytes before the end: try again"
                raise DownloadError(lost, permanent=False)
        return data


class _TimedResponse:
    """A response that can be read for `TOTAL_S` seconds in all."""

    def __init__(self, response: "HTTPResponse") -> None:
        self._response = response
        self._end = time.monotonic() + TOTAL_S

    def read(self, size: int) -> bytes:
        if time.monotonic() > self._end:
            slow = f"the download took more than {TOTAL_S} seconds: try again, or download it yourself"
            raise DownloadError(slow, permanent=False)
        # `read1` returns what is there, so that a server that trickles is noticed in time.
        return self._response.read1(size)


def _open_url(url: str) -> Any:
    # Imported here, because it takes longer to load than most posters to predict.
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class WebRedirects(HTTPRedirectHandler):
        def redirect_request(
            self, request: Request, response: Any, code: int, message: str, headers: Any, to: str
        ) -> Any:
            if not is_url(to):  # Python itself also follows ftp.
                response.close()  # Otherwise the connection stays open until the garbage collector finds it.
                raise ImageError(f"it redirects to {to}, but only http and https are supported")
            return super().redirect_request(request, response, code, message, headers, to)

    scheme, host, path, query, _ = urlsplit(url)
    # People write URLs with spaces and letters beyond ASCII, which servers need escaped.
    escaped = urlunsplit((scheme, host.encode("idna").decode(), quote(path, _SAFE), quote(query, _SAFE), ""))
    request = Request(escaped, headers=HEADERS)  # noqa: RUF100, S310 - callers check `is_url`
    return build_opener(WebRedirects).open(request, timeout=SILENCE_S)


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
