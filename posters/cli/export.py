"""`posters export`: a classifier as one file for another runtime."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posters.catalogue import Catalogue
    from posters.tasks.export import Export

_TARGETS = ("litert", "litert-int8", "onnx", "saved_model")  # posters.tasks.export_target.TARGETS
_DESCRIPTION = (
    "Write a classifier for another runtime: uint8 pixels in, calibrated probabilities out; genre names, thresholds "
    "and preprocessing inside. It is compared with Keras on posters first, and nothing is written if it differs; "
    "rounding to 8 bits may cost 0.005 of macro mAP, where posters have labels to tell by. Needs the train extra, and "
    "onnx the onnx extra."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "export", help="write a classifier for LiteRT, ONNX or TensorFlow Serving", description=_DESCRIPTION
    )
    parser.add_argument(
        "classifier", metavar="CLASSIFIER", help="a run, a classifier directory, or posters: the package's own"
    )
    parser.add_argument("--to", choices=_TARGETS, required=True, help="the format")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help="the file; for saved_model the folder that gets a version 1 (default: the classifier's name, in the "
        "working directory)",
    )
    parser.add_argument("--force", action="store_true", help="write over what lies there")
    group = parser.add_argument_group("posters to check it on")
    group.add_argument(
        "--posters",
        nargs="+",
        metavar="POSTER",
        help="a table with genres; or files, folders and patterns (default: a run's validation posters, else drawn "
        "ones, which litert-int8 can't do with)",
    )
    group.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="folder of the images (default: beside the table, or as the run says)",
    )
    group.add_argument("--dialect", metavar="NAME", help="the table's dialect (default: recognised)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.log import logger
    from posters.tasks.export import export

    posters = _posters(options.posters, options.images, options.dialect)
    written = export(
        options.classifier,
        options.to,
        output=options.output,
        posters=posters,
        images=options.images,
        force=options.force,
        progress=_bar,
    )
    for line in _sentences(written):
        logger.info(line)
    print(written.path)
    return 0


def _posters(words: list[str] | None, images: Path | None, dialect: str | None) -> "Catalogue | Sequence[Any] | None":
    from posters.cli.sources import TABLES, sources_of

    if words is None:
        return None
    if len(words) == 1 and words[0].lower().endswith(TABLES):
        from posters.catalogue import read_catalogue

        return read_catalogue(words[0], images, dialect=dialect, min_posters=1)
    return [source.poster for source in sources_of(words, images, dialect)]


def _sentences(written: "Export") -> list[str]:
    lines = [
        f"compared with Keras on {written.checked_on}: probabilities differ by {written.largest:.2g} at most, "
        f"by {written.mean:.2g} on average"
    ]
    if written.macro_map:
        before, after = written.macro_map
        lines.append(f"macro mAP {after:.4f}; Keras has {before:.4f} on the same posters")
    return [*lines, f"{written.size / 1e6:.1f} MB"]


def _bar(decoded: Any, total: int) -> Any:
    from tqdm import tqdm

    return tqdm(decoded, total=total, desc="comparing", unit="poster", leave=False)
