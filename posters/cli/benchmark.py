"""`posters benchmark`: how long a classifier and its exports take on this machine, and whether they agree."""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from posters.cli.options import add_recursive_option

if TYPE_CHECKING:
    from posters.tasks.benchmark import Timing

# Those of posters.tasks.export.TARGETS that are a classifier in one file.
_FORMATS = ("litert", "litert-int8", "onnx")
_DESCRIPTION = (
    "Measure classifiers on this machine, side by side: what a program takes that starts, opens the classifier and "
    "predicts one poster (cold), what each prediction takes then on one thread, without decoding (warm), and how far "
    "their probabilities and genres are from those of the first."
)
_CLASSIFIERS = "a run, a classifier directory, posters, or a file of posters export (.tflite, .onnx)"
_TO = "export the first in these formats too, into a folder that is removed afterwards (needs the train extra)"
_POSTERS = "files, folders and patterns (default: six drawn posters, on which agreement tells little)"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("benchmark", help="measure classifiers on this machine", description=_DESCRIPTION)
    parser.add_argument("classifiers", nargs="+", metavar="CLASSIFIER", help=_CLASSIFIERS)
    parser.add_argument("--to", nargs="+", choices=_FORMATS, default=[], metavar="FORMAT", help=_TO)
    parser.add_argument("--posters", nargs="+", metavar="POSTER", help=_POSTERS)
    add_recursive_option(parser)
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="predictions of each poster (default: 10)")
    parser.add_argument("--starts", type=int, default=3, metavar="N", help="programs started (default: 3)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write every single time as JSON too")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters._base.atomic_files import write_json
    from posters._base.log import logger
    from posters.cli.output import progress_bar
    from posters.tasks.benchmark import benchmark

    posters = _posters(options)
    with tempfile.TemporaryDirectory() as folder:
        written = [_exported(options.classifiers[0], to, Path(folder), posters) for to in options.to]
        chosen = {"rounds": options.rounds, "starts": options.starts}
        timings = benchmark([*options.classifiers, *written], posters, **chosen, progress=progress_bar("measuring"))
    print(*_table(timings), sep="\n")
    if options.output:
        write_json(options.output, [asdict(timing) for timing in timings])
        logger.info(f"wrote {options.output}")
    return 0


def _posters(options: argparse.Namespace) -> Sequence[Any]:
    from posters.cli.sources import sources_of
    from posters.tasks.export_posters import sample_posters

    if options.posters is None:
        return sample_posters().sources
    return [source.poster for source in sources_of(options.posters, recursive=options.recursive)]


def _exported(classifier: str, to: str, folder: Path, posters: Sequence[Any]) -> Path:
    from posters.tasks.export import TARGETS, export

    return export(classifier, to, output=folder / f"exported{TARGETS[to].suffix}", posters=posters).path


def _table(timings: "Sequence[Timing]") -> Iterator[str]:
    """Yield a line for each classifier: medians, with the range of the starts and the quartiles of the predictions."""
    names = [Path(timing.name).name or timing.name for timing in timings]
    width = max(len("classifier"), *map(len, names))
    yield f"{'classifier':<{width}}     MB  {'cold, s':<20}  {'warm, ms a poster':<20}  {'differs by':<10}  same genres"
    for name, timing in zip(names, timings, strict=True):
        low, middle, high = timing.quartiles
        cold = f"{median(timing.cold):.2f} ({min(timing.cold):.2f} to {max(timing.cold):.2f})"
        warm = f"{middle:.1f} ({low:.1f} to {high:.1f})"
        near = f"{timing.largest:<10.2g}  {timing.same:.0%}"
        yield f"{name:<{width}}  {timing.megabytes:5.1f}  {cold:<20}  {warm:<20}  {near}"
