"""An index of a catalogue's posters: which of them look alike to a network."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from posters._base.atomic_files import fingerprint, sha256_of
from posters._base.brief import brief_repr
from posters._base.frames import frame_of
from posters._base.log import logger
from posters._base.prefetch import batched
from posters._base.ray_cluster import spread_by
from posters.catalogue import Catalogue
from posters.catalogue.folder_images import folder_images, is_image
from posters.catalogue.read import read_named_images
from posters.classifier import Classifier, Features
from posters.classifier.embed import embed, network_name
from posters.classifier.loading import PosterSource
from posters.errors import ArraysError, ConfigError, ImageError
from posters.images.addresses import is_address
from posters.images.look_codes import can_make_graph, normalised
from posters.similar.nearest import nearest_rows, open_graph
from posters.store.cache import default_cache
from posters.store.journal import ImageRecord
from posters.store.resumable import locked

if TYPE_CHECKING:
    import pandas

# Up to this many posters, a query is compared with each of them, which takes about 0.13 s of one core. See
# docs/design.md.
EXACT_UP_TO = 500_000

QUERIES_AT_ONCE = 64  # compared in one pass over the embeddings; more would only take more memory

# A folder or a table; paths, or paths by name; an error in place of a path becomes a poster that can't be read.
Posters: TypeAlias = "Catalogue | str | Path | Mapping[str, str | Path | bytes | ImageError] | Iterable[str | Path]"

# From embeddings (Q, F) and a count to the rows nearest to each, and their similarities, the nearest first.
_Search: TypeAlias = Callable[[np.ndarray, int], tuple[Iterable[np.ndarray], Iterable[np.ndarray]]]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A poster that is near another.

    Attributes:
        name: the catalogue's name for it.
        path: of its file.
        similarity: cosine of the angle between the two posters' features, -1 to 1; 1 for equal features.
        same_picture: whether it is another file with the same bytes. Always False for queries that are neither files
            nor bytes.

    Examples:
        >>> Neighbour("alien", Path("alien.jpg"), 0.93, same_picture=False).similarity
        0.93
    """

    name: str
    path: Path
    similarity: float
    same_picture: bool


@dataclass(frozen=True, eq=False)
class LookAlikes:
    """The neighbours of one poster, or the reason why it can't be read.

    Attributes:
        poster: the query, as it was passed.
        neighbours: the nearest first; empty if the poster can't be read.
        error: why the poster can't be read; None if it can.

    Examples:
        >>> LookAlikes("alien.jpg", error=ImageError("alien.jpg: there is no such file")).neighbours
        ()
    """

    __repr__ = brief_repr

    poster: PosterSource = field(repr=False)
    neighbours: tuple[Neighbour, ...] = ()
    error: ImageError | None = None

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the neighbours as a DataFrame, a row each: name, path, similarity and same_picture.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return frame_of(self.neighbours, [each.name for each in fields(Neighbour)])


def named_files(posters: Posters) -> tuple[dict[str, str], dict[str, str]]:
    """Find the file of each poster.

    Args:
        posters: as in `build_index`.

    Returns:
        each file's name by its absolute path (the first name, if it has several), and the reason why a poster has no
        file, by its name.

    Raises:
        ConfigError: there are no posters.

    Examples:
        >>> files, reasons = named_files({"alien": "/posters/alien.jpg", "web": "https://example.org/a.jpg"})
        >>> files
        {'/posters/alien.jpg': 'alien'}
        >>> reasons["web"]
        'web: an index is made of files: save this poster as one'
    """
    files: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for name, poster in posters_by_name(posters).items():
        if isinstance(poster, ImageError):
            reasons[name] = str(poster)
        elif isinstance(poster, bytes) or (isinstance(poster, str) and is_address(poster)):
            reasons[name] = f"{name}: an index is made of files: save this poster as one"
        else:
            # Not Path.resolve: a link keeps its own path, so that its stamp is found again.
            files.setdefault(os.path.normpath(Path(poster).absolute()), name)
    if not files and not reasons:
        raise ConfigError("the catalogue names no poster: there is nothing to compare with")
    return files, reasons


def _in_folder_or_table(path: Path) -> Mapping[str, str | Path | ImageError]:
    if path.is_dir():
        found = folder_images(path)
        if not found.images:
            raise ConfigError(f"{path}: the folder holds no images{found.left_out and ', but '}{found.left_out}")
        return {image: image for image in found.images}
    return {str(path): path} if is_image(path) else read_named_images(path)


def posters_by_name(posters: Posters) -> Mapping[str, str | Path | bytes | ImageError]:
    """Return posters by name, however they were given; a file without a name is called by its path.

    Args:
        posters: as in `build_index`.

    Raises:
        CatalogueError: a table can't be used.
        ConfigError: a folder holds no images.

    Examples:
        >>> posters_by_name(["alien.jpg"])
        {'alien.jpg': 'alien.jpg'}
    """
    if isinstance(posters, Catalogue):
        return {poster.id: posters.image_path(poster) for poster in posters}
    if isinstance(posters, Mapping):
        return posters
    if isinstance(posters, str | Path):
        return _in_folder_or_table(Path(posters))
    return {str(path): path for path in posters}


@dataclass(frozen=True, eq=False, repr=False)
class PosterIndex:
    """A catalogue's posters by what a network sees in them. Made by `build_index`.

    Attributes:
        classifier: whose features are compared.
        names: of the N posters that can be read, as in the catalogue.
        embeddings: float32 (N, F), mapped from disk: their features, each scaled to length 1.
        unreadable: one line for each poster that can't be read: which, and why.
        exact: whether a query is compared with every poster; otherwise a graph proposes candidates, and may miss one.

    Examples:
        >>> import tempfile
        >>> from posters.classifier import load_classifier
        >>> from posters.tasks.export_posters import sample_posters
        >>> index = build_index(sample_posters().sources, load_classifier("posters"), tempfile.mkdtemp())
        >>> index.embeddings.shape[0], index.exact
        (6, True)
    """

    classifier: Classifier
    names: tuple[str, ...]
    embeddings: np.ndarray
    unreadable: tuple[str, ...]
    exact: bool
    _records: tuple[ImageRecord, ...]
    _keys: np.ndarray = field(compare=False)  # uint64 (N,), equal for files with the same bytes
    _search: _Search = field(compare=False)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"PosterIndex({len(self):,} posters, {self.classifier!r})"

    def nearest(self, poster: PosterSource, top: int = 10) -> tuple[Neighbour, ...]:
        """Return the posters nearest to one, the nearest first.

        A poster that is a file of the catalogue is not its own neighbour; another file with the same bytes is one.

        Args:
            poster: as in `Classifier.predict`.
            top: how many; fewer if the catalogue has fewer.

        Raises:
            ImageError: the poster can't be downloaded, read or decoded.
            ConfigError: top is below 1, or not a whole number.
        """
        (found,) = self.nearest_many([poster], top)
        if found.error:
            raise found.error
        return found.neighbours

    def nearest_many(self, posters: Iterable[PosterSource], top: int = 10) -> Iterator[LookAlikes]:
        """Return the nearest posters of many, with errors as values. Faster than one by one.

        Args:
            posters: any mix of what `nearest` takes.
            top: as in `nearest`.

        Returns:
            the look-alikes of each poster, in order.

        Raises:
            ConfigError: as in `nearest`, before the first poster is read.
        """
        if type(top) is not int or top < 1:
            raise ConfigError(f"top must be a whole number from 1 up, but got {top!r}")
        return self._look_alikes(posters, top)

    # A generator of its own, so that `nearest_many` checks `top` when it is called and not at the first `next`.
    def _look_alikes(self, posters: Iterable[PosterSource], top: int) -> Iterator[LookAlikes]:
        for queries in batched(self.classifier.features_of_many(posters), QUERIES_AT_ONCE):
            readable = [query for query in queries if query.features is not None]
            neighbours = iter(self._neighbours(readable, top) if readable else ())
            for query in queries:
                found = () if query.error else next(neighbours)
                yield LookAlikes(query.poster, found, query.error)

    def _neighbours(self, queries: Sequence[Features], top: int) -> Iterator[tuple[Neighbour, ...]]:
        copies = [self._copies_of(query.poster) for query in queries]
        embeddings = normalised(np.array([query.features for query in queries]))
        # A query's own rows are dropped below, so ask for that many more.
        rows, products = self._search(embeddings, top + max(len(own) for _, own in copies))
        for found, similarities, (same, own) in zip(rows, products, copies, strict=True):
            # Rounding may take the product of two unit vectors past 1.
            pairs = zip(found.tolist(), np.clip(similarities, -1, 1).tolist(), strict=True)
            others = [pair for pair in pairs if pair[0] not in own][:top]
            yield tuple(
                Neighbour(self.names[row], Path(self._records[row].image), similarity, row in same)
                for row, similarity in others
            )

    def _copies_of(self, poster: PosterSource) -> tuple[set[int], set[int]]:
        """Return the rows of files with the same bytes as a poster, and among them the rows of that very file."""
        if not isinstance(poster, (str, Path, bytes)):
            return set(), set()
        try:
            digest = sha256(poster).hexdigest() if isinstance(poster, bytes) else sha256_of(Path(poster))
        except OSError:
            return set(), set()  # A URL, or a file that was removed after it was read.
        rows = np.flatnonzero(self._keys == _key(digest)).tolist()
        # Keys are only 64 bits of the digest, so compare all of it.
        same = {row for row in rows if self._records[row].sha256 == digest}
        if not same or isinstance(poster, bytes):
            return same, set()
        path = os.path.realpath(poster)
        return same, {row for row in same if os.path.realpath(self._records[row].image) == path}


def build_index(
    posters: Posters,
    classifier: Classifier,
    directory: str | Path | None = None,
    *,
    exact_up_to: int = EXACT_UP_TO,
    engine: str = "local",
    address: str | None = None,
) -> PosterIndex:
    """Embed the posters of a catalogue and keep the embeddings on disk.

    The next call embeds only posters whose bytes changed, and resumes an interrupted run. Posters that can't be read
    are named on stderr and left out.

    Args:
        posters: a catalogue, a folder of images, a table, an image's path, paths, or paths by name.
        classifier: one that gives features.
        directory: where the index is kept, for any number of networks but for one catalogue; by default a folder in
            the user's cache, one per folder of posters.
        exact_up_to: up to this many posters, a query is compared with each of them; above it, with candidates from a
            graph. The graph needs the extra `similar`; without it, every poster is compared.
        engine: "local" for this process; "ray" to have a Ray cluster, which sees the same files, embed the posters.
        address: of the Ray cluster; by default RAY_ADDRESS, or else workers on this machine until the call ends.

    Raises:
        ArraysError: no poster can be read, or the index is damaged or can't be written.
        ClassifierError: the classifier gives no features.
        ConfigError: there are no posters, an argument is invalid, or the cluster can't do it.
        MissingExtraError: filelock, or Ray where it is needed, is not installed.

    Examples:
        >>> import tempfile
        >>> from posters.classifier import load_classifier
        >>> from posters.tasks.export_posters import sample_posters
        >>> posters = sample_posters().sources
        >>> index = build_index(posters, load_classifier("posters"), tempfile.mkdtemp())
        >>> len(index.nearest(posters[0], top=3))
        3
    """
    spread = spread_by(engine, address)
    files, reasons = named_files(posters)
    directory = Path(directory) if directory else index_directory(common_folder(files))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with locked(directory / ".lock", "similar"):
            store = embed(list(files), classifier, directory, spread=spread)
            unreadable = (*reasons.values(), *(f"{r.image}: {r.error}" for r in store.records if not r.readable))
            for line in unreadable:
                logger.error(line)
            if store.rows is None or len(store.rows) == 0:
                raise ArraysError(f"none of the {len(unreadable):,} posters can be read: {unreadable[0]}")
            records = tuple(record for record in store.records if record.readable)
            keys = np.array([_key(record.sha256) for record in records], np.uint64)
            search: _Search = partial(nearest_rows, store.rows)
            exact = len(records) <= exact_up_to or not can_make_graph(len(records))
            if not exact:
                path = directory / f"graph-{network_name(classifier)}.usearch"
                # With the rule mixed in, a graph made by another rule has none of the keys, and is made again.
                search = open_graph(path, keys ^ _key(store.rule), store.rows).nearest_rows
    except OSError as error:
        raise ArraysError(f"the index in {directory} can't be written ({error.strerror or error})") from error
    names = tuple(files[record.image] for record in records)
    return PosterIndex(classifier, names, store.rows, unreadable, exact, records, keys, search)


def index_directory(name: str) -> Path:
    """Return the default directory of the index of a catalogue with this name.

    Examples:
        >>> index_directory("posters").name
        'similar-0da6cd146b6733ba'
    """
    return default_cache() / f"similar-{fingerprint(name)}"


def common_folder(paths: Iterable[str]) -> str:
    """Return the folder that all files are in or below; "" if there is none, as on two drives.

    Examples:
        >>> common_folder(["/posters/a/1.jpg", "/posters/b/2.jpg"])
        '/posters'
    """
    try:
        return os.path.commonpath([Path(path).parent for path in paths])
    except ValueError:
        return ""


def _key(hexadecimal: str) -> np.uint64:
    return np.uint64(int(hexadecimal[:16], 16))
