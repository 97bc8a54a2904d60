"""Posters that are one picture, byte for byte or nearly, and whether their genres agree."""

from collections.abc import Iterator, Sequence

from posters.audit import kinds
from posters.audit.finding import Finding, Kind
from posters.audit.pictures import Pictures
from posters.audit.wording import listed
from posters.catalogue import Catalogue, Poster


def duplicate_findings(catalogue: Catalogue, pictures: Pictures) -> Iterator[Finding]:
    """One for each group of posters with the same bytes, and one for each group of different files that look alike."""
    for group in pictures.identical(catalogue):
        yield _finding(group, "have the same bytes", kinds.IDENTICAL_POSTERS, kinds.IDENTICAL_CONFLICT)
    for group in pictures.alike(catalogue):
        yield _finding(group, _alike(group, pictures), kinds.NEAR_DUPLICATES, kinds.NEAR_CONFLICT)


def _alike(group: Sequence[Poster], pictures: Pictures) -> str:
    images = {pictures.inspections[poster.id].sha256: pictures.inspections[poster.id].hash for poster in group}
    if len(images) > 2:
        return "look alike"
    one, other = images.values()
    return f"look alike ({(one ^ other).bit_count()} of 64 bits differ)"


def _finding(group: Sequence[Poster], what: str, agreeing: Kind, conflicting: Kind) -> Finding:
    kind = agreeing if len({poster.genres for poster in group}) == 1 else conflicting
    named = listed(f"{poster.id} ({', '.join(poster.genres)})" for poster in group)
    ids, images = zip(*((poster.id, poster.image) for poster in group), strict=True)
    return kind.finding(f"{named} {what}", ids=ids, images=images)
