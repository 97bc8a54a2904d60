"""Check posters that are one picture, byte for byte or nearly, or of one film: do their genres agree, do they leak."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from posters._base.text import counted, genre_list, listed
from posters.audit import kinds
from posters.audit.context import AuditContext, sharing
from posters.audit.kinds import Finding, Kind
from posters.catalogue import Poster
from posters.images.perceptual_hash import NEAR
from posters.splitting.groups import film_of


def duplicate_findings(context: AuditContext) -> Iterator[Finding]:
    """Yield one finding for each group of posters with the same bytes, and one for each group that looks alike.

    Examples:
        >>> from pathlib import Path
        >>> from posters.audit.inspection import Inspection
        >>> from posters.catalogue import Catalogue
        >>> posters = (Poster("a", "1.jpg", ("Drama",)), Poster("b", "1.jpg", ("War",)))
        >>> images = {"1.jpg": Inspection("1.jpg", 9, 9, spread=50.0)}
        >>> context = AuditContext(Catalogue(posters, ("Drama", "War"), Path()), images, {}, 20)
        >>> [finding.message for finding in duplicate_findings(context)]
        ['a (Drama) and b (War) have the same bytes']
    """
    for group in context.identical(context.catalogue):
        kind = kinds.IDENTICAL_POSTERS if _genres_agree(group) else kinds.IDENTICAL_CONFLICT
        yield _finding(kind, group, _labels(group), "have the same bytes")
    for group in context.alike(context.catalogue):
        kind = kinds.NEAR_DUPLICATES if _genres_agree(group) else kinds.NEAR_CONFLICT
        what = "look alike"
        hashes = {image.sha256: image.hash for image in (context.inspections[poster.image] for poster in group)}
        # Of more than two files there is no single distance, and chains may be longer than the limit.
        if len(hashes) == 2:
            one, other = hashes.values()
            bits = (one ^ other).bit_count()
            what += f" ({bits} of 64 bits differ)" if bits <= NEAR else " (to the network, though not by their hashes)"
        yield _finding(kind, group, _labels(group), what)


def _genres_agree(group: Iterable[Poster]) -> bool:
    """Return whether no poster lacks a genre that another one has; one that is unknown contradicts nothing."""
    labels = {(poster.genres, poster.unknown) for poster in group}
    had = {name for genres, _ in labels for name in genres}
    return all(had <= {*genres, *unknown} for genres, unknown in labels)


def _labels(group: Iterable[Poster]) -> dict[str, str]:
    return {poster.id: genre_list(poster.genres, poster.unknown) for poster in group}


def _finding(kind: Kind, group: Sequence[Poster], shown: Mapping[str, str], what: str) -> Finding:
    """Return a finding about a group, whose posters are `shown` by their ids and something in brackets."""
    named = listed(f"{poster.id} ({shown[poster.id]})" for poster in group)
    ids, images = zip(*((poster.id, poster.image) for poster in group), strict=True)
    return kind.finding(f"{named} {what}", ids=ids, images=images)


def film_findings(context: AuditContext) -> Iterator[Finding]:
    """Yield one finding for each film, by title and year, that has several ids.

    Examples:
        >>> from pathlib import Path
        >>> from posters.audit.inspection import Inspection
        >>> from posters.catalogue import Catalogue
        >>> heat = {"title": "Heat", "year": 1995}
        >>> posters = (Poster("a", "a.jpg", ("Drama",), **heat), Poster("b", "b.jpg", ("Comedy",), **heat))
        >>> images = {name: Inspection(name, 9, 9, sha256=name, spread=50.0) for name in ("a.jpg", "b.jpg")}
        >>> context = AuditContext(Catalogue(posters, ("Comedy", "Drama"), Path()), images, {}, 20)
        >>> [finding.message for finding in film_findings(context)]
        ['a (Drama) and b (Comedy) have the same title and year, Heat (1995)']
    """
    pictures = [{poster.id for poster in group} for group in context.identical(context.catalogue)]
    for film in sharing(context.catalogue, film_of):
        agree = _genres_agree(film)
        # Posters of one group are of one film because the table says so, and equal bytes have a finding already.
        known = agree and film[0].group is not None and len({poster.group for poster in film}) == 1
        if known or any(picture.issuperset(poster.id for poster in film) for picture in pictures):
            continue
        kind = kinds.SAME_FILM_POSTERS if agree else kinds.SAME_FILM_CONFLICT
        what = f"have the same title and year, {film[0].title} ({film[0].year})"
        yield _finding(kind, film, _labels(film), what)


def leak_findings(context: AuditContext) -> Iterator[Finding]:
    """Yield one finding for each picture, film and group in more than one split, and what splits and table don't share.

    Without splits there is nothing to check.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue import Catalogue
        >>> catalogue = Catalogue((), ("Drama",), Path())
        >>> [finding.message for finding in leak_findings(AuditContext(catalogue, {}, {"a": "train"}, 20))]
        ['the splits name 1 poster that is not in the table: a']
    """
    splits = context.splits
    if not splits:
        return
    # A poster in no split trains nothing and judges nothing, and so leaks nothing.
    placed = [poster for poster in context.catalogue if poster.id in splits]
    groups = (
        (kinds.LEAKED_PICTURE, context.identical(placed), "have the same bytes"),
        (kinds.LEAKED_LOOKALIKE, context.alike(placed), "look alike"),
        (kinds.LEAKED_FILM, sharing(placed, film_of), "belong to one film"),
        (kinds.LEAKED_GROUP, sharing(placed, lambda poster: poster.group), "belong to one group"),
    )
    for kind, found, what in groups:
        leaks = (group for group in found if len({splits[poster.id] for poster in group}) > 1)
        yield from (_finding(kind, group, splits, what) for group in leaks)
    unknown = tuple(sorted(set(splits).difference(context.catalogue.ids)))
    if unknown:
        are = "is" if len(unknown) == 1 else "are"
        message = f"the splits name {counted(len(unknown), 'poster')} that {are} not in the table: {listed(unknown)}"
        yield kinds.UNKNOWN_ID.finding(message, ids=unknown)
    left_out = tuple(id for id in context.catalogue.ids if id not in splits)
    if left_out:
        message = f"{counted(len(left_out), 'poster')} in no split: {listed(left_out)}"
        yield kinds.NO_SPLIT.finding(message, ids=left_out)
