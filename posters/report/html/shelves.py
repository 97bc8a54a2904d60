"""The posters that a report shows, with what is written under each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from posters.evaluation import Evaluation
from posters.evaluation.examples import Example
from posters.label_issues import LabelIssue
from posters.report.html.thumbnails import MOST, Thumbnails
from posters.report.tables import number, printable, ranked

# Label issues of each kind that are shown with their posters.
_ISSUES = 24
_KINDS = 3


@dataclass(frozen=True)
class Shown:
    """One poster on a shelf, as text."""

    uri: str | None
    title: str
    figure: str
    true: str
    predicted: str


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
    room = MOST - 2 * _ISSUES
    return max(1, room // (_KINDS * max(len(evaluation.examples), 1)))


def shown_ids(evaluation: Evaluation) -> list[str]:
    """The posters that the page shows."""
    most = each(evaluation)
    ids = [
        example.id
        for genre in evaluation.examples
        for kind in (genre.surest_right, genre.surest_wrong, genre.most_missed)
        for example in kind[:most]
    ]
    return ids + [issue.id for kind in ("missing", "false") for issue in issues(evaluation, kind)]


def issues(evaluation: Evaluation, kind: str) -> list[LabelIssue]:
    """The surest label issues of one kind."""
    return [issue for issue in evaluation.label_issues if issue.kind == kind][:_ISSUES]


def genre_shelves(evaluation: Evaluation, thumbnails: Thumbnails) -> list[Shelves]:
    """The posters of each genre, the genre with the highest average precision first."""
    by_name, most = {genre.name: genre for genre in evaluation.examples}, each(evaluation)

    def shelf(examples: Sequence[Example]) -> tuple[Shown, ...]:
        return tuple(_example(example, thumbnails) for example in examples[:most])

    return [
        Shelves(
            name=printable(genre.name),
            figure=f"AP {number(genre.average_precision)}, {genre.positives:,} posters",
            right=shelf(by_name[genre.name].surest_right),
            wrong=shelf(by_name[genre.name].surest_wrong),
            missed=shelf(by_name[genre.name].most_missed),
        )
        for genre in ranked(evaluation)
        if genre.name in by_name
    ]


def issue_shelf(evaluation: Evaluation, kind: str, thumbnails: Thumbnails) -> list[Shown]:
    """Labels of one kind that may be wrong."""
    return [
        Shown(
            uri=thumbnails[issue.id],
            title=_title(issue.title, None, issue.id),
            figure=f"{printable(issue.genre)} {issue.probability:.2f}",
            true=_names(issue.labels),
            predicted="",
        )
        for issue in issues(evaluation, kind)
    ]


def _example(example: Example, thumbnails: Thumbnails) -> Shown:
    return Shown(
        uri=thumbnails[example.id],
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
