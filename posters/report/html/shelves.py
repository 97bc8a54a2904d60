"""The posters that a report shows, with what is written under each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from posters.evaluation import Evaluation
from posters.evaluation.examples import Example, Examples
from posters.label_issues import LabelIssue
from posters.report.html.room import DRAWN, POSTERS, commonest
from posters.report.html.thumbnails import Thumbnails
from posters.report.tables import number, printable, ranked

# Label issues of each kind that are shown with their posters.
_ISSUES = 24
_KINDS = 3


@dataclass(frozen=True)
class Shown:
    """One poster on a shelf, as text; `picture` is the reference of its thumbnail."""

    picture: str | None
    title: str
    figure: str
    true: str
    predicted: str | None


@dataclass(frozen=True)
class Shelves:
    """One genre's posters."""

    name: str
    figure: str
    right: tuple[Shown, ...]
    wrong: tuple[Shown, ...]
    missed: tuple[Shown, ...]


def each(evaluation: Evaluation) -> int:
    """How many posters of each kind a genre may show, so that the page stays small."""
    room, genres = POSTERS - 2 * _ISSUES, len(commonest(evaluation, DRAWN))
    return room // (_KINDS * max(genres, 1))


def some_left_out(evaluation: Evaluation) -> bool:
    """Whether a shelf of a drawn genre lacks posters that the evaluation names."""
    return any(len(kind) > each(evaluation) for genre in _drawn(evaluation) for kind in _kinds(genre))


def shown_ids(evaluation: Evaluation) -> list[str]:
    """The posters that the page shows."""
    most = each(evaluation)
    ids = [example.id for genre in _drawn(evaluation) for kind in _kinds(genre) for example in kind[:most]]
    return ids + [issue.id for kind in ("missing", "false") for issue in issues(evaluation, kind)]


def _drawn(evaluation: Evaluation) -> list[Examples]:
    """The examples of the genres that there is room for, the genre with the highest average precision first."""
    by_name, drawn = {genre.name: genre for genre in evaluation.examples}, commonest(evaluation, DRAWN)
    return [by_name[genre.name] for genre in ranked(evaluation) if genre.name in drawn and genre.name in by_name]


def _kinds(genre: Examples) -> tuple[Sequence[Example], ...]:
    return genre.surest_right, genre.surest_wrong, genre.most_missed


def issues(evaluation: Evaluation, kind: str) -> list[LabelIssue]:
    """The surest label issues of one kind."""
    return [issue for issue in evaluation.label_issues if issue.kind == kind][:_ISSUES]


def genre_shelves(evaluation: Evaluation, thumbnails: Thumbnails) -> list[Shelves]:
    """The posters of each genre, the genre with the highest average precision first."""
    figures, most = {genre.name: genre for genre in evaluation.genres}, each(evaluation)
    shelves = []
    for genre in _drawn(evaluation):
        right, wrong, missed = (tuple(_example(one, thumbnails) for one in kind[:most]) for kind in _kinds(genre))
        figure = f"AP {number(figures[genre.name].average_precision)}, {figures[genre.name].positives:,} with it"
        shelves.append(Shelves(printable(genre.name), figure, right, wrong, missed))
    return shelves


def issue_shelf(evaluation: Evaluation, kind: str, thumbnails: Thumbnails) -> list[Shown]:
    """Labels of one kind that may be wrong."""
    return [
        Shown(
            picture=thumbnails[issue.id],
            title=_title(issue.title, None, issue.id),
            figure=f"{printable(issue.genre)} {issue.probability:.2f}",
            true=_names(issue.labels),
            predicted=None,
        )
        for issue in issues(evaluation, kind)
    ]


def _example(example: Example, thumbnails: Thumbnails) -> Shown:
    return Shown(
        picture=thumbnails[example.id],
        title=_title(example.title, example.year, example.id),
        figure=f"{example.probability:.2f}",
        true=_names(example.true),
        predicted=_names(example.predicted) or "nothing",
    )


def _title(title: str | None, year: int | None, id: str) -> str:
    name = printable(title or id)
    return f"{name} ({year})" if year else name


def _names(names: Iterable[str]) -> str:
    return ", ".join(printable(name) for name in names) or "no genre"
