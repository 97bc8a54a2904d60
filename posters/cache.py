"""Where packed posters and frozen features are kept between runs."""

import os
from dataclasses import asdict
from pathlib import Path

from posters.catalogue import Catalogue
from posters.config import PreprocessConfig
from posters.files import fingerprint


def default_cache() -> Path:
    """$POSTERS_CACHE, or `posters` in the user's own cache folder."""
    own = os.environ.get("POSTERS_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "posters"


def arrays_directory(cache: Path, catalogue: Catalogue, preprocess: PreprocessConfig) -> Path:
    """The folder of a catalogue's packed posters: one for each table, image folder and preprocessing."""
    table = str(catalogue.table.resolve()) if catalogue.table else None
    return cache / f"posters-{fingerprint([table, str(catalogue.image_root.resolve()), asdict(preprocess)])}"
