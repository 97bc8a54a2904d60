"""Genres that too few posters have, and the posters that then have none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from posters.catalogue.catalogue import Poster
from posters.catalogue.causes import Cause
from posters.catalogue.drafts import Draft
from posters.catalogue.merging import lose
from posters.catalogue.tally import Tally
from posters.errors import CatalogueError


def common_genres(drafts: Sequence[Draft], min_posters: int, table: Path, tally: Tally) -> tuple[str, ...]:
    """The genres that at least `min_posters` of the drafts have, sorted.

    Raises:
        CatalogueError: there is none.
    """
    counts: Counter[str] = Counter()
    for genres, count in Counter(draft.genres for draft in drafts).items():
        counts.update(dict.fromkeys(genres, count))
    common = sorted(name for name, count in counts.items() if count >= min_posters)
    if not common:
        raise CatalogueError(f"{table}: {_too_few(counts, min_posters)}")
    for name in sorted(counts.keys() - set(common)):
        reason = f"fewer than {min_posters} posters, left out"
        tally.add("genre", reason, f"{name} with {counts[name]}", Cause.RARE_GENRE, genre=name)
    return tuple(common)


def _too_few(counts: Mapping[str, int], min_posters: int) -> str:
    if not counts:
        return "no poster has a genre"
    name = min(counts, key=lambda name: (-counts[name], name))
    return (
        f"no genre has {min_posters:,} posters: the commonest, {name}, has {counts[name]:,}; "
        f"pass --min-posters {counts[name]} or less, or read a larger table"
    )


def posters_with(genre_names: Sequence[str], drafts: Sequence[Draft], tally: Tally) -> tuple[Poster, ...]:
    """The posters that have any of these genres, with these alone."""
    common = frozenset(genre_names)
    kept = {genres: tuple(filter(common.__contains__, genres)) for genres in {draft.genres for draft in drafts}}
    posters = []
    for draft in drafts:
        genres = kept[draft.genres]
        if genres:
            posters.append(_poster(draft, genres))
        else:
            lose(draft, tally, *_genreless(draft))
    return tuple(posters)


def _genreless(draft: Draft) -> tuple[str, Cause]:
    if draft.genres:
        return "no genre is left", Cause.NO_GENRE_LEFT
    return "no genre is named", Cause.NO_GENRE_NAMED


def _poster(draft: Draft, genres: tuple[str, ...]) -> Poster:
    return Poster(draft.id, draft.image, genres, draft.title, draft.year, draft.group, draft.side)
