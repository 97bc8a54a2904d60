"""What reading the table dropped, merged or left out, as findings."""

from collections.abc import Iterator

from posters.audit import kinds
from posters.audit.finding import Finding
from posters.catalogue import Catalogue, Loss
from posters.catalogue.causes import Cause

_KINDS = {
    Cause.UNUSABLE_ROW: kinds.UNUSABLE_ROW,
    Cause.NO_IMAGE_NAMED: kinds.UNUSABLE_ROW,
    Cause.NO_ID: kinds.UNUSABLE_ROW,
    Cause.MISSING_IMAGE: kinds.MISSING_IMAGE,
    Cause.NOT_A_GENRE: kinds.NOT_A_GENRE,
    Cause.ALIAS: kinds.ALIASED_GENRE,
    Cause.SPELLING: kinds.RESPELT_GENRE,
    Cause.JOINED_GENRES: kinds.JOINED_GENRES,
    Cause.GENRE_TWICE: kinds.REPEATED_GENRE,
    Cause.REPEAT: kinds.REPEATED_ROW,
    Cause.GENRES_DIFFER: kinds.CONFLICTING_ROWS,
    Cause.FILM_DIFFERS: kinds.CONFLICTING_FILM,
    Cause.RARE_GENRE: kinds.RARE_GENRE,
    Cause.NO_GENRE_NAMED: kinds.NO_GENRE,
    Cause.NO_GENRE_LEFT: kinds.NO_GENRE,
}


def row_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """One for each thing that was lost; images that no row names are found on disk (`file_findings`)."""
    for loss in catalogue.losses:
        if not loss.cause:
            yield kinds.CORRECTION.finding(str(loss))
        elif loss.cause != Cause.UNNAMED_IMAGE:
            yield from _findings(loss)


def _findings(loss: Loss) -> Iterator[Finding]:
    kind = _KINDS[Cause(loss.cause)]
    for item in loss.items:
        yield kind.finding(f"{item.text}: {loss.reason}", ids=(item.id,), images=(item.image,), genres=(item.genre,))
