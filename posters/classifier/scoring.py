"""What a classifier says of the posters of a catalogue, beside the genres that they have."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue, Poster
from posters.errors import ImageError, ScoresError
from posters.log import logger
from posters.scores import Scores


def check_genres(catalogue: Catalogue, genre_names: tuple[str, ...], directory: Path) -> None:
    """Refuse a catalogue with a genre that the classifier in `directory` doesn't know.

    Raises:
        ScoresError: it has one.
    """
    strange = [name for name in catalogue.genre_names if name not in genre_names]
    if strange:
        raise ScoresError(
            f"{catalogue.name} has genres that the classifier in {directory} does not know: {', '.join(strange)}; it "
            f"knows {', '.join(genre_names)}: call them by these names (--alias), or leave them out "
            "(--ignore-unknown-genres)"
        )


def scores_of(
    found: Iterable[tuple[Poster, np.ndarray | ImageError]], catalogue: Catalogue, genre_names: tuple[str, ...]
) -> Scores:
    """The scores of those posters that could be read; each other one is named on stderr and left out.

    Args:
        found: of each poster the probabilities (G,), or why it can't be read.
        catalogue: whose posters they are.
        genre_names: of the G probabilities. Those that the catalogue lacks have no positives.

    Raises:
        ScoresError: none could be read.
    """
    scored: list[tuple[Poster, np.ndarray]] = []
    for poster, outcome in found:
        if isinstance(outcome, ImageError):
            logger.warning(f"{poster.id} is left out: {outcome}")
        else:
            scored.append((poster, outcome))
    if not scored:
        raise ScoresError(f"none of the {len(catalogue):,} posters of {catalogue.name} can be read")
    readable = Catalogue(tuple(poster for poster, _ in scored), genre_names, catalogue.image_root)
    return Scores(
        ids=readable.ids,
        genre_names=genre_names,
        y_score=np.array([probabilities for _, probabilities in scored], float),
        y_true=readable.multi_hot(),
    )
