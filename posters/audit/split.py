"""What would leak from one side of a split to another."""

from collections.abc import Callable, Hashable, Iterator, Mapping

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
    yield from _leaks(catalogue, sides, kinds.LEAKED_PICTURE, pictures.look, "show the same picture")
    yield from _leaks(catalogue, sides, kinds.LEAKED_FILM, film_of, "belong to one film")
    yield from _leaks(catalogue, sides, kinds.LEAKED_GROUP, lambda poster: poster.group, "belong to one group")
    unknown = tuple(sorted(set(sides).difference(catalogue.ids)))
    if unknown:
        message = f"the split names {counted(len(unknown), 'poster')} that the table does not have: {listed(unknown)}"
        yield kinds.UNKNOWN_ID.finding(message, ids=unknown)
    left_out = tuple(id for id in catalogue.ids if id not in sides)
    if left_out:
        message = f"{counted(len(left_out), 'poster')} without a side: {listed(left_out)}"
        yield kinds.NO_SIDE.finding(message, ids=left_out)


def _leaks(
    catalogue: Catalogue,
    sides: Mapping[str, str],
    kind: Kind,
    key: Callable[[Poster], Hashable | None],
    what: str,
) -> Iterator[Finding]:
    placed = [poster for poster in catalogue if poster.id in sides]
    for group in sharing(placed, key):
        if len({sides[poster.id] for poster in group}) > 1:
            named = listed(f"{poster.id} ({sides[poster.id]})" for poster in group)
            ids, images = zip(*((poster.id, poster.image) for poster in group), strict=True)
            yield kind.finding(f"{named} {what}", ids=ids, images=images)
