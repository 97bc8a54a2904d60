"""`posters export`: a classifier as one file for another runtime."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.options import add_recursive_option, add_table_options, table_options
from posters.cli.output import progress_bar
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.catalogue import Catalogue
    from posters.tasks.export import Export

# posters.tasks.export.TARGETS, which --help need not wait for.
_TARGETS = ("litert", "litert-int8", "onnx", "saved_model", "web")
_DESCRIPTION = (
    "Write a classifier (posters is the one that comes with the package) for another runtime: uint8 pixels in, "
    "calibrated probabilities out; genre names, thresholds and preprocessing inside. It is compared with Keras on "
    "posters first, and nothing is written if it differs; rounding to 8 bits may cost 0.005 of macro mAP, if the "
    "posters have labels to measure it by. web is a folder for any web host: a page whose visitors predict posters in "
    "their own browsers. Needs the train extra; onnx and web need the onnx extra as well, and web needs npm."
)
_CHECK = "write nothing, but compare what was written before, run by its own runtime, with the classifier"
_POSTERS = (
    "a table with genres; or files, folders and patterns (default: a run's validation posters, or six drawn posters, "
    "which are too few for litert-int8)"
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("export", help="write a classifier for another runtime", description=_DESCRIPTION)
    parser.add_argument("classifier", metavar="CLASSIFIER", help="a run, a classifier directory, or posters")
    to = "the format; hub is a folder for the Hugging Face Hub, with the classifier as it is"
    parser.add_argument("--to", choices=(*_TARGETS, "hub"), required=True, help=to)
    licence = "of hub: an identifier such as apache-2.0 (default: what the model card says)"
    parser.add_argument("--license", dest="licence", metavar="ID", help=licence)
    output = "the file; for saved_model the folder of a version 1, for web of the page (default: after the classifier)"
    parser.add_argument("--output", type=Path, metavar="PATH", help=output)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--force", action="store_true", help="replace an existing file or folder")
    instead.add_argument("--check", action="store_true", help=_CHECK)
    opset = "of onnx: version of its operators, 13 to 18 (default: 13)"
    parser.add_argument("--opset", type=int, metavar="N", help=opset)
    group = add_table_options(parser, "posters to check it on", "beside the table, or as the run has it")
    group.add_argument("--posters", nargs="+", metavar="POSTER", help=_POSTERS)
    add_recursive_option(group)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.to == "hub" or options.licence is not None:
        return _run_hub(options)
    from posters.tasks.export import export

    posters = _posters(options.posters, table_options(options), options.recursive)
    progress = progress_bar("comparing", leave=False)
    chosen = {"output": options.output, "images": options.images, "posters": posters, "progress": progress}
    if options.check:
        return _check(options, chosen)
    written = export(options.classifier, options.to, **chosen, force=options.force, opset=options.opset)
    _report(written, "Keras")
    print(written.path)
    return 0


def _check(options: argparse.Namespace, chosen: dict[str, Any]) -> int:
    from posters._base.log import logger
    from posters.tasks.export import check_export, too_far

    if options.opset:
        raise ConfigError("--opset is for writing, and --check writes nothing: leave one of them out")
    found = check_export(options.classifier, options.to, **chosen)
    _report(found, "the classifier")
    reason = too_far(options.to, found)
    if reason:
        logger.warning(f"{found.path} differs from the classifier {reason}: write it again")
    return 1 if reason else 0


def _run_hub(options: argparse.Namespace) -> int:
    from posters.tasks.export_hub import export_to_hub

    if options.to != "hub":
        raise ConfigError(f"--license is for --to hub, and not for {options.to}")
    if options.posters or options.opset or options.check:
        raise ConfigError(
            "--posters, --opset and --check are for formats that convert the network: hub copies it as it is"
        )
    print(export_to_hub(options.classifier, options.output, force=options.force, licence=options.licence))
    return 0


def _posters(words: list[str] | None, reading: dict[str, Any], recursive: bool) -> "Catalogue | Sequence[Any] | None":
    from posters.cli.sources import TABLES, sources_of

    if words is None:
        return None
    if len(words) == 1 and words[0].lower().endswith(TABLES):
        from posters.catalogue import read_catalogue

        return read_catalogue(words[0], **reading, min_posters=1)
    return [source.poster for source in sources_of(words, recursive=recursive, **reading)]


def _report(written: "Export", other: str) -> None:
    from posters._base.log import logger

    logger.info(
        f"compared with {other} on {written.checked_on}: probabilities differ by {written.largest:.2g} at most, "
        f"by {written.mean:.2g} on average"
    )
    if written.novelty is not None:
        logger.info(
            f"novelty, by which pictures that are no posters are known, differs by {written.novelty:.2g} at most"
        )
    if written.macro_map:
        before, after = written.macro_map
        logger.info(f"macro mAP {after:.4f}; {other} has {before:.4f} on the same posters")
    logger.info(f"{written.size / 1e6:.1f} MB")
