"""Genres that few posters have, and those that may be another one misspelt."""

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from posters.audit import kinds
from posters.audit.finding import Finding
from posters.audit.wording import counted
from posters.catalogue import Catalogue, Poster
from posters.catalogue.genre_names import IMDB_GENRES

# Twice the letters in common, over all letters: one letter of five may be missing, added or another.
_ALIKE = 0.8


def genre_findings(catalogue: Catalogue, min_posters: int) -> Iterator[Finding]:
    """One for each genre with fewer than `min_posters` posters, or that is written like a much commoner one.

    Args:
        catalogue: read with `min_posters=1`, so that its rare genres are still there.
        min_posters: as training will have it.
    """
    posters_of = defaultdict(list)
    for poster in catalogue:
        for name in poster.genres:
            posters_of[name].append(poster)
    counts = {name: len(posters) for name, posters in posters_of.items()}
    rare = {name for name, count in counts.items() if count < min_posters}
    for name, posters in posters_of.items():
        ids = tuple(poster.id for poster in posters)
        common = _misspelt(name, counts)
        if common:
            message = f"{name} ({counted(len(ids), 'poster')}) is written almost like {common} ({counts[common]:,})"
            yield kinds.MISSPELT_GENRE.finding(message, ids=ids, genres=(name, common))
        elif name in rare:
            yield kinds.RARE_GENRE.finding(_rare(name, posters, rare, min_posters), ids=ids, genres=(name,))


def _misspelt(name: str, counts: Mapping[str, int]) -> str | None:
    """The commoner genre that `name` may stand for. IMDb's own names are right: Music is no misspelt Musical."""
    if name in IMDB_GENRES:
        return None
    common = {_letters(other): other for other in counts if counts[other] >= kinds.MUCH_COMMONER * counts[name]}
    close = difflib.get_close_matches(_letters(name), common, n=1, cutoff=_ALIKE)
    return common[close[0]] if close else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold())) or name


def _rare(name: str, posters: Sequence[Poster], rare: set[str], min_posters: int) -> str:
    message = f"{name} has {counted(len(posters), 'poster')}, fewer than {min_posters:,}"
    lost = sum(rare.issuperset(poster.genres) for poster in posters)
    if not lost:
        return message
    return f"{message}; {lost:,} of them {'has' if lost == 1 else 'have'} no common genre, and would be left out"
