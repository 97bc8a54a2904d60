"""`posters similar`: the posters of a catalogue that look most like others."""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.neighbours import FORMATS, Row, write_rows
from posters.cli.output import format_of
from posters.errors import ConfigError
from posters.models import POSTERS

if TYPE_CHECKING:
    from posters.classifier import Classifier
    from posters.cli.sources import Source
    from posters.similar import PosterIndex

_LIST = ".txt"
_DESCRIPTION = (
    "Find the posters of a catalogue that look most like others, by the features that a classifier's network sees. "
    "CATALOGUE is a folder of images, a pattern in quotes ('shop/**/*.jpg'), a table (CSV needs the tables extra), or "
    f"a text file ({_LIST}) that names any of these, one on a line. What is seen in its posters is kept, and only "
    "files that changed are looked at again. A poster never finds itself, but it does find other files with the same "
    "bytes, marked as the same picture. What can't be read is named on stderr, and the exit code is then 1; it is 2 if "
    "nothing was done."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("similar", help="find posters that look alike", description=_DESCRIPTION)
    parser.add_argument("posters", nargs="+", metavar="POSTER", help="as in predict: files, folders, addresses or -")
    parser.add_argument(
        "--in", dest="catalogue", required=True, metavar="CATALOGUE", help="the posters among which to look"
    )
    parser.add_argument("--top", type=int, default=10, metavar="N", help="how many of them for each (default: 10)")
    parser.add_argument(
        "--classifier",
        default=POSTERS,
        metavar="DIR",
        help="a classifier directory, or a run that holds one; posters comes with the package (default: posters)",
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="posters computed at a time, where there are many (default: the cores)"
    )
    parser.add_argument(
        "--index", type=Path, metavar="DIR", help="where what was seen is kept (default: in your cache folder)"
    )
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format", choices=FORMATS, help="of the results (default: what the suffix of --output says, else table)"
    )
    group.add_argument(
        "--output", type=Path, metavar="FILE", help="write the results there, whole or not at all, and not to stdout"
    )
    group = parser.add_argument_group("tables among the posters and the catalogue")
    group.add_argument("--images", type=Path, metavar="DIR", help="folder of the images (default: beside the table)")
    group.add_argument("--dialect", metavar="NAME", help="the table's dialect (default: recognised)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.classifier import load_classifier
    from posters.cli.sources import sources_of

    form = _format(options)
    classifier = load_classifier(options.classifier, options.threads)
    sources = sources_of(options.posters, options.images, options.dialect)
    index = _index(classifier, options)
    failed: list[str] = []
    write_rows(_rows(index, sources, options.top, failed), form, options.output)
    return 1 if failed or index.unreadable else 0


def _format(options: argparse.Namespace) -> str:
    if options.top < 1:
        raise ConfigError(f"--top must be 1 or more, but got {options.top}")
    form = options.format or format_of(None, options.output)
    if form not in FORMATS:
        raise ConfigError(f"look-alikes are not written as {form}: choose one of {', '.join(FORMATS)} by --format")
    return format_of(form, options.output)


def _index(classifier: "Classifier", options: argparse.Namespace) -> "PosterIndex":
    from posters.cli.sources import sources_of, words_in
    from posters.similar import build_index
    from posters.similar.index import index_directory

    word = options.catalogue
    words = words_in(word) if word.lower().endswith(_LIST) else [word]
    posters = {source.name: source.poster for source in sources_of(words, options.images, options.dialect)}
    return build_index(posters, classifier, options.index or index_directory(os.path.abspath(word)))


def _rows(index: "PosterIndex", sources: Sequence["Source"], top: int, failed: list[str]) -> Iterator[Row]:
    found = index.nearest_many((source.poster for source in sources), top)
    for source, alike in zip(sources, found, strict=True):
        error = _named(source, str(alike.error)) if alike.error else ""
        if error:
            failed.append(source.name)
            _say(error)
        yield Row(source.name, alike.neighbours, error)


def _named(source: "Source", error: str) -> str:
    """Of bytes alone the error does not say where they come from."""
    return f"{source.name}: {error}" if isinstance(source.poster, bytes) else error


def _say(message: str) -> None:
    from posters.log import logger

    logger.error(message)
