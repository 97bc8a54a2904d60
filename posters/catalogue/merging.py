"""Spellings to genres, and repeated rows to one poster."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from posters.catalogue.causes import Cause
from posters.catalogue.drafts import Draft
from posters.catalogue.genre_names import GenreNames, count_spellings
from posters.catalogue.tally import Tally
from posters.catalogue.wording import quoted
from posters.errors import CatalogueError


def settle_genres(drafts: Sequence[Draft], names: GenreNames, tally: Tally) -> None:
    """Put the names that genres go by, sorted and once each, in the place of the table's spellings."""
    settled = names.settle(count_spellings(draft.genres for draft in drafts), tally)
    called: dict[tuple[str, ...], list[str]] = {}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for draft in drafts:
        if draft.genres not in called:
            called[draft.genres] = _called(draft.genres, settled)
            genres = tuple(sorted(set(called[draft.genres])))
            shared[draft.genres] = shared.setdefault(genres, genres)
        if len(called[draft.genres]) > len(shared[draft.genres]):
            lose(draft, tally, "a genre is named twice, counted once", Cause.GENRE_TWICE)
        draft.genres = shared[draft.genres]


def _called(spellings: Sequence[str], settled: Mapping[str, str | None]) -> list[str]:
    return [name for name in map(settled.__getitem__, spellings) if name is not None]


def merge_repeats(drafts: Sequence[Draft], table: Path, tally: Tally) -> list[Draft]:
    """One draft for each id: the first, with the genres of all of them.

    Raises:
        CatalogueError: rows of one id name different images, groups or sides, so that the id can't be one poster's.
    """
    merged: dict[str, Draft] = {}
    for draft in drafts:
        first = merged.setdefault(draft.id, draft)
        if first is not draft:
            _check_same(first, draft, table)
            lose(draft, tally, *_merge(first, draft))
    return list(merged.values())


def lose(draft: Draft, tally: Tally, reason: str, cause: Cause) -> None:
    """Count what is lost of a draft's row."""
    tally.add("row", reason, f"{draft.id} in {draft.where}", cause, id=draft.id, image=draft.image)


def _check_same(first: Draft, second: Draft, table: Path) -> None:
    for field in ("image", "group", "side"):
        one, other = getattr(first, field), getattr(second, field)
        if one != other:
            raise CatalogueError(
                f"{table}: {first.where} and {second.where} have the same id {quoted(first.id)}, but {field} "
                f"{quoted(one)} and {quoted(other)}: "
                "give each poster its own id, and all posters of a film one group"
            )


def _merge(first: Draft, second: Draft) -> tuple[str, Cause]:
    """Take over what `second` adds, and return what to call that."""
    if first.genres != second.genres:
        first.genres = tuple(sorted({*first.genres, *second.genres}))
        return "an earlier row has the same id but other genres, united", Cause.GENRES_DIFFER
    if (first.title, first.year) != (second.title, second.year):
        first.title, first.year = first.title or second.title, first.year or second.year
        return "an earlier row has the same id but another title or year, the earlier kept", Cause.FILM_DIFFERS
    return "repeats an earlier row, merged", Cause.REPEAT
