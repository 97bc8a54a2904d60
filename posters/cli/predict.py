"""`posters predict`: the genres of one poster, or of many."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.explain import Pictures
from posters.cli.options import (
    add_classifier_option,
    add_engine_options,
    add_output_options,
    add_recursive_option,
    add_table_options,
    add_threads_option,
    table_options,
)
from posters.cli.output import FORMATS, format_of, progress_bar
from posters.errors import ConfigError, ImageError

if TYPE_CHECKING:
    from posters.classifier import Classifier
    from posters.classifier.prediction_rows import PredictionRow
    from posters.cli.sources import Source

_WORTH_A_BAR = 20  # posters; fewer are done before anyone wonders
_DESCRIPTION = (
    "Predict the genres of posters, with a probability for each. A POSTER is an image file, a folder of them, a "
    "pattern in quotes ('shop/**/*.jpg'), a catalogue's table (.csv, .tsv, .json, .jsonl), an address of http, "
    "https or data, or - for an image on standard input. Results go to stdout, in the order of the posters; all else "
    "goes to stderr. A poster that can't be read is reported there and does not stop the others: a table has no line "
    "for it, and the other formats have its error in place of genres. The exit code is then 1; it is 2 if nothing was "
    "done."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("predict", help="predict the genres of posters", description=_DESCRIPTION)
    parser.add_argument("posters", nargs="*", metavar="POSTER", help="files, folders, patterns, tables, addresses or -")
    listed = "a text file that names more of them, one on a line; - for standard input"
    parser.add_argument("--from-file", metavar="LIST", help=listed)
    add_recursive_option(parser)
    add_classifier_option(parser)
    add_threads_option(parser)
    group = parser.add_argument_group("which genres are predicted", "at most one of these")
    rule = "one of the classifier's rules; posters thresholds lists them (default: the classifier's default)"
    group.add_argument("--rule", metavar="RULE", help=rule)
    group.add_argument("--top", type=int, metavar="N", help="the N likeliest, whatever their probabilities")
    group.add_argument("--threshold", type=float, metavar="X", help="those of probability X or more, from 0 to 1")
    into_folder = "; FOLDER/ gets parts, one file for every N posters: an interrupted run resumes there"
    # As text: a path forgets the slash that makes it a folder.
    group = add_output_options(parser, FORMATS, path=str, more=into_folder)
    group.add_argument("--part-size", type=int, metavar="N", help="posters in each part of a folder (default: 1000)")
    group.add_argument("--all", action="store_true", help="the probabilities of all genres, not only predicted ones")
    into = (
        "write this table back with columns of predictions beside its own, which stay as they are; its rows are the "
        "posters. With --output, or if TABLE is new and POSTER one table, that file stays as it was"
    )
    group.add_argument("--into", type=Path, metavar="TABLE", help=into)
    explain = "write to this folder, for each predicted genre, the poster with the places that speak for the genre"
    group.add_argument("--explain", type=Path, metavar="DIR", help=explain)
    add_engine_options(parser, "computes the parts of --output FOLDER/")
    add_table_options(parser, "tables among the posters")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.classifier import load_classifier
    from posters.cli.predictions import write_predictions

    # A slash at the end makes a folder, also one that is not there yet.
    folder = options.output and (options.output.endswith(("/", os.sep)) or Path(options.output).is_dir())
    if folder and not options.into:
        return _run_parts(options)
    _check_no_parts(options)
    if options.into:
        return _run_into(options)
    form = format_of(options.format, options.output)
    if options.explain and form not in ("jsonl", "json", "table"):
        raise ConfigError(f"{form} has no place for the pictures of --explain: choose --format jsonl, json or table")
    classifier = load_classifier(options.classifier, options.threads)
    sources = _sources(options)
    failed: list[str] = []
    rows = _rows(classifier, sources, options, failed)
    write_predictions(rows, classifier.genre_names, options.all, form, options.output)
    return _exit_code(len(failed), len(sources))


def _sources(options: argparse.Namespace) -> list["Source"]:
    from posters.cli.sources import sources_of, words_in

    words = options.posters + (words_in(options.from_file) if options.from_file else [])
    if not words:
        raise ConfigError("no poster is named: name some as POSTER, or in a file with --from-file")
    return sources_of(words, recursive=options.recursive, **table_options(options))


def _posters_by_name(options: argparse.Namespace) -> "Mapping[str, str | bytes | ImageError]":
    from posters.cli.sources import by_name

    return by_name(_sources(options))


def _check_no_parts(options: argparse.Namespace) -> None:
    for name in ("engine", "address", "part-size"):
        if getattr(options, name.replace("-", "_")) is not None:
            raise ConfigError(f"--{name} is for results in parts: name a folder for them, as --output FOLDER/")
    options.output = options.output and Path(options.output)


def _run_parts(options: argparse.Namespace) -> int:
    from posters.classifier import load_classifier
    from posters.cli.sources import STDIN
    from posters.tasks.predict_parts import predict_parts

    if options.explain:
        raise ConfigError("--explain goes with a file or stdout alone: name a file as --output")
    names = ("part_size", "engine", "address", "rule", "top", "threshold")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    classifier = load_classifier(options.classifier, options.threads)
    read = partial(_posters_by_name, options)
    # Standard input is this process's alone.
    posters = read() if STDIN in (*options.posters, options.from_file) else read
    parts = predict_parts(posters, options.output, classifier, form=options.format, every=options.all, **given)
    return _exit_code(parts.unreadable, parts.posters)


def _run_into(options: argparse.Namespace) -> int:
    from posters.classifier import load_classifier
    from posters.cli.into import check_into, prediction_columns, write_into
    from posters.cli.sources import row_sources

    if options.explain or options.format or options.from_file:
        raise ConfigError("--into goes with neither --explain, --format nor --from-file")
    table = check_into(options.into, options.posters, options.output)
    classifier = load_classifier(options.classifier, options.threads)
    ids, sources = row_sources(table, **table_options(options))
    failed: list[str] = []
    rows = {row.name: row for row in _rows(classifier, sources, options, failed)}
    columns = prediction_columns(ids, rows, classifier.genre_names, options.all)
    write_into(table, columns, options.output or options.into)
    return _exit_code(len(failed), len(sources))


def _exit_code(failed: int, posters: int) -> int:
    if failed and posters > 1:
        from posters._base.log import logger

        logger.error(f"{failed:,} of {posters:,} posters could not be read")
    return 1 if failed else 0


def _rows(
    classifier: "Classifier", sources: Sequence["Source"], options: argparse.Namespace, failed: list[str]
) -> "Iterator[PredictionRow]":
    from posters._base.log import logger
    from posters.classifier.prediction_rows import PredictionRow

    predict = classifier.explain_many if options.explain else classifier.predict_many
    posters = (source.poster for source in sources)
    # Outside the generator: a wrong --top must be refused before a file for the results is opened.
    predictions = predict(posters, options.rule, top=options.top, threshold=options.threshold)
    pictures = Pictures(options.explain) if options.explain else None
    # Where the results themselves scroll by, a bar would only get in their way.
    quiet = len(sources) < _WORTH_A_BAR or (options.output is None and sys.stdout.isatty())

    shown = sources if quiet else progress_bar("predicting")(sources)

    def rows() -> "Iterator[PredictionRow]":
        unlike = 0
        for source, prediction in zip(shown, predictions, strict=True):
            unlike += prediction.looks_like_a_poster is False
            error = source.log_error(prediction.error) if prediction.error else ""
            failed.extend([error] if error else [])
            drawn = pictures.draw(source.name, prediction) if pictures else None
            yield PredictionRow(source.name, prediction, error, drawn)
        if unlike and len(sources) > 1:
            logger.warning(f"{unlike:,} of {len(sources):,} are unlike the posters that the classifier learned from")

    return rows()
