"""Listen to libtiff: it complains on stderr, from C, and may then decode whatever it made of a damaged file."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any

from posters.errors import DamagedImageError

# libtiff calls its handler in the thread that decodes.
_heard = threading.local()


@contextmanager
def libtiff_complaints_raised() -> Iterator[None]:
    """Raise what libtiff complains of in the block, in this thread, in place of having it on stderr.

    Where the library can't be reached, as in Pillow's build for Windows, the block runs as it is.

    Raises:
        DamagedImageError: libtiff complained, though it may have decoded something.

    Examples:
        >>> from PIL import Image
        >>> with libtiff_complaints_raised():
        ...     Image.new("L", (16, 16)).load() is None
        False
    """
    _listen()
    _heard.place = None
    yield
    if _heard.place is not None:
        raise DamagedImageError(f"the image is damaged (libtiff complained in {_heard.place})")


@lru_cache(maxsize=1)
def _listen() -> Any:
    """Have libtiff call a function of ours; return that, which must live as long as libtiff may call it."""
    import ctypes  # Here, because few posters are TIFF.

    # The format's arguments are for C alone: only the function that complained is told.
    def hear(module: bytes | None, _format: bytes | None, _arguments: int | None) -> None:
        _heard.place = getattr(_heard, "place", None) or (module or b"its decoder").decode("ascii", "replace")[:40]

    # void (*TIFFErrorHandler)(const char *module, const char *format, va_list arguments)
    handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)(hear)
    try:
        # The library is found through Pillow's own, which it was linked to.
        library = ctypes.CDLL(import_module("PIL._imaging").__file__)
        library.TIFFSetErrorHandler.restype = library.TIFFSetErrorHandlerExt.restype = ctypes.c_void_p
        library.TIFFSetErrorHandler(handler)
        library.TIFFSetErrorHandlerExt(None)
    except (OSError, AttributeError):
        return None
    return handler
