"""`posters plan`: what predicting very many posters takes, each figure with its formula."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from posters.cli.options import add_classifier_option, add_recursive_option
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.classifier.loading import PosterSource

_MEASURED = 100  # posters: some seconds, and the mean of as many moves little
_BYTES = 60  # of a poster's row in Parquet; see docs/scale.md
_DESCRIPTION = (
    "What it takes to predict very many posters into a folder of parts, each figure with its formula. The time that "
    "one poster takes is measured on this machine with some of yours, or given. Waiting for a disk or a network is not "
    "in it."
)


@dataclass(frozen=True)
class Plan:
    """What predicting very many posters takes.

    Attributes:
        posters: how many there are.
        cores: that compute at once.
        milliseconds: of one core, for one poster.
        part_size: posters in each part.
        overhead: what the engine adds to the time, as a share: 0.1 is a tenth more.
        price: of a core for an hour, in any currency; None if it is not known.

    Examples:
        >>> plan = Plan(10_000_000, 64, 25.0)
        >>> f"{plan.core_hours:.1f}", f"{plan.hours:.2f}"
        ('69.4', '1.09')
    """

    posters: int
    cores: int
    milliseconds: float
    part_size: int = 1_000
    overhead: float = 0.0
    price: float | None = None

    @property
    def core_hours(self) -> float:
        """Hours of one core."""
        return self.posters * self.milliseconds * (1 + self.overhead) / 3_600_000

    @property
    def hours(self) -> float:
        """Hours from the first part to the last: cores work on whole parts, so the last round may be part of one."""
        rounds = -(-self.posters // (self.part_size * self.cores)) if self.posters else 0
        return min(rounds * self.part_size, self.posters) * self.milliseconds * (1 + self.overhead) / 3_600_000

    def lines(self) -> Iterator[str]:
        """Yield the sheet, for people."""
        part, ms = f"{self.part_size:,}", f"{self.milliseconds:.1f} ms x {1 + self.overhead:.2f}"
        rounds = f"{part} x {ms} x parts / {self.cores:,} cores, rounded up"
        yield f"{self.core_hours:>12,.1f} core-hours  = {self.posters:,} posters x {ms}"
        yield f"{self.hours:>12,.2f} hours       = {rounds}"
        yield f"{-(-self.posters // self.part_size):>12,} parts       = {self.posters:,} / {part}, rounded up"
        size = self.posters * _BYTES / 1e9
        yield f"{size:>12,.2f} GB          = {self.posters:,} x {_BYTES} bytes: Parquet without --all"
        lost = self.part_size * self.milliseconds * (1 + self.overhead) / 1000
        yield f"{lost:>12,.0f} seconds     of one core are lost at most by a kill of one worker = {part} x {ms}"
        if self.price is not None:
            yield f"{self.core_hours * self.price:>12,.2f} to pay      = core-hours x {self.price:g}"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("plan", help="what very many predictions take", description=_DESCRIPTION)
    measured = f"some of your posters, of which {_MEASURED} are predicted to measure the time; as in predict"
    parser.add_argument("sample", nargs="*", metavar="POSTER", help=measured)
    add_recursive_option(parser)
    parser.add_argument("--posters", type=int, required=True, metavar="N", help="how many posters, such as 10_000_000")
    parser.add_argument("--cores", type=int, required=True, metavar="N", help="cores that compute, of all machines")
    known = "time of one core for one poster, instead of a measurement"
    parser.add_argument("--milliseconds", type=float, metavar="MS", help=known)
    parser.add_argument("--part-size", type=int, default=1_000, metavar="N", help="posters in a part (default: 1000)")
    overhead = "what the engine adds, as a share (default: 0)"
    parser.add_argument("--overhead", type=float, default=0.0, metavar="SHARE", help=overhead)
    parser.add_argument("--price", type=float, metavar="X", help="of a core for an hour, in any currency")
    add_classifier_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    for name, least in (("posters", 1), ("cores", 1), ("part_size", 1), ("overhead", 0), ("price", 0)):
        value = getattr(options, name)
        # Written so that NaN is refused, too.
        if value is not None and not value >= least:
            raise ConfigError(f"--{name.replace('_', '-')} must be {least} or more, but got {value:g}")
    if (options.milliseconds is None) == (not options.sample):
        raise ConfigError("name some posters to measure the time of one, or give it as --milliseconds: one of them")
    if options.milliseconds is not None and not 0 < options.milliseconds < float("inf"):
        raise ConfigError(f"--milliseconds must be more than 0, but got {options.milliseconds:g}")
    milliseconds = options.milliseconds or _measured(options)
    settings = (options.posters, options.cores, milliseconds, options.part_size, options.overhead, options.price)
    for line in Plan(*settings).lines():
        print(line)
    return 0


def _measured(options: argparse.Namespace) -> float:
    from posters.classifier import load_classifier
    from posters.cli.output import progress_bar
    from posters.cli.sources import sources_of

    classifier = load_classifier(options.classifier, threads=1)
    sample = [source.poster for source in islice(sources_of(options.sample, recursive=options.recursive), _MEASURED)]
    return core_milliseconds(classifier.predict_many, progress_bar("measuring")(sample))


def core_milliseconds(predict: Any, sample: "Sequence[PosterSource]") -> float:
    """Return the mean time of one core that a poster takes, in milliseconds: CPU time, whatever else the machine does.

    Args:
        predict: `Classifier.predict_many`.
        sample: posters; those that can't be read don't count.

    Raises:
        ConfigError: none can be read.
    """
    from time import process_time

    before = process_time()
    read = sum(prediction.error is None for prediction in predict(sample))
    if not read:
        raise ConfigError("none of the posters to measure can be read: name others, or give --milliseconds")
    return (process_time() - before) * 1000 / read
