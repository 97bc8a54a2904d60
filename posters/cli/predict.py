"""`posters predict`: the genres of one poster, or of many."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.explaining import Pictures
from posters.cli.output import FORMATS, format_of, write_rows
from posters.cli.predictions import Picture, Row
from posters.errors import ConfigError
from posters.models import POSTERS

if TYPE_CHECKING:
    from posters.classifier import Classifier, Result
    from posters.cli.sources import Source

_WORTH_A_BAR = 20
_DESCRIPTION = (
    "Say the genres of posters, with a probability for each. A POSTER is an image file, a folder of them, a pattern in "
    "quotes ('shop/**/*.jpg'), a catalogue's table (.csv, .tsv, .json, .jsonl; CSV needs the tables extra), an address "
    "of http or https, or - for an image on standard input. Results go to stdout, in the order of the posters; all "
    "else goes to stderr. A poster that can't be read is named there, and the rest goes on: it has no line in a table, "
    "and its error in place of genres in the other formats. The exit code is then 1; it is 2 if nothing was done."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("predict", help="say the genres of posters", description=_DESCRIPTION)
    parser.add_argument("posters", nargs="*", metavar="POSTER", help="files, folders, patterns, tables, addresses or -")
    parser.add_argument(
        "--from-file", metavar="LIST", help="a text file that names more of them, one on a line; - for standard input"
    )
    parser.add_argument(
        "--classifier",
        default=POSTERS,
        metavar="DIR",
        help="a classifier directory, or a run that holds one; posters comes with the package (default: posters)",
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="posters computed at a time, where there are many (default: the cores)"
    )
    _add_choices(parser)
    _add_output(parser)
    group = parser.add_argument_group("tables among the posters")
    group.add_argument("--images", type=Path, metavar="DIR", help="folder of the images (default: beside the table)")
    group.add_argument("--dialect", metavar="NAME", help="the table's dialect (default: recognised)")
    parser.set_defaults(run=run)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which genres are said", "one of these at most")
    group.add_argument(
        "--rule", metavar="RULE", help="which of the classifier's rules decides; posters thresholds shows them"
    )
    group.add_argument("--top", type=int, metavar="N", help="the N likeliest, whatever their probabilities")
    group.add_argument("--threshold", type=float, metavar="X", help="those of probability X or more, from 0 to 1")


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format", choices=FORMATS, help="of the results (default: what the suffix of --output says, else table)"
    )
    group.add_argument("--all", action="store_true", help="the probabilities of all genres, not just of those it says")
    group.add_argument(
        "--output", type=Path, metavar="FILE", help="write the results there, whole or not at all, and not to stdout"
    )
    group.add_argument(
        "--explain",
        type=Path,
        metavar="DIR",
        help="write there, for each genre that is said, the poster with the places that spoke for it",
    )


def run(options: argparse.Namespace) -> int:
    from posters.classifier import load_classifier
    from posters.cli.sources import sources_of

    form = format_of(options.format, options.output)
    if options.explain:
        _check_says_pictures(form)
    classifier = load_classifier(options.classifier, options.threads)
    sources = sources_of(_words(options), options.images, options.dialect)
    failed: list[str] = []
    rows = _rows(classifier, sources, options, failed)
    write_rows(rows, classifier.genre_names, options.all, form, options.output)
    if failed and len(sources) > 1:
        _say(f"{len(failed):,} of {len(sources):,} posters could not be read")
    return 1 if failed else 0


def _words(options: argparse.Namespace) -> list[str]:
    from posters.cli.sources import words_in

    words = options.posters + (words_in(options.from_file) if options.from_file else [])
    if not words:
        raise ConfigError("no poster is named: name some as POSTER, or in a file with --from-file")
    return words


def _check_says_pictures(form: str) -> None:
    if form in ("csv", "parquet"):
        raise ConfigError(f"{form} has no place for the pictures of --explain: choose --format jsonl, json or table")


def _rows(
    classifier: "Classifier", sources: Sequence["Source"], options: argparse.Namespace, failed: list[str]
) -> Iterator[Row]:
    """Made before the first poster is taken, so that what the options get wrong is found out first."""
    predict = classifier.explain_many if options.explain else classifier.predict_many
    posters = (source.poster for source in sources)
    results = predict(posters, options.rule, top=options.top, threshold=options.threshold)
    pictures = Pictures(options.explain) if options.explain else None

    def rows() -> Iterator[Row]:
        for source, result in zip(_with_a_bar(sources, options.output), results, strict=True):
            error = _named(source, str(result.error)) if result.error else ""
            if error:
                failed.append(source.name)
                _say(error)
            yield Row(source.name, result.prediction, error, _drawn(pictures, source, result))

    return rows()


def _drawn(pictures: Pictures | None, source: "Source", result: "Result") -> tuple[Picture, ...] | None:
    return pictures.drawn(source.name, result) if pictures else None


def _with_a_bar(sources: Sequence["Source"], output: Path | None) -> Iterator["Source"]:
    # Where the results themselves scroll by, a bar would only get in their way.
    if len(sources) < _WORTH_A_BAR or (output is None and sys.stdout.isatty()):
        return iter(sources)
    from tqdm import tqdm

    return iter(tqdm(sources, desc="predicting", unit="poster"))


def _named(source: "Source", error: str) -> str:
    """Of bytes alone the error does not say where they come from."""
    return f"{source.name}: {error}" if isinstance(source.poster, bytes) else error


def _say(message: str) -> None:
    from posters.log import logger

    logger.error(message)
