"""`posters similar`: the look-alikes of posters; in the formats of predictions, and by the same rules."""

import argparse
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters._base.brief import brief_repr
from posters._base.text import csv_line, json_array, shown_name
from posters.cli.options import (
    add_classifier_option,
    add_engine_options,
    add_output_options,
    add_recursive_option,
    add_table_options,
    add_threads_option,
    engine_options,
    table_options,
)
from posters.cli.output import format_of, write_lines
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.classifier import Classifier
    from posters.cli.sources import Source
    from posters.similar import Neighbour, PosterIndex


@dataclass(frozen=True, slots=True)
class NeighbourRow:
    """A poster and its look-alikes.

    Attributes:
        name: of the poster.
        neighbours: the nearest first; empty if the poster can't be read.
        error: why the poster can't be read, on one line; "" if it can.

    Examples:
        >>> from posters.similar import Neighbour
        >>> near = Neighbour("aliens", Path("aliens.jpg"), 0.93, same_picture=False)
        >>> NeighbourRow("alien", (near,)).to_dict()["similar"]
        [{'poster': 'aliens', 'similarity': 0.93, 'same_picture': False}]
    """

    __repr__ = brief_repr

    name: str
    neighbours: "tuple[Neighbour, ...]"
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        if self.error:
            return {"poster": self.name, "error": self.error}
        similar = [
            {"poster": near.name, "similarity": round(near.similarity, 6), "same_picture": near.same_picture}
            for near in self.neighbours
        ]
        return {"poster": self.name, "similar": similar}


def neighbours_as_table(rows: Iterable[NeighbourRow]) -> Iterator[str]:
    """Yield a line for each readable poster, and its look-alikes below it.

    Examples:
        >>> list(neighbours_as_table([NeighbourRow("alien", ())]))
        ['alien: no other poster']
    """
    for row in rows:
        if not row.error:
            yield f"{shown_name(row.name)}:" if row.neighbours else f"{shown_name(row.name)}: no other poster"
            for near in row.neighbours:
                mark = "  (same picture)" if near.same_picture else ""
                yield f"  {near.similarity:.3f}  {shown_name(near.name)}{mark}"


def neighbours_as_csv(rows: Iterable[NeighbourRow]) -> Iterator[str]:
    """Yield a row for each look-alike, and one for each poster that can't be read.

    Examples:
        >>> list(neighbours_as_csv([NeighbourRow("none.jpg", (), "none.jpg: there is no such file")]))[1]
        'none.jpg,,,,,none.jpg: there is no such file'
    """
    yield csv_line(["poster", "rank", "similar", "similarity", "same_picture", "error"])
    for row in rows:
        if row.error:
            yield csv_line([row.name, "", "", "", "", row.error])
        for rank, near in enumerate(row.neighbours, 1):
            same = "yes" if near.same_picture else "no"
            yield csv_line([row.name, str(rank), near.name, f"{near.similarity:.6f}", same, ""])


def neighbours_as_json_lines(rows: Iterable[NeighbourRow]) -> Iterator[str]:
    """Yield a JSON object for each poster."""
    for row in rows:
        yield json.dumps(row.to_dict())


_WRITERS: dict[str, Callable[[Iterable[NeighbourRow]], Iterator[str]]] = {
    "table": neighbours_as_table,
    "json": lambda rows: json_array(neighbours_as_json_lines(rows)),
    "jsonl": neighbours_as_json_lines,
    "csv": neighbours_as_csv,
}

FORMATS = tuple(_WRITERS)

_LIST = ".txt"

_DESCRIPTION = (
    "Find the posters of a catalogue that look most like others, by the features that a classifier's network computes. "
    "CATALOGUE is a folder of images, a pattern in quotes ('shop/**/*.jpg'), a table, or a text file "
    f"({_LIST}) that names any of these, one on a line. The features of its posters are cached, and only changed files "
    "are read again. A poster never finds itself, but it does find other files with the same bytes, marked as the same "
    "picture. Posters that can't be read are reported on stderr, and the exit code is then 1; it is 2 if nothing was "
    "done."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("similar", help="find posters that look alike", description=_DESCRIPTION)
    parser.add_argument("posters", nargs="+", metavar="POSTER", help="as in predict: files, folders, addresses or -")
    among = "the posters to search"
    parser.add_argument("--in", dest="catalogue", required=True, metavar="CATALOGUE", help=among)
    add_recursive_option(parser)
    parser.add_argument("--top", type=int, default=10, metavar="N", help="look-alikes of each poster (default: 10)")
    add_classifier_option(parser)
    add_threads_option(parser)
    index = "where the catalogue's features are cached (default: in your cache folder)"
    parser.add_argument("--index", type=Path, metavar="DIR", help=index)
    add_engine_options(parser, "computes the catalogue's features")
    add_output_options(parser, FORMATS)
    add_table_options(parser, "tables among the posters and the catalogue")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.classifier import load_classifier
    from posters.cli.sources import sources_of

    if options.top < 1:
        raise ConfigError(f"--top must be 1 or more, but got {options.top}")
    form = format_of(options.format, options.output, FORMATS)
    classifier = load_classifier(options.classifier, options.threads)
    sources = sources_of(options.posters, recursive=options.recursive, **table_options(options))
    index = _index(classifier, options)
    failed: list[str] = []
    write_lines(_WRITERS[form](_rows(index, sources, options.top, failed)), options.output, mark=form == "csv")
    return 1 if failed or index.unreadable else 0


def _index(classifier: "Classifier", options: argparse.Namespace) -> "PosterIndex":
    from posters.cli.sources import sources_of, words_in
    from posters.images.object_store import is_stored
    from posters.similar import build_index
    from posters.similar.index import index_directory

    word = options.catalogue
    words = words_in(word) if word.lower().endswith(_LIST) else [word]
    posters = {
        source.name: source.poster
        for source in sources_of(words, recursive=options.recursive, **table_options(options))
    }
    # Not `resolve`: an index is found by the name that was given, also when that is a link.
    name = word if is_stored(word) else os.path.abspath(word)  # noqa: PTH100
    return build_index(posters, classifier, options.index or index_directory(name), **engine_options(options))


def _rows(index: "PosterIndex", sources: Sequence["Source"], top: int, failed: list[str]) -> Iterator[NeighbourRow]:
    found = index.nearest_many((source.poster for source in sources), top)
    for source, alike in zip(sources, found, strict=True):
        error = source.log_error(alike.error) if alike.error else ""
        if error:
            failed.append(error)
        yield NeighbourRow(source.name, alike.neighbours, error)
