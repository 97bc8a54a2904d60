"""From records to posters: one name for each genre, one record for each poster, and the genres that are common."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from posters._base.text import quoted
from posters.catalogue.catalogue import Poster, all_different
from posters.catalogue.genre_names import GenreNames, count_spellings
from posters.catalogue.problems import Cause, ProblemLog
from posters.catalogue.rows import Record
from posters.errors import CatalogueError


def settle_genres(records: Sequence[Record], names: GenreNames, log: ProblemLog) -> None:
    """Replace the table's spellings by the catalogue's genre names, sorted and once each.

    Examples:
        >>> record = Record(2, "7", ("7.jpg",), "", genres=("thriller", "Science Fiction"))
        >>> settle_genres([record], GenreNames(), ProblemLog())
        >>> record.genres
        ('Sci-Fi', 'Thriller')
    """
    spellings_of = chain(
        (record.genres for record in records), (record.unknown for record in records if record.unknown)
    )
    settled = names.settle(count_spellings(spellings_of), log)
    # By a row's spellings: the names, repeats included, and without them. Equal rows share one tuple.
    named: dict[tuple[str, ...], list[str]] = {}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for record in records:
        spellings = record.genres
        if spellings not in named:
            named[spellings] = [name for name in map(settled.__getitem__, spellings) if name is not None]
            genres = tuple(sorted(set(named[spellings])))
            shared[spellings] = shared.setdefault(genres, genres)
        if len(named[spellings]) > len(shared[spellings]):
            log_record(log, record, "a genre is named twice, counted once", Cause.GENRE_TWICE)
        record.genres = shared[spellings]
        if record.unknown:
            unknown = {name for name in map(settled.__getitem__, record.unknown) if name is not None}
            if not unknown.isdisjoint(record.genres):
                log_record(log, record, "a genre is listed and unknown at once, taken as listed", Cause.GENRE_TWICE)
            named_unknown = tuple(sorted(unknown.difference(record.genres)))
            record.unknown = shared.setdefault(named_unknown, named_unknown)


def merge_repeats(records: Sequence[Record], table: Path, log: ProblemLog) -> list[Record]:
    """Return one record for each id: the first, with the genres of all of them.

    Raises:
        CatalogueError: rows of one id name different images, groups or splits, so that the id can't be one poster's.

    Examples:
        >>> rows = [Record(2 + n, "7", ("7.jpg",), "", genres=(name,)) for n, name in enumerate(("Crime", "Drama"))]
        >>> [record.genres for record in merge_repeats(rows, Path("t.csv"), ProblemLog())]
        [('Crime', 'Drama')]
    """
    if all_different([record.id for record in records]):
        return list(records)
    merged: dict[str, Record] = {}
    long = has_row_for_each_genre(records)
    for record in records:
        first = merged.setdefault(record.id, record)
        if first is record:
            continue
        for field in ("image", "group", "split"):
            one, other = getattr(first, field), getattr(record, field)
            if one != other:
                raise CatalogueError(
                    f"{table}: {first.where} and {record.where} have the same id {quoted(first.id)}, but {field} "
                    f"{quoted(one or None)} and {quoted(other or None)}: "
                    "give each poster its own id, and all posters of a film one group"
                )
        # A genre that one row lists is known. One that a row calls unknown, and the others don't list, is unknown.
        unknown = {*first.unknown, *record.unknown}.difference(first.genres, record.genres)
        same_unknown = first.unknown == record.unknown
        first.unknown = record.unknown = tuple(sorted(unknown))
        # In a table with a row for each genre, another genre is no contradiction.
        if long and not set(record.genres) <= set(first.genres):
            record.genres = first.genres = tuple(sorted({*first.genres, *record.genres}))
            first.film = (first.film[0] or record.film[0], first.film[1] or record.film[1])
            continue
        if long:
            record.genres = first.genres
        log_record(log, record, *_merge(first, record, same_unknown))
    return list(merged.values())


def has_row_for_each_genre(records: Sequence[Record]) -> bool:
    """Return whether a table has a row for each genre of a poster: one genre a row, and many posters in several rows.

    Examples:
        >>> rows = [Record(2 + n, "7", ("7.jpg",), "", genres=(name,)) for n, name in enumerate(("Crime", "Drama"))]
        >>> has_row_for_each_genre(rows), has_row_for_each_genre(rows[:1])
        (True, False)
    """
    if any(len(record.genres) > 1 for record in records):
        return False
    rows = Counter(record.id for record in records)
    # Half of the posters: a few repeated ids among many are rather mistakes.
    return 2 * sum(count > 1 for count in rows.values()) >= len(rows)


def _merge(first: Record, second: Record, same_unknown: bool) -> tuple[str, Cause]:
    """Take over what the second record adds, and return why it is dropped."""
    if first.genres != second.genres or not same_unknown:
        first.genres = tuple(sorted({*first.genres, *second.genres}))
        return "an earlier row has the same id but other genres, united", Cause.GENRES_DIFFER
    if first.film != second.film:
        first.film = (first.film[0] or second.film[0], first.film[1] or second.film[1])
        return "an earlier row has the same id but another title or year, the earlier kept", Cause.FILM_DIFFERS
    return "repeats an earlier row, merged", Cause.REPEAT


def log_record(log: ProblemLog, record: Record, reason: str, cause: Cause) -> None:
    """Count a problem of a record that has an image.

    Examples:
        >>> log = ProblemLog()
        >>> log_record(log, Record(2, "7", ("7.jpg",), ""), "no genre is named", Cause.NO_GENRE_NAMED)
        >>> print(*log.problems())
        1 row: no genre is named (7 in row 2)
    """
    log.add("row", reason, f"{record.id} in {record.where}", cause, id=record.id, image=record.image)


def common_genres(records: Sequence[Record], min_posters: int, table: Path, log: ProblemLog) -> tuple[str, ...]:
    """Return the genres that at least `min_posters` of the records have, sorted.

    Raises:
        CatalogueError: there is none.

    Examples:
        >>> rows = [Record(2, "7", ("7.jpg",), "", genres=("Drama", "War")), Record(3, "8", (), "", genres=("Drama",))]
        >>> common_genres(rows, 2, Path("t.csv"), ProblemLog())
        ('Drama',)
    """
    counts = count_spellings(record.genres for record in records)
    common = sorted(name for name, count in counts.items() if count >= min_posters)
    if not counts:
        raise CatalogueError(f"{table}: no poster has a genre")
    if not common:
        name = min(counts, key=lambda name: (-counts[name], name))
        raise CatalogueError(
            f"{table}: no genre has {min_posters:,} posters: the commonest, {name}, has {counts[name]:,}; "
            f"pass --min-posters {counts[name]} or less, or read a larger table"
        )
    for name in sorted(counts.keys() - set(common)):
        reason = f"fewer than {min_posters} posters, left out"
        log.add("genre", reason, f"{name} with {counts[name]}", Cause.RARE_GENRE, genre=name)
    unknown = count_spellings(record.unknown for record in records if record.unknown)
    for name in sorted(unknown.keys() - counts.keys()):
        example = f"{name}, unknown for {unknown[name]:,}"
        log.add("genre", "no poster is known to have it, left out", example, Cause.RARE_GENRE, genre=name)
    return tuple(common)


def posters_with(genre_names: Sequence[str], records: list[Record], log: ProblemLog) -> tuple[Poster, ...]:
    """Return the posters that have any of these genres, with these genres only.

    A poster without a genre is left out, unless some genres are unknown for it: then somebody has looked at the others.
    The list of records is empty in the end: of a million, a poster takes the place of its record.

    Examples:
        >>> rows = [Record(2, "7", (), "", genres=("Drama", "War")), Record(3, "8", (), "", genres=("War",))]
        >>> [(poster.id, poster.genres) for poster in posters_with(["Drama"], rows, ProblemLog())]
        [('7', ('Drama',))]
    """
    common = frozenset(genre_names)
    # Once for each set of genres, and not for each of perhaps a million records.
    sets = {names for record in records for names in (record.genres, record.unknown)}
    kept = {names: tuple(filter(common.__contains__, names)) for names in sets}
    posters = []
    records.reverse()
    while records:
        record = records.pop()
        genres, unknown = kept[record.genres], kept[record.unknown]
        if genres or (unknown and not record.genres and len(unknown) < len(common)):
            posters.append(record.to_poster(genres, unknown))
        elif record.genres:
            log_record(log, record, "no genre is left", Cause.NO_GENRE_LEFT)
        else:
            log_record(
                log, record, f"no {'label is known' if record.unknown else 'genre is named'}", Cause.NO_GENRE_NAMED
            )
    return tuple(posters)
