"""`posters drift`: whether new posters are like those that a classifier was tested on."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.options import (
    add_classifier_option,
    add_recursive_option,
    add_table_options,
    add_threads_option,
    table_options,
)
from posters.cli.output import progress_bar

if TYPE_CHECKING:
    from posters.classifier import Classifier
    from posters.drift import Drift, DriftSample

# posters.drift.FAIL_ON, which --help need not wait for.
_FAIL_ON = ("any", "features", "scores", "outliers", "f1", "never")
_DESCRIPTION = (
    "Compare new posters with a reference, by what a classifier sees in both: whether its features tell them apart, "
    "which genres' probabilities moved, how many of the new posters are unlike any of the reference, how common each "
    "genre has become, and which macro F1 to expect. REFERENCE and NEW are each a folder of images, a pattern in "
    "quotes or a table; best, REFERENCE is a labelled table of posters that the classifier was not trained on. New "
    "posters need no labels. The exit code is 1 if an alarm of --fail-on went off or a poster could not be read."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("drift", help="tell whether new posters are like old ones", description=_DESCRIPTION)
    parser.add_argument(
        "reference", metavar="REFERENCE", help="posters that the classifier was tested on, or like them"
    )
    parser.add_argument("new", metavar="NEW", help="posters to compare with them")
    add_recursive_option(parser)
    add_classifier_option(parser)
    add_threads_option(parser)
    rule = "the rule whose decisions count for macro F1 and prevalence (default: the classifier's default)"
    parser.add_argument("--rule", metavar="RULE", help=rule)
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page for people")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON; - prints them instead")
    fail_on = "which alarm makes the exit code 1 (default: any)"
    parser.add_argument("--fail-on", choices=_FAIL_ON, default="any", help=fail_on)
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of halves and permutations (default: 7)")
    unlabelled = "take a table's images and not its genres, so that no prevalence is estimated"
    parser.add_argument("--no-labels", action="store_false", dest="labels", help=unlabelled)
    add_table_options(parser, "tables")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters._base.optional_imports import check_installed
    from posters.classifier import load_classifier
    from posters.drift import measure_drift

    if options.html:
        check_installed("jinja2")
    classifier = load_classifier(options.classifier, options.threads)
    classifier.manifest.rule(options.rule)  # A misspelt rule is refused before the first of many posters is read.
    reference = _sample(options.reference, classifier, options, labels=options.labels)
    new = _sample(options.new, classifier, options, labels=False)
    found = measure_drift(reference, new, lambda y_score: classifier.decide(y_score, options.rule), seed=options.seed)
    _write(found, options)
    return int(found.fails(options.fail_on) or any(found.unreadable))


def _sample(word: str, classifier: "Classifier", options: argparse.Namespace, *, labels: bool) -> "DriftSample":
    from posters.cli.sources import TABLES, sources_of
    from posters.tasks.drift import drift_sample, labels_for

    bar = progress_bar(f"reading {Path(word).name}")
    table = word.startswith("sqlite:/") or (word.lower().endswith(TABLES) and Path(word).is_file())
    if labels and table:
        from posters.catalogue import read_catalogue

        catalogue = read_catalogue(word, **table_options(options), min_posters=1, report=False)
        paths = [str(catalogue.image_path(poster)) for poster in catalogue]
        return drift_sample(word, paths, classifier, labels_for(catalogue, classifier.genre_names), bar)
    sources = sources_of([word], recursive=options.recursive, **table_options(options))
    return drift_sample(word, [source.poster for source in sources], classifier, progress=bar)


def _write(found: "Drift", options: argparse.Namespace) -> None:
    import json

    from posters._base.atomic_files import write_json, write_text
    from posters.report.drift import drift_page, drift_text

    if options.html:
        write_text(options.html, drift_page(found))
    if options.json == Path("-"):
        print(json.dumps(found.to_dict(), indent=2))
        return
    if options.json:
        write_json(options.json, found.to_dict())
    # Last: if a file can't be written, nothing is printed.
    print(drift_text(found), end="")
