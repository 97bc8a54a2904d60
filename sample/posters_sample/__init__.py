"""The sample catalogue: posters drawn from a seed: something honest to train on without any data.

Every genre shows itself in words, letters, colours, pictures and layouts (`genres`, as data). A poster of many genres
mixes their means, means are borrowed, and the table is not always right, so a perfect score is out of reach.

The names are loaded when they are first used: `posters --help` asks for the command's parser alone.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "GENRES": "posters_sample.genres",
    "contact_sheet": "posters_sample.catalogue",
    "draw_sample": "posters_sample.catalogue",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'posters_sample' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
