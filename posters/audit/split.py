"""What would leak from one side of a split to another."""

from collections.abc import Iterable, Iterator, Mapping

from posters.audit import kinds
from posters.audit.finding import Finding, Kind
from posters.audit.pictures import Pictures, sharing
from posters.audit.wording import counted, listed
from posters.catalogue import Catalogue, Poster
from posters.duplicates import film_of


def split_findings(catalogue: Catalogue, sides: Mapping[str, str], pictures: Pictures) -> Iterator[Finding]:
    """One for each picture, film and group on more than one side, and what the split and the table don't share.

    Args:
        catalogue: the posters.
        sides: "train", "validation" or "test" for each id; with none at all there is no split to look at.
        pictures: of the catalogue.
    """
    if not sides:
        return
    placed = [poster for poster in catalogue if poster.id in sides]
    groups = sharing(placed, lambda poster: poster.group)
    yield from _leaks(pictures.identical(placed), sides, kinds.LEAKED_PICTURE, "have the same bytes")
    yield from _leaks(pictures.alike(placed), sides, kinds.LEAKED_LOOKALIKE, "look alike")
    yield from _leaks(sharing(placed, film_of), sides, kinds.LEAKED_FILM, "belong to one film")
    yield from _leaks(groups, sides, kinds.LEAKED_GROUP, "belong to one group")
    unknown = tuple(sorted(set(sides).difference(catalogue.ids)))
    if unknown:
        message = f"the split names {counted(len(unknown), 'poster')} that the table does not have: {listed(unknown)}"
        yield kinds.UNKNOWN_ID.finding(message, ids=unknown)
    left_out = tuple(id for id in catalogue.ids if id not in sides)
    if left_out:
        message = f"{counted(len(left_out), 'poster')} without a side: {listed(left_out)}"
        yield kinds.NO_SIDE.finding(message, ids=left_out)


def _leaks(groups: Iterable[list[Poster]], sides: Mapping[str, str], kind: Kind, what: str) -> Iterator[Finding]:
    for group in groups:
        if len({sides[poster.id] for poster in group}) > 1:
            named = listed(f"{poster.id} ({sides[poster.id]})" for poster in group)
            ids, images = zip(*((poster.id, poster.image) for poster in group), strict=True)
            yield kind.finding(f"{named} {what}", ids=ids, images=images)
