"""Posters by address and not in a file of their own: on the web, in a store, in a table, or in the text itself."""

from posters.images.data_urls import is_data_url, read_data_url, shortened
from posters.images.downloading import download, is_url, without_credentials
from posters.images.object_store import is_stored, read_stored
from posters.images.parquet_images import is_in_parquet, read_from_parquet


def is_address(text: str) -> bool:
    """Return whether a text is an address and no path: a URL, one with the data in it, or of a store or a Parquet file.

    Examples:
        >>> [is_address(text) for text in ("https://example.org/a.jpg", "data:,", "s3://bucket/a.jpg", "a.jpg")]
        [True, True, True, False]
    """
    return is_url(text) or is_data_url(text) or is_stored(text) or is_in_parquet(text)


def read_address(address: str) -> bytes:
    """Return the bytes of the image file at an address.

    Raises:
        ImageError: it can't be read.
        ConfigError: nothing can be read there: the store does not answer, or the file is damaged.
        MissingExtraError: what reads it is not installed.

    Examples:
        >>> read_address("data:,pixels")
        b'pixels'
    """
    if is_data_url(address):
        return read_data_url(address)
    if is_url(address):
        return download(address)
    return read_from_parquet(address) if is_in_parquet(address) else read_stored(address)


def shown_address(address: str) -> str:
    """Return an address as it may be printed: without passwords, and short.

    Examples:
        >>> shown_address("https://me:secret@example.org/a.jpg")
        'https://example.org/a.jpg'
    """
    return shortened(address) if is_data_url(address) else without_credentials(address)
