"""`posters predict`: the genres of one poster, or of many."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.predictions import FORMATS
from posters.errors import ConfigError, ImageError

if TYPE_CHECKING:
    from posters.classifier import Classifier, Prediction

_WORTH_A_BAR = 20


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "predict",
        help="say the genres of posters",
        description="Say the genres of posters, with a probability for each. Results go to stdout, all else to stderr.",
    )
    parser.add_argument("posters", nargs="+", type=Path, metavar="POSTER", help="image files, or folders of them")
    parser.add_argument(
        "--classifier", type=Path, required=True, metavar="DIR", help="a classifier directory, or a run that holds one"
    )
    parser.add_argument(
        "--rule", metavar="RULE", help="which of the classifier's rules decides; posters thresholds shows them"
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="table", help="of the results (default: table)")
    parser.add_argument("--all", action="store_true", help="the probabilities of all genres, not just of those it says")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="that compute one poster (default: 1)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.classifier import load_classifier
    from posters.log import logger

    classifier = load_classifier(options.classifier, options.threads)
    if options.rule is not None:
        classifier.manifest.rule(options.rule)  # Refused here, before the first poster.
    posters = _image_files(options.posters)
    failed: list[Path] = []
    results = _predictions(classifier, posters, options.rule, failed)
    for line in FORMATS[options.format](results, classifier.genre_names, options.all):
        print(line)
    if failed and len(posters) > 1:
        logger.error(f"{len(failed):,} of {len(posters):,} posters could not be read")
    return 1 if failed else 0


def _predictions(
    classifier: "Classifier", posters: Sequence[Path], rule: str | None, failed: list[Path]
) -> Iterator[tuple[Path, "Prediction"]]:
    from tqdm import tqdm

    from posters.log import logger

    # Where the results themselves scroll by, a bar would only get in their way.
    needless = len(posters) < _WORTH_A_BAR or sys.stdout.isatty()
    for poster in tqdm(posters, desc="predicting", unit="poster", disable=needless):
        try:
            yield poster, classifier.predict(poster, rule)
        except ImageError as error:
            failed.append(poster)
            logger.error(str(error))


def _image_files(posters: Sequence[Path]) -> list[Path]:
    """The files themselves; of a folder, the images in it by name."""
    files: list[Path] = []
    for poster in posters:
        files += _images_in(poster) if poster.is_dir() else [poster]
    return files


def _images_in(folder: Path) -> list[Path]:
    from posters.catalogue.image_folder import EXTENSIONS

    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in EXTENSIONS and not path.is_dir())
    if not found:
        raise ConfigError(f"{folder} holds no images ({', '.join(sorted(EXTENSIONS))})")
    return found
