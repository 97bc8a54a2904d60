"""`posters review`: people decide about labels, on a page of this machine."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.options import (
    add_catalogue_options,
    add_listen_options,
    add_proxy_options,
    add_recursive_option,
    corrections_from,
    read_catalogue_from,
    server_options,
    table_options,
    write_corrections,
)
from posters.models import POSTERS

if TYPE_CHECKING:
    from posters.catalogue import Catalogue
    from posters.classifier import Classifier
    from posters.review import DecisionStore

# posters.review.queue.ORDERS, which --help need not wait for.
_ORDERS = ("doubts", "random")
_DESCRIPTION = (
    "Serve a page on which people decide about the labels of a table, or of a run's table, one poster at a time and by "
    "keyboard: likely label errors first, or a random sample that tells how often the classifier is right. What is "
    "decided is kept in a database at once; several people may review together. --export and --measure write what was "
    "decided, --import takes over what was decided in Label Studio, and none of them serves anything."
)
_TABLE = "a CSV or JSON table, its folder, or a run; several tables are read together; with --unlabelled, any posters"
_UNLABELLED = (
    "TABLE is posters without labels, such as a folder of images: predictions take the place of labels, the most "
    "uncertain come first, and --export writes a labelled table"
)
_CLASSIFIER = (
    "whose probabilities are shown, or measured; posters comes with the package (default: the run's, or posters)"
)
_ORDER = (
    "doubts: likely label errors, then what is most uncertain; random: posters that the classifier has not seen, with "
    "labels and probabilities hidden (default: doubts)"
)
# With those of posters.review.datasets.FOLDERS.
_KINDS = ("corrections", "csv", "label-studio", "fiftyone", "huggingface")
_AS = (
    "what --export writes: corrections for --corrections of other commands; csv, the table with its labels as they are "
    "decided; or a folder that another program imports (default: corrections; csv with --unlabelled)"
)
_NO_LOOK = "tell look-alikes, and posters that the classifier has seen, by perceptual hashes alone"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("review", help="decide about doubtful labels on a page", description=_DESCRIPTION)
    parser.add_argument("table", type=Path, nargs="+", metavar="TABLE", help=_TABLE)
    parser.add_argument("--classifier", metavar="DIR", help=_CLASSIFIER)
    db = "database of the decisions, made if it isn't there (default: review.sqlite)"
    parser.add_argument("--db", type=Path, default=Path("review.sqlite"), metavar="FILE", help=db)
    parser.add_argument("--unlabelled", action="store_true", help=_UNLABELLED)
    add_recursive_option(parser)
    parser.add_argument("--order", choices=_ORDERS, default="doubts", help=_ORDER)
    parser.add_argument("--sample", type=int, metavar="N", help="review this many posters (default: all)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of the random order (default: 7)")
    parser.add_argument("--reviewer", metavar="NAME", help="who decides; the page can change it (default: your login)")
    export = "write what was decided to this file or folder, and serve nothing; - prints it"
    parser.add_argument("--export", type=Path, metavar="PATH", help=export)
    parser.add_argument("--as", choices=_KINDS, dest="kind", help=_AS)
    came = "take over what people decided in Label Studio from its export: JSON, JSON-MIN or CSV"
    parser.add_argument("--import", type=Path, metavar="FILE", dest="imported", help=came)
    undo = "take back all decisions that came from this export"
    parser.add_argument("--undo-import", type=Path, metavar="FILE", help=undo)
    measure = "print precision and recall of the classifier, with intervals, from the random sample decided so far"
    parser.add_argument("--measure", action="store_true", help=measure)
    parser.add_argument("--json", action="store_true", help="print what --measure finds as JSON")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder of the cache (default: in your cache folder)")
    parser.add_argument("--no-look", action="store_false", dest="look", help=_NO_LOOK)
    add_listen_options(parser, 8001)
    add_proxy_options(parser.add_argument_group("beside other servers"))
    # 1: a rare genre that was left out would be shown as one that the poster lacks.
    add_catalogue_options(parser, min_posters=1)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.imported or options.undo_import:
        _import(options)
    if options.export or options.measure:
        return _write(options)
    if options.imported or options.undo_import:
        return 0
    return _serve(options)


def _import(options: argparse.Namespace) -> None:
    from posters._base.log import logger
    from posters._base.text import counted
    from posters.review import LabelStudioExport, undo_import
    from posters.tasks.review import open_store

    if options.undo_import:
        taken = counted(undo_import(options.undo_import, _kept(options.db)), "decision")
        logger.info(f"{taken} from {options.undo_import} taken back in {options.db}")
    if options.imported:
        catalogue = _unlabelled(options, _classifier(options)) if options.unlabelled else _labelled(options)
        # Read whole before there is a new database.
        export = LabelStudioExport(options.imported, catalogue)
        found = export.keep(open_store(catalogue, options.db))
        for note in found.notes:
            logger.warning(note)
        for line in str(found).splitlines():
            logger.info(line)


def _kept(db: Path) -> "DecisionStore":
    from posters.errors import ReviewError
    from posters.review import DecisionStore

    if not db.exists():
        raise ReviewError(f"{db}: there is no such database: review first, or name another one with --db")
    return DecisionStore(db)


def _write(options: argparse.Namespace) -> int:
    import json

    from posters.review import measure

    store = _kept(options.db)
    if options.export:
        _export(options, store)
    if options.measure:
        measured = measure(store.standing("random"))
        print(json.dumps(measured.to_dict(), indent=2) if options.json else measured)
    return 0


def _export(options: argparse.Namespace, store: "DecisionStore") -> None:
    from posters._base.log import logger
    from posters.cli.output import write_lines
    from posters.review.corrections import corrected_catalogue, decided_catalogue, table_lines
    from posters.review.datasets import label_studio_root, write_dataset

    target = None if options.export == Path("-") else options.export
    kind = _kind(options)
    if kind == "corrections":
        if write_corrections(_labelled(options), options.db, target):
            logger.info(f"{target or 'what is printed'} is for --corrections of the other commands")
        return
    standing = store.standing()
    before = _unlabelled(options, _classifier(options)) if options.unlabelled else _labelled(options)
    if kind == "label-studio":
        write_dataset(options.export, kind, before, standing)
        logger.info(f"start Label Studio with LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={label_studio_root(before)}")
        return
    if options.unlabelled:
        after = decided_catalogue(before, standing)
    else:
        after = corrected_catalogue(before, corrections_from(before, options.db))
    if kind == "csv":
        write_lines(table_lines(after), target, mark=True)
    else:
        write_dataset(options.export, kind, after)


def _kind(options: argparse.Namespace) -> str:
    """Return what --export writes, once it is clear that it can be."""
    from posters.errors import ConfigError
    from posters.review.datasets import FOLDERS, check_folder

    kind = options.kind or ("csv" if options.unlabelled else "corrections")
    if kind == "corrections" and options.unlabelled:
        raise ConfigError("posters without labels have nothing to correct: leave out --as, or pass --as csv")
    if kind in FOLDERS:
        if options.export == Path("-"):
            raise ConfigError(f"--as {kind} writes a folder: name one with --export")
        check_folder(options.export)
    return str(kind)


def _serve(options: argparse.Namespace) -> int:
    from posters._base.optional_imports import check_installed

    check_installed("fastapi", "uvicorn", extra="serve")
    check_installed("filelock", "imagehash", "sklearn", "threadpoolctl")
    from posters._base.log import logger
    from posters.review.app import create_review_app
    from posters.serve import ServerOptions, listening, serve
    from posters.serve.app import address_of
    from posters.tasks.review import open_review

    with listening(options.host, options.port) as listener:
        classifier = _classifier(options)
        catalogue = _unlabelled(options, classifier) if options.unlabelled else _labelled(options)
        given = {name: getattr(options, name) for name in ("order", "sample", "seed", "cache", "look")}
        if options.unlabelled and options.order == "doubts":
            given["order"] = "uncertain"
        review = open_review(catalogue, options.db, classifier, **given)
        surroundings = ServerOptions(**server_options(options))
        app = create_review_app(review, surroundings, options.reviewer or _login(), classifier)
        logger.info(
            f"{address_of(listener)} shows {len(review.queue.posters):,} posters of {catalogue.name} and keeps what is "
            f"decided in {options.db}; Ctrl-C ends it"
        )
        serve(app, listener)
    return 0


def _classifier(options: argparse.Namespace) -> "Classifier":
    from posters.classifier import load_classifier
    from posters.tasks.review import classifier_of

    return load_classifier(options.classifier or classifier_of(options.table[0]) or POSTERS)


def _labelled(options: argparse.Namespace) -> "Catalogue":
    from posters.tasks.review import catalogue_of_run

    return catalogue_of_run(options.table[0], options.images) or read_catalogue_from(options, report=False)


def _unlabelled(options: argparse.Namespace, classifier: "Classifier") -> "Catalogue":
    from posters._base.log import logger
    from posters.cli.sources import by_name, sources_of
    from posters.errors import ImageError
    from posters.images.downloading import is_url
    from posters.tasks.review import unlabelled_catalogue

    words = map(str, options.table)
    found = by_name(sources_of(words, recursive=options.recursive, **table_options(options)))
    files = {name: path for name, path in found.items() if isinstance(path, str) and not is_url(path)}
    for name in sorted(found.keys() - files.keys()):
        error = found[name]
        reason = str(error) if isinstance(error, ImageError) else f"{name}: a review needs a file: download it"
        logger.warning(f"left out: {reason}")
    return unlabelled_catalogue(files, classifier, options.table[0] if len(options.table) == 1 else None)


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # A container may have no name for its user.
        return ""
