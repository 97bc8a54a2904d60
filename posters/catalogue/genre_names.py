"""One name for each genre: IMDb's where IMDb has one, and aliases that users can extend."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from posters._base.text import counted, quoted
from posters.catalogue.genre_cells import clean_name
from posters.catalogue.problems import Cause, ProblemLog
from posters.errors import CatalogueError

# As IMDb spells them; other tables' names are compared with these by `genre_key`.
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

# The Movie Database's numbers, of films and of television; their names are then read like any others.
TMDB_GENRES = {
    "28": "Action", "12": "Adventure", "16": "Animation", "35": "Comedy", "80": "Crime", "99": "Documentary",
    "18": "Drama", "10751": "Family", "14": "Fantasy", "36": "History", "27": "Horror", "10402": "Music",
    "9648": "Mystery", "10749": "Romance", "878": "Science Fiction", "10770": "TV Movie", "53": "Thriller",
    "10752": "War", "37": "Western", "10759": "Action & Adventure", "10762": "Kids", "10763": "News",
    "10764": "Reality", "10765": "Sci-Fi & Fantasy", "10766": "Soap", "10767": "Talk", "10768": "War & Politics",
}  # fmt: skip
_JOINED = (
    "several genres joined in one name are read as one; separate them by |, or name what joins them (--separator), "
    "if they are several"
)
# What may join genres in one name, beside the separators that are read anyway: tried in turn.
_SIGNS = "/&+,;|\u00b7\u2022\u3001\uff0f"
_JOINING = (re.compile(rf"\s*[{_SIGNS}]\s*"), re.compile(r"\s+(?:and|et|und|y)\s+", re.IGNORECASE))


def genre_key(name: str) -> str:
    """Return what genre names are compared by: case, and `-`, `_` or space between words, don't matter.

    Examples:
        >>> genre_key("Film-Noir") == genre_key("film noir")
        True
    """
    return re.sub(r"[\s_-]+", " ", name.casefold()).strip()


# The standard name by the key of each standard name and alias.
# What else people join genres by; with spaces first, because some names hold a mark without.
_JOINERS = (" / ", " & ", " + ", " - ", " and ", "/", "&", "+", "-")
_STANDARD = {genre_key(name): name for name in IMDB_GENRES} | {genre_key(a): name for a, name in ALIASES.items()}


class GenreNames:
    """Decides what each spelling in a table is called.

    Args:
        aliases: other names and what to call them; they come before `ALIASES`.

    Raises:
        CatalogueError: an alias is not a pair of names, or leads to another alias.

    Examples:
        >>> GenreNames({"Suspense": "Thriller"}).settle({"suspense": 2, "sci fi": 1}, ProblemLog())
        {'suspense': 'Thriller', 'sci fi': 'Sci-Fi'}
    """

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        if not isinstance(aliases, Mapping | None):
            raise CatalogueError(f"aliases must map names to names, but got {quoted(aliases)}")
        self._aliases: dict[str, str] = {}
        for alias, name in (aliases or {}).items():
            if not (isinstance(alias, str) and isinstance(name, str) and clean_name(name)):
                raise CatalogueError(f"aliases must map names to names, but got {quoted(alias)}: {quoted(name)}")
            self._aliases[genre_key(clean_name(alias))] = clean_name(name)
        # A name that an alias leads to is a genre, even if it looks like no genre ("Unknown").
        self._targets = {genre_key(name): name for name in self._aliases.values()}
        for key, name in self._aliases.items():
            onward = self._aliases.get(genre_key(name), name)
            if onward != name:
                raise CatalogueError(f"the alias {key!r} leads to {name!r}, itself an alias: lead it to {onward!r}")

    def _numbers(self, spellings: Mapping[str, int]) -> dict[str, str | None]:
        """Return what TMDB calls each number, None for an unknown one; nothing if the numbers are not TMDB's."""
        numbers = [
            spelling for spelling in spellings if spelling.isdecimal() and genre_key(spelling) not in self._aliases
        ]
        # Somebody's own class numbers, 0 to 20 say, hit a few of TMDB's by chance.
        if 2 * sum(number in TMDB_GENRES for number in numbers) <= len(numbers):
            return {}
        return {number: TMDB_GENRES.get(number) for number in numbers}

    def settle(self, spellings: Mapping[str, int], log: ProblemLog) -> dict[str, str | None]:
        """Return the genre name of each spelling; None for a spelling that names no genre.

        A genre that neither an alias nor the standard knows keeps its commonest spelling.

        Args:
            spellings: on how many rows each stands.
            log: counts what was merged and what was dropped.
        """
        numbers = self._numbers(spellings)
        known = _STANDARD.keys() | {genre_key(spelling) for spelling in spellings} | self._targets.keys()
        # In ascending order, so that the commonest spelling is the last one written.
        ascending = sorted(spellings, key=lambda spelling: (spellings[spelling], spelling))
        commonest = {genre_key(spelling): spelling for spelling in ascending}
        settled = {}
        for spelling in sorted(spellings, key=lambda spelling: (-spellings[spelling], spelling)):
            key = genre_key(spelling)
            name = self._aliases.get(key) or self._targets.get(key)
            if not name and spelling in numbers:
                name = numbers[spelling]
                key = genre_key(name or "")
            if (not name or spelling in numbers) and key in _STANDARD:
                name = self._aliases.get(genre_key(_STANDARD[key]), _STANDARD[key])
            elif not name:
                name = None if key in _NO_GENRES or spelling in numbers else commonest[key]
            _log_renaming(spelling, name, spellings[spelling], log)
            # Reported but not split: "Sci-Fi/Fantasy" may be meant as one genre.
            if name == spelling and name not in TMDB_GENRES.values() and is_joined(name, known):
                where = counted(spellings[spelling], "row")
                log.add("genre", _JOINED, f"{spelling} on {where}", Cause.JOINED_GENRES, genre=spelling)
            settled[spelling] = name
        return settled


def is_joined(name: str, known: Collection[str]) -> bool:
    """Return whether a name falls apart into two or more genres, by a sign between them or by spaces alone.

    Args:
        name: of a genre.
        known: keys (see `genre_key`) of the genres that are known.

    Examples:
        >>> known = {genre_key(name) for name in IMDB_GENRES} | {"sword and sorcery"}
        >>> [is_joined(name, known) for name in ("Drama & War", "Drama Film-Noir", "Sword and Sorcery", "Drama")]
        [True, True, False, False]
    """
    known = set(known) - {genre_key(name)}
    for joining in _JOINING:
        parts = joining.split(name)
        if len(parts) > 1 and all(genre_key(part) in known for part in parts):
            return True
    # By spaces: words are used up from the left, the longest genre first ("Science Fiction Drama").
    words = genre_key(name).split()
    while words:
        length = next((n for n in range(len(words), 0, -1) if " ".join(words[:n]) in known), 0)
        if not length:
            return False
        words = words[length:]
    return True


def _log_renaming(spelling: str, name: str | None, rows: int, log: ProblemLog) -> None:
    where = counted(rows, "row")
    if name is None:
        log.add("genre", "not the name of a genre", f"{spelling} on {where}", Cause.NOT_A_GENRE, genre=spelling)
        return
    into = f"{spelling} -> {name} on {where}"
    if genre_key(name) != genre_key(spelling):
        log.add("genre", "another name of a genre, merged", into, Cause.ALIAS, genre=spelling)
    elif name != spelling:
        log.add("genre", "another spelling of a genre, merged", into, Cause.SPELLING, genre=spelling)


def count_spellings(cells: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """Return on how many rows each name stands; a name that a row repeats counts once.

    Examples:
        >>> count_spellings([("Drama", "War"), ("Drama",), ("Drama", "Drama")])
        {'Drama': 3, 'War': 1}
    """
    rows: Counter[str] = Counter()
    # Equal cells are counted together: a million rows have a few thousand different ones.
    for names, count in Counter(cells).items():
        rows.update(dict.fromkeys(names, count))
    return dict(rows)


def joining_text(names: Iterable[str]) -> tuple[str, str] | None:
    """Return what joins known genres in most of these names, such as " / ", and a name as an example; None if nothing.

    Examples:
        >>> joining_text(["Action / Drama", "Drama / War", "Western"]), joining_text(["Sword & Sandal"])
        ((' / ', 'Action / Drama'), None)
    """
    names = list(names)
    for text in _JOINERS:
        joined = [
            name for name in names if text in name and all(genre_key(part) in _STANDARD for part in name.split(text))
        ]
        if 2 * len(joined) > len(names):
            return text, joined[0]
    return None
