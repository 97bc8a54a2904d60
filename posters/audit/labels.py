"""Check rows and genres: what reading dropped, rare genres, misspelt genres, genres that every poster has."""

import difflib
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from posters._base.text import counted
from posters.audit import kinds
from posters.audit.context import AuditContext
from posters.audit.kinds import Finding
from posters.catalogue import Poster
from posters.catalogue.genre_names import ALIASES, IMDB_GENRES
from posters.catalogue.problems import Cause

_KIND_OF = {
    Cause.UNUSABLE_ROW: kinds.UNUSABLE_ROW,
    Cause.NO_IMAGE_NAMED: kinds.UNUSABLE_ROW,
    Cause.NO_ID: kinds.UNUSABLE_ROW,
    Cause.MISSING_IMAGE: kinds.MISSING_IMAGE,
    Cause.DOWNLOAD: kinds.FAILED_DOWNLOAD,
    Cause.NOT_A_GENRE: kinds.NOT_A_GENRE,
    Cause.ALIAS: kinds.ALIASED_GENRE,
    Cause.SPELLING: kinds.RESPELT_GENRE,
    Cause.JOINED_GENRES: kinds.JOINED_GENRES,
    Cause.GENRE_TWICE: kinds.REPEATED_GENRE,
    Cause.REPEAT: kinds.REPEATED_ROW,
    Cause.GENRES_DIFFER: kinds.CONFLICTING_ROWS,
    Cause.FILM_DIFFERS: kinds.CONFLICTING_FILM,
    Cause.SAME_ID: kinds.CONFLICTING_ROWS,
    Cause.RARE_GENRE: kinds.RARE_GENRE,
    Cause.OTHER_NAME: kinds.OTHER_NAME,
    Cause.NO_GENRE_NAMED: kinds.NO_GENRE,
    Cause.NO_GENRE_LEFT: kinds.NO_GENRE,
}

# Ratio of difflib: twice the letters in common, over all letters. One letter of five may be missing, added or changed.
_ALIKE = 0.8
# Shorter words are one letter away from too many others: War from Bar, Car and Wax.
_SHORTEST = 4


def row_findings(context: AuditContext) -> Iterator[Finding]:
    """Yield one finding for each thing that reading the table dropped or changed.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue import Catalogue
        >>> list(row_findings(AuditContext(Catalogue((), ("Drama",), Path()), {}, {}, 20)))
        []
    """
    for problem in context.catalogue.problems:
        if not problem.cause:
            yield kinds.CORRECTION.finding(str(problem))
        elif problem.cause != Cause.UNNAMED_IMAGE:  # `file_findings` finds all of these on disk.
            kind = _KIND_OF[Cause(problem.cause)]
            for item in problem.items:
                message = f"{item.text}: {problem.reason}"
                yield kind.finding(message, ids=(item.id,), images=(item.image,), genres=(item.genre,))


def genre_findings(context: AuditContext) -> Iterator[Finding]:
    """Yield one finding for each genre that is rare, or that is written like a much commoner one.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue import Catalogue
        >>> catalogue = Catalogue((Poster("a", "a.jpg", ("War",)),), ("War",), Path())
        >>> [finding.message for finding in genre_findings(AuditContext(catalogue, {}, {}, min_posters=2))]
        ['War has 1 poster, fewer than 2; 1 of them has no common genre, and would be dropped']
    """
    posters_of: dict[str, list[Poster]] = defaultdict(list)
    for poster in context.catalogue:
        for name in poster.genres:
            posters_of[name].append(poster)
    counts = {name: len(posters) for name, posters in posters_of.items()}
    # As training counts them: a genre is rare by its posters, however many rows name it.
    rare = {name for name, count in counts.items() if count < context.min_posters}
    for name, posters in posters_of.items():
        ids = tuple(poster.id for poster in posters)
        right = _right_spelling(name, counts)
        if right:
            known = f" ({counts[right]:,})" if right in counts else ", a genre of IMDb's"
            message = f"{name} ({counted(len(ids), 'poster')}) is written almost like {right}{known}"
            message += f": --alias {shlex.quote(f'{name}={right}')} merges them"
            yield kinds.MISSPELT_GENRE.finding(message, ids=ids, genres=(name, right))
        elif name in rare:
            message = f"{name} has {counted(len(ids), 'poster')}, fewer than {context.min_posters:,}"
            dropped = sum(rare.issuperset(poster.genres) for poster in posters)
            if dropped:
                has = "has" if dropped == 1 else "have"
                message += f"; {dropped:,} of them {has} no common genre, and would be dropped"
            yield kinds.RARE_GENRE.finding(message, ids=ids, genres=(name,))


def _right_spelling(name: str, counts: Mapping[str, int]) -> str | None:
    """Return the genre of IMDb's, or much commoner genre of the table, that `name` may be a misspelling of."""
    if name in IMDB_GENRES:  # Music is not a misspelling of Musical.
        return None
    letters = _letters(name)
    standard = {_letters(other): genre for other, genre in ({each: each for each in IMDB_GENRES} | ALIASES).items()}
    common = {_letters(other): other for other in counts if counts[other] >= kinds.MUCH_COMMONER * counts[name]}
    known = {**standard, **common}
    near = (known[other] for other in known if is_one_slip(letters, other))
    # Eighties and nineties are no misspellings of each other, however alike "1980s" and "1990s" are.
    alike = (
        common[other]
        for other in difflib.get_close_matches(letters, common, n=3, cutoff=_ALIKE)
        if _digits(other) == _digits(letters)
    )
    return next(near, None) or next(alike, None)


def is_one_slip(word: str, other: str) -> bool:
    """Return whether one letter more, fewer or changed, or two letters swapped, make one word of the other.

    Short words and words that differ in a digit are not taken for slips.

    Examples:
        >>> is_one_slip("horrror", "horror"), is_one_slip("darma", "drama"), is_one_slip("bar", "war")
        (True, True, False)
    """
    short, long = sorted((word, other), key=len)
    if len(short) < _SHORTEST or word == other or _digits(word) != _digits(other):
        return False
    start = next((place for place, (one, two) in enumerate(zip(short, long, strict=False)) if one != two), len(short))
    rest, other_rest = short[start:], long[start:]
    if len(short) < len(long):
        return rest == other_rest[1:]
    swapped = rest[1::-1] + rest[2:]
    return len(short) == len(long) and (rest[1:] == other_rest[1:] or swapped == other_rest)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold())) or name


def universal_findings(context: AuditContext) -> Iterator[Finding]:
    """Yield one finding for each genre that no poster lacks once rare genres are left out, as training leaves them out.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue import Catalogue
        >>> posters = (Poster("a", "a.jpg", ("Drama",)), Poster("b", "b.jpg", ("Drama", "War")))
        >>> context = AuditContext(Catalogue(posters, ("Drama", "War"), Path()), {}, {}, 1)
        >>> [finding.message for finding in universal_findings(context)]
        ['all 2 posters have the genre Drama']
    """
    counts = Counter(name for poster in context.catalogue for name in poster.genres)
    common = {name for name, count in counts.items() if count >= context.min_posters}
    left = [poster for poster in context.catalogue if not common.isdisjoint(poster.genres)]
    unknown = Counter(name for poster in left for name in poster.unknown)
    without_rare = " that are left without rare genres" if len(left) < len(context.catalogue) else ""
    for name in sorted(common):
        # A single poster has all of its genres.
        if counts[name] + unknown[name] == len(left) > 1:
            known = " of which it is known" if unknown[name] else ""
            message = f"all {counted(counts[name], 'poster')}{without_rare}{known} have the genre {name}"
            yield kinds.UNIVERSAL_GENRE.finding(message, genres=(name,))
