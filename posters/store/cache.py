"""Where packed posters, features and everything else that can be made again is kept between runs."""

from dataclasses import asdict
from pathlib import Path

from posters._base.atomic_files import fingerprint
from posters._base.cache_folder import default_cache
from posters.catalogue import Catalogue
from posters.config import PreprocessConfig

__all__ = ["arrays_directory", "default_cache"]


def arrays_directory(cache: Path, catalogue: Catalogue, preprocess: PreprocessConfig) -> Path:
    """Return the folder of a catalogue's packed posters: one per table, image folder and preprocessing.

    Examples:
        >>> catalogue = Catalogue((), ("Drama",), Path("/images"))
        >>> arrays_directory(Path("cache"), catalogue, PreprocessConfig()).parent.name
        'cache'
    """
    # Not the rows: a table that grew is packed into the same folder, where its old rows are reused.
    table = str(catalogue.table.resolve()) if catalogue.table else None
    return cache / f"posters-{fingerprint([table, str(catalogue.image_root.resolve()), asdict(preprocess)])}"
