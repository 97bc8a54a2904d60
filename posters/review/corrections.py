"""What reviewers changed, as a CSV file that `--corrections` of the other commands takes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from posters._base.brief import brief_repr
from posters._base.text import counted, csv_line, listed
from posters.catalogue import Catalogue, Poster
from posters.review.decisions import SHARED, Answer, Decision

COLUMNS = ("id", "title", "image", "genre", "change", "accept", "labels", "reviewers")
_CHANGES: dict[Answer, str] = {"yes": "add", "no": "remove", "unknown": "unknown"}


@dataclass(frozen=True)
class Corrections:
    """Changes of labels, and what could not become one.

    Attributes:
        rows: a change each, with `COLUMNS`; `accept` is "yes", or empty where a person has to fill it in.
        notes: a sentence each about what was left out or left open.

    Examples:
        >>> list(Corrections((), ()).lines())
        ['id,title,image,genre,change,accept,labels,reviewers']
    """

    __repr__ = brief_repr

    rows: tuple[dict[str, str], ...]
    notes: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the lines of the CSV file, without line breaks."""
        yield csv_line(COLUMNS)
        yield from (csv_line([row[name] for name in COLUMNS]) for row in self.rows)


def corrections_of(catalogue: Catalogue, decisions: Iterable[Decision]) -> Corrections:
    """Return the changes that take a catalogue's labels to what reviewers decided.

    Args:
        catalogue: with its labels as they are now.
        decisions: those that stand. Where reviewers disagree, or decided blind, nothing is accepted: whoever did not
            see a label has not found it wrong.

    Examples:
        >>> from pathlib import Path
        >>> catalogue = Catalogue((Poster("tt1", "a.jpg", ("Drama",)),), ("Drama", "War"), Path("."))
        >>> decision = Decision(1, "tt1", "ann", "", "doubts", "decided", {"Drama": "yes", "War": "yes"}, {})
        >>> [(row["genre"], row["change"], row["accept"]) for row in corrections_of(catalogue, [decision]).rows]
        [('War', 'add', 'yes')]
    """
    answers: dict[tuple[str, str], dict[str, Answer]] = defaultdict(dict)
    seen = set()  # labels that a reviewer saw when deciding
    for each in blind_first(decisions):
        hidden = {question["genre"] for question in each.shown.get("questions", ()) if question["label"] is None}
        for genre, answer in each.genres.items():
            answers[each.poster, genre][each.reviewer] = answer
            if each.order != SHARED and genre not in hidden:
                seen.add((each.poster, genre))
    posters, genres = {poster.id: poster for poster in catalogue}, set(catalogue.genre_names)
    gone = {id for id, _ in answers} - posters.keys()
    # An answer of no to a genre that the table hasn't is nothing to do.
    asked = {(id, genre) for (id, genre), own in answers.items() if id in posters and set(own.values()) != {"no"}}
    strange = {genre for _, genre in asked} - genres
    # In the table's order, so that equal decisions give equal files.
    pairs = ((poster, genre) for poster in catalogue for genre in catalogue.genre_names)
    found = ((poster, genre, answers.get((poster.id, genre), {})) for poster, genre in pairs)
    rows = [
        _row(poster, genre, own, sure=(poster.id, genre) in seen and len(set(own.values())) == 1)
        for poster, genre, own in found
        if set(own.values()) - {label_of(poster, genre)}
    ]
    unsure = sum(not row["accept"] for row in rows)
    notes = {
        f"{counted(len(gone), 'decided poster')} left out: not in {catalogue.name} any more": gone,
        f"answers about {listed(sorted(strange))} left out: not a genre of {catalogue.name}": strange,
        f"{counted(unsure, 'label')} left open, on which reviewers disagree or which they did not see (a random "
        "sample): fill in the column accept": unsure,
    }
    return Corrections(tuple(rows), tuple(note for note, applies in notes.items() if applies))


def corrected_catalogue(catalogue: Catalogue, corrections: Corrections) -> Catalogue:
    """Return a catalogue with the accepted changes in its labels, as `--corrections` of the other commands makes them.

    Args:
        catalogue: with its labels as they are.
        corrections: of this catalogue.

    Examples:
        >>> from pathlib import Path
        >>> catalogue = Catalogue((Poster("tt1", "a.jpg", ("Drama",)),), ("Drama", "War"), Path("."))
        >>> decision = Decision(1, "tt1", "ann", "", "doubts", "decided", {"Drama": "no", "War": "yes"}, {})
        >>> corrected_catalogue(catalogue, corrections_of(catalogue, [decision]))[0].genres
        ('War',)
    """
    changes: dict[str, dict[str, str]] = defaultdict(dict)
    for row in corrections.rows:
        if row["accept"]:
            changes[row["id"]][row["genre"]] = row["change"]

    def changed(poster: Poster) -> Poster:
        own = changes[poster.id]
        kept = [[name for name in names if name not in own] for names in (poster.genres, poster.unknown)]
        added = [[name for name, change in own.items() if change == word] for word in ("add", "unknown")]
        genres, unknown = (tuple(sorted(old + new)) for old, new in zip(kept, added, strict=True))
        return replace(poster, genres=genres, unknown=unknown)

    return replace(catalogue, posters=tuple(changed(each) if each.id in changes else each for each in catalogue))


def decided_catalogue(catalogue: Catalogue, decisions: Iterable[Decision]) -> Catalogue:
    """Return the posters that are decided, with the labels that reviewers gave them.

    Args:
        catalogue: has these posters; its labels count for nothing.
        decisions: those that stand. A genre that reviewers disagree on, or that none was asked for, is unknown.

    Examples:
        >>> from pathlib import Path
        >>> catalogue = Catalogue((Poster("a.jpg", "a.jpg", ()),), ("War",), Path("."))
        >>> decision = Decision(1, "a.jpg", "ann", "", "uncertain", "decided", {"War": "yes", "Drama": "unknown"}, {})
        >>> list(table_lines(decided_catalogue(catalogue, [decision])))
        ['id,image,title,genres,unknown', 'a.jpg,a.jpg,,War,Drama']
    """
    answers: dict[str, dict[str, dict[str, Answer]]] = defaultdict(lambda: defaultdict(dict))
    for each in blind_first(decisions):
        for genre, answer in each.genres.items():
            answers[each.poster][genre][each.reviewer] = answer
    names = tuple(dict.fromkeys((*catalogue.genre_names, *(genre for own in answers.values() for genre in own))))

    def decided(poster: Poster) -> Poster:
        own = {genre: set(answers[poster.id][genre].values()) for genre in names}
        yes, unknown = ({genre for genre, given in own.items() if given == {word}} for word in ("yes", "unknown"))
        unknown |= {genre for genre, given in own.items() if len(given) != 1}
        return replace(poster, genres=tuple(sorted(yes)), unknown=tuple(sorted(unknown)))

    posters = tuple(decided(poster) for poster in catalogue if poster.id in answers)
    return replace(catalogue, posters=posters, genre_names=names)


def table_lines(catalogue: Catalogue) -> Iterator[str]:
    """Yield the lines of a CSV table, which every command reads.

    Args:
        catalogue: any.

    Examples:
        >>> from pathlib import Path
        >>> poster = Poster("tt1", "a.jpg", ("Crime", "Drama"), "Heat", 1995)
        >>> list(table_lines(Catalogue((poster,), ("Crime", "Drama"), Path("."))))
        ['id,image,title,genres,unknown,year', 'tt1,a.jpg,Heat,Crime|Drama,,1995']
    """
    names = ["id", "image", "title", "genres", "unknown"]
    # The others only where the catalogue has them.
    names += [name for name in ("year", "group", "split") if any(getattr(each, name) for each in catalogue)]
    yield csv_line(names)
    for poster in catalogue:
        cells = (getattr(poster, name) for name in names)
        yield csv_line(["|".join(cell) if isinstance(cell, tuple) else str(cell or "") for cell in cells])


def blind_first(decisions: Iterable[Decision]) -> list[Decision]:
    """Return decisions so that what a reviewer decided with the labels in sight comes last, and counts.

    Examples:
        >>> sighted, blind = (Decision(1, "tt1", "ann", "", order, "decided", {}, {}) for order in ("doubts", "random"))
        >>> [each.order for each in blind_first([sighted, blind])]
        ['random', 'doubts']
    """
    return sorted(decisions, key=lambda each: each.order != SHARED)


def label_of(poster: Poster, genre: str) -> Answer:
    """Return what the table has of a genre.

    Examples:
        >>> label_of(Poster("tt1", "a.jpg", ("War",), unknown=("Drama",)), "Drama")
        'unknown'
    """
    return "yes" if genre in poster.genres else "unknown" if genre in poster.unknown else "no"


def _row(poster: Poster, genre: str, answers: dict[str, Answer], *, sure: bool) -> dict[str, str]:
    """Return the change of a label on which some reviewer differs from the table."""
    label = label_of(poster, genre)
    return {
        "id": poster.id,
        "title": poster.title or "",
        "image": poster.image,
        "genre": genre,
        # What the last of those who differ answered.
        "change": next(_CHANGES[answer] for answer in reversed(answers.values()) if answer != label),
        "accept": "yes" if sure else "",
        "labels": "|".join(poster.genres),
        "reviewers": "; ".join(f"{name}: {answer}" for name, answer in answers.items()),
    }
