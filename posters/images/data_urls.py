"""Images inside a text: data URLs (RFC 2397), as browsers and APIs hand them around."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

from posters.errors import ImageError

_SCHEME = "data:"
_SHOWN = 80  # characters of a source that a message repeats


def is_data_url(text: str) -> bool:
    """Return whether a text holds its data itself.

    Examples:
        >>> is_data_url("data:image/png;base64,iVBOR"), is_data_url("data/heat.png")
        (True, False)
    """
    return text[: len(_SCHEME)].lower() == _SCHEME


def read_data_url(text: str) -> bytes:
    """Return the bytes in a data URL, written in base64 or with escapes.

    Raises:
        ImageError: it has no comma, or its base64 is damaged; the message begins with the first 80 characters.

    Examples:
        >>> read_data_url("data:image/png;base64,iVBORw0KGgo=")[1:4]
        b'PNG'
    """
    head, comma, data = text.partition(",")
    if not comma:
        raise ImageError(f"{shortened(text)}: a data URL has a comma before its data, and this has none")
    if not head.lower().rstrip().endswith(";base64"):
        return unquote_to_bytes(data)
    # Copied addresses have line breaks and lack the padding; those for URLs have - and _ in place of + and /.
    plain = unquote_to_bytes("".join(data.split())).rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError(f"{shortened(text)}: the base64 of the data URL is damaged ({error})") from error


def shortened(text: str) -> str:
    """Return a name for messages: at most 80 characters of a text.

    Examples:
        >>> len(shortened("data:image/png;base64," + 1000 * "A"))
        80
    """
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
