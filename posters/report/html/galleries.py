"""Galleries of posters, with thumbnails embedded in the page."""

import base64
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from posters._base.brief import brief_repr
from posters._base.text import printable
from posters.errors import ImageError
from posters.evaluation import Evaluation
from posters.evaluation.examples import Example, Examples
from posters.evaluation.label_issues import LabelIssue
from posters.images.decoding import to_rgb
from posters.report.html.sections import DRAWN, POSTERS, commonest
from posters.report.tables import number, ranked

# In pixels, 2:3 like most posters: enough to recognise a film, and hundreds fit into a page of a few megabytes.
SIZE = (96, 144)
# Of the JPEGs: at this size artefacts don't show.
_QUALITY = 60

Progress = Callable[[list[str]], Iterable[str]]


class Thumbnails:
    """Posters as data URIs, each once; the page shows one by its reference, as often as it likes.

    Attributes:
        uris: by reference, which is a fit `id` of an element.
        asked: of how many posters there should be one.
        lacking: how many of them have no image, or none that can be read; the page shows an empty frame for them.

    Examples:
        >>> thumbnails = Thumbnails({}, ["a", "b"])
        >>> thumbnails.asked, thumbnails.lacking, thumbnails["a"]
        (2, 2, None)
    """

    def __init__(self, images: Mapping[str, Path], ids: Iterable[str], progress: Progress = lambda ids: ids) -> None:
        self.uris: dict[str, str] = {}
        self._references: dict[str, str] = {}
        # A poster may be an example of several genres; its picture is in the page once.
        wanted = list(dict.fromkeys(ids))
        for id in progress(wanted):
            try:
                uri = data_uri(to_rgb(images[id], wanted=SIZE))
            except (KeyError, ImageError):
                continue  # Counted as lacking.
            self._references[id] = reference = f"poster-{len(self.uris)}"
            self.uris[reference] = uri
        self.asked, self.lacking = len(wanted), len(wanted) - len(self.uris)

    def __getitem__(self, id: str) -> str | None:
        """The poster's reference; None where there is no picture."""
        return self._references.get(id)


def data_uri(poster: Image.Image) -> str:
    """Return a poster as the URI of a small JPEG that needs no file.

    Examples:
        >>> data_uri(Image.new("RGB", (300, 450)))[:23]
        'data:image/jpeg;base64,'
    """
    poster.thumbnail(SIZE)
    file = io.BytesIO()
    poster.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


# Label issues of each kind that are shown with their posters.
_ISSUES = 24

# Surest right, surest wrong and most missed.
_KINDS = 3


@dataclass(frozen=True)
class ShownPoster:
    """One poster of a gallery, as text; `picture` is the reference of its thumbnail.

    Examples:
        >>> ShownPoster(None, "Alien (1979)", "0.41", "Horror", "Horror").picture is None
        True
    """

    picture: str | None
    title: str
    figure: str
    true: str
    predicted: str | None
    unknown: str = ""


@dataclass(frozen=True)
class Gallery:
    """One genre's posters.

    Examples:
        >>> Gallery("War", "AP 0.4", (), (), ()).wrong
        ()
    """

    __repr__ = brief_repr

    name: str
    figure: str
    right: tuple[ShownPoster, ...]
    wrong: tuple[ShownPoster, ...]
    missed: tuple[ShownPoster, ...]


def each(evaluation: Evaluation) -> int:
    """Return how many posters of each kind a genre may show, so that the page stays small.

    Examples:
        >>> each(evaluation)
        120
    """
    room, genres = POSTERS - 2 * _ISSUES, len(commonest(evaluation, DRAWN))
    return room // (_KINDS * max(genres, 1))


def some_left_out(evaluation: Evaluation) -> bool:
    """Return whether a gallery of a drawn genre lacks posters that the evaluation names.

    Examples:
        >>> some_left_out(evaluation)
        False
    """
    return any(len(kind) > each(evaluation) for genre in _drawn(evaluation) for kind in _kinds(genre))


def shown_ids(evaluation: Evaluation) -> list[str]:
    """Return the ids of the posters that the page shows.

    Examples:
        >>> shown_ids(evaluation)
        []
    """
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
    """Return the surest label issues of one kind.

    Examples:
        >>> issues(evaluation, "missing")
        []
    """
    return [issue for issue in evaluation.label_issues if issue.kind == kind][:_ISSUES]


def genre_galleries(evaluation: Evaluation, thumbnails: Thumbnails) -> list[Gallery]:
    """Return the posters of each genre, the genre with the highest average precision first.

    Examples:
        >>> genre_galleries(evaluation, Thumbnails({}, []))
        []
    """
    figures, most = {genre.name: genre for genre in evaluation.genres}, each(evaluation)
    galleries = []
    for genre in _drawn(evaluation):
        right, wrong, missed = (tuple(_example(one, thumbnails) for one in kind[:most]) for kind in _kinds(genre))
        figure = f"AP {number(figures[genre.name].average_precision)}, {figures[genre.name].positives:,} with it"
        galleries.append(Gallery(printable(genre.name), figure, right, wrong, missed))
    return galleries


def issue_gallery(evaluation: Evaluation, kind: str, thumbnails: Thumbnails) -> list[ShownPoster]:
    """Return the posters with labels of one kind that may be wrong.

    Examples:
        >>> issue_gallery(evaluation, "missing", Thumbnails({}, []))
        []
    """
    return [
        ShownPoster(
            picture=thumbnails[issue.id],
            title=_title(issue.title, None, issue.id),
            figure=f"{printable(issue.genre)} {issue.probability:.2f}",
            true=_names(issue.labels),
            predicted=None,
        )
        for issue in issues(evaluation, kind)
    ]


def _example(example: Example, thumbnails: Thumbnails) -> ShownPoster:
    return ShownPoster(
        picture=thumbnails[example.id],
        title=_title(example.title, example.year, example.id),
        figure=f"{example.probability:.2f}",
        true=_names(example.true),
        predicted=_names(example.predicted) or "nothing",
        unknown=_names(example.unknown) if example.unknown else "",
    )


def _title(title: str | None, year: int | None, id: str) -> str:
    name = printable(title or id)
    return f"{name} ({year})" if year else name


def _names(names: Iterable[str]) -> str:
    return ", ".join(printable(name) for name in names) or "no genre"
