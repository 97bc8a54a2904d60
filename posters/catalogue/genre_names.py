"""One name for each genre: IMDb's where IMDb has one, and aliases that users can extend."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from posters.catalogue.causes import Cause
from posters.catalogue.genres import clean_name
from posters.catalogue.tally import Tally
from posters.catalogue.wording import quoted
from posters.errors import CatalogueError

IMDB_GENRES = (
    "Action", "Adult", "Adventure", "Animation", "Biography", "Comedy", "Crime", "Documentary", "Drama", "Family",
    "Fantasy", "Film-Noir", "Game-Show", "History", "Horror", "Music", "Musical", "Mystery", "News", "Reality-TV",
    "Romance", "Sci-Fi", "Short", "Sport", "Talk-Show", "Thriller", "War", "Western",
)  # fmt: skip

ALIASES = {
    "Animated": "Animation",
    "Biographical": "Biography",
    "Biopic": "Biography",
    "Documentaries": "Documentary",
    "Historical": "History",
    "Musicals": "Musical",
    "Noir": "Film-Noir",
    "Reality": "Reality-TV",
    "Romantic": "Romance",
    "Science Fiction": "Sci-Fi",
    "SciFi": "Sci-Fi",
    "SF": "Sci-Fi",
    "Shorts": "Short",
    "Short Film": "Short",
    "Sports": "Sport",
    "Talk": "Talk-Show",
    "Westerns": "Western",
}

# "\N" is what IMDb's own tables write for nothing, "(no genres listed)" what MovieLens writes.
_NO_GENRES = {"", "n/a", "na", "nan", "none", "null", "unknown", "undefined", "\\n", "no genre", "(no genres listed)"}


def genre_key(name: str) -> str:
    """What genre names are compared by: neither case nor `-`, `_` or space between words count."""
    return re.sub(r"[\s_-]+", " ", name.casefold()).strip()


_STANDARD = {genre_key(name): name for name in IMDB_GENRES} | {genre_key(a): name for a, name in ALIASES.items()}


_JOINED = "several genres joined by a slash are read as one; join them by | if they are several"


class GenreNames:
    """Settles what each spelling in a table is called.

    Args:
        aliases: other names and what to call them, beside `ALIASES` and before it.

    Raises:
        CatalogueError: an alias is not a pair of names, or leads on to another alias.
    """

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        self._aliases = {genre_key(alias): name for alias, name in _checked_pairs(aliases)}
        self._targets = {genre_key(name): name for name in self._aliases.values()}
        for key, name in self._aliases.items():
            onward = self._aliases.get(genre_key(name), name)
            if onward != name:
                raise CatalogueError(f"the alias {key!r} leads to {name!r}, itself an alias: lead it to {onward!r}")

    def settle(self, spellings: Mapping[str, int], tally: Tally) -> dict[str, str | None]:
        """What to call each spelling, given on how many rows it stands; None if it names no genre.

        Of a genre that no alias and no standard knows, the commonest spelling is taken.
        """
        commonest = _commonest_spellings(spellings)
        settled = {}
        for spelling in sorted(spellings, key=lambda spelling: (-spellings[spelling], spelling)):
            key = genre_key(spelling)
            name = None if self._is_none(key) else self._known(key) or commonest[key]
            _count(spelling, name, spellings[spelling], tally)
            settled[spelling] = name
        return settled

    def _is_none(self, key: str) -> bool:
        return key in _NO_GENRES and key not in self._aliases and key not in self._targets

    def _known(self, key: str) -> str | None:
        own = self._aliases.get(key) or self._targets.get(key)
        standard = _STANDARD.get(key)
        if own or standard is None:
            return own
        return self._aliases.get(genre_key(standard), standard)


def _checked_pairs(aliases: Mapping[str, str] | None) -> list[tuple[str, str]]:
    if not isinstance(aliases, Mapping | None):
        raise CatalogueError(f"aliases must map names to names, but got {quoted(aliases)}")
    pairs = list((aliases or {}).items())
    for alias, name in pairs:
        if not (isinstance(alias, str) and isinstance(name, str) and clean_name(name)):
            raise CatalogueError(f"aliases must map names to names, but got {quoted(alias)}: {quoted(name)}")
    return [(clean_name(alias), clean_name(name)) for alias, name in pairs]


def _commonest_spellings(spellings: Mapping[str, int]) -> dict[str, str]:
    ascending = sorted(spellings, key=lambda spelling: (spellings[spelling], spelling))
    return {genre_key(spelling): spelling for spelling in ascending}


def _count(spelling: str, name: str | None, rows: int, tally: Tally) -> None:
    where = f"{rows:,} row{'s' * (rows != 1)}"
    if name is None:
        tally.add("genre", "not the name of a genre", f"{spelling} on {where}", Cause.NOT_A_GENRE, genre=spelling)
        return
    into = f"{spelling} -> {name} on {where}"
    if genre_key(name) != genre_key(spelling):
        tally.add("genre", "another name of a genre, merged", into, Cause.ALIAS, genre=spelling)
    elif name != spelling:
        tally.add("genre", "another spelling of a genre, merged", into, Cause.SPELLING, genre=spelling)
    if _is_joined(name):
        tally.add("genre", _JOINED, f"{spelling} on {where}", Cause.JOINED_GENRES, genre=spelling)


def _is_joined(name: str) -> bool:
    """Whether a name is several genres with a slash between. It is not split: "Sci-Fi/Fantasy" may be meant as one."""
    parts = name.split("/")
    return len(parts) > 1 and all(genre_key(part) in _STANDARD for part in parts)


def count_spellings(cells: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """On how many rows each name stands."""
    rows: Counter[str] = Counter()
    for names, count in Counter(cells).items():
        rows.update(dict.fromkeys(names, count))
    return dict(rows)
