"""Parts of predictions on a Ray cluster: each worker computes and writes whole parts itself.

Ray runs a part again when its worker died, also when the part was done but nobody was told; that writes the same file
again, so at-least-once comes out as exactly once, and only the errors of the parts travel back.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from posters._base.atomic_files import sha256_of
from posters._base.ray_cluster import map_on_ray
from posters.classifier import Classifier, load_classifier
from posters.errors import ArraysError, ClassifierError, ConfigError
from posters.models import place_anywhere, place_here
from posters.tasks.prediction_parts import SETTINGS, Part, PartSettings


def compute_parts(
    settings: PartSettings, folder: Path, parts: Sequence[Part], classifier: Path, address: str | None
) -> Iterator[tuple[int, list[str]]]:
    """Have a Ray cluster compute and write parts.

    Args:
        settings: what the parts have in common.
        folder: where they are written; all workers must see it under this path.
        parts: those to compute.
        classifier: its directory; all workers must see it, too, unless it is the package's own.
        address: of the cluster; None for RAY_ADDRESS, or else for workers on this machine until all is done.

    Yields:
        of each part that is done, in order: how many posters it has, and why some can't be read.

    Raises:
        ConfigError: there is no cluster, a worker doesn't see the folder, or Ray gave up.
        ClassifierError: a worker has another classifier or another version of this package.
        MissingExtraError: Ray is not installed.
    """
    writer = PartWriter(settings, folder, place_anywhere(classifier))
    done = map_on_ray(writer, parts, address=address, chunk=1)
    for (number, posters), reasons in zip(parts, done, strict=True):
        if not settings.path(folder, number).exists():
            path = settings.path(folder, number)
            raise ConfigError(f"{path} is on another machine alone: name a folder that all share as --output")
        yield len(posters), reasons


class PartWriter:
    """Computes and writes parts in one process, with one open classifier on one thread.

    Args:
        settings: what the parts have in common.
        folder: where they are written.
        classifier: its directory, as `place_anywhere` names it.
    """

    def __init__(self, settings: PartSettings, folder: Path, classifier: str) -> None:
        self.settings = settings
        self.folder = folder
        self.place = classifier

    @cached_property
    def classifier(self) -> Classifier:
        """The open classifier, once it is clear that it gives the results that were asked for."""
        if not (self.folder / SETTINGS).exists():
            raise ConfigError(f"a worker does not see {self.folder}: name a folder that all machines share as --output")
        opened = load_classifier(place_here(self.place), threads=1)
        if sha256_of(opened.identity_file) != self.settings.classifier:
            raise ClassifierError(f"a worker has another classifier in {opened.directory}: copy this machine's there")
        return opened

    def __call__(self, part: Part) -> list[str]:
        """Compute and write a part; return why some of its posters can't be read.

        Raises:
            ArraysError: it can't be written.
            ClassifierError: this is another classifier.
            ConfigError: the folder is not here.
        """
        number, posters = part
        rows = list(self.settings.rows(self.classifier, posters))
        try:
            self.settings.write(self.folder, number, rows, self.classifier.genre_names)
        except OSError as error:
            reason = error.strerror or error
            raise ArraysError(f"{self.folder}: a worker can't write there ({reason})") from error
        return [row.error for row in rows if row.error]
