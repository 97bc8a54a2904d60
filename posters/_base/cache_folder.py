"""The folder of everything that can be made, or fetched, again."""

import os
from pathlib import Path


def default_cache() -> Path:
    """Return $POSTERS_CACHE, or `posters` in the user's cache folder.

    Examples:
        >>> os.environ["POSTERS_CACHE"] = "/scratch/posters"
        >>> str(default_cache())
        '/scratch/posters'
        >>> del os.environ["POSTERS_CACHE"]
    """
    own = os.environ.get("POSTERS_CACHE")
    # XDG Base Directory Specification: an empty variable counts as none.
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "posters"
