"""Pack a catalogue's posters into one uint8 array on disk, so that each is decoded once.

A packed folder is a `ResumableStore`: `posters.npy` (N, H, W, 3), which NumPy can map by itself, and `index.jsonl`. Its
rows are in the catalogue's order, so that training reads them without a table of positions.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias

import numpy as np
import PIL

from posters._base.atomic_files import fingerprint as fingerprint_of
from posters._base.brief import brief_repr
from posters._base.log import logger
from posters._base.prefetch import ahead, batched
from posters._base.progress import tqdm
from posters._base.ray_cluster import Spread, spread_by
from posters._base.regular_files import open_regular
from posters._base.threads import threads_or_cores
from posters.catalogue import Catalogue, Problem
from posters.config import PreprocessConfig
from posters.errors import ArraysError, ImageError
from posters.images.decoding import DECODER_VERSION, decode, read_bytes
from posters.store.journal import ImageRecord, stamped
from posters.store.resumable import Batch, ResumableStore, RowFile, locked
from posters.store.rows import Rows

PIXELS = "posters.npy"

INDEX = "index.jsonl"

# Posters that a thread decodes at a time. More would only take more memory, fewer more switching between threads.
_CHUNK = 4

# An image's record and its pixels; None if it can't be decoded.
_Decoded: TypeAlias = tuple[ImageRecord, np.ndarray | None]


@dataclass(frozen=True)
class PosterArrays:
    """A catalogue as arrays.

    Attributes:
        posters: uint8 (N, H, W, 3), RGB, mapped from disk or in shards: only rows that are used are read.
        genres: int8 (N, G), multi-hot, -1 where a label is unknown.
        ids: of the N posters, in the catalogue's order.
        genre_names: of the G columns.
        preprocess: how the pixels were made.
        fingerprint: short name of the pixels; equal for equal pixels.
        problems: posters that can't be decoded, and so are not among the N, by reason.
        files: the SHA-256 of each poster's file, in hexadecimal; empty where nobody has read the files.
        hashes: the perceptual hashes of the N, uint64 (N,), if they are kept with the pixels.

    Examples:
        >>> arrays = PosterArrays(
        ...     posters=np.zeros((2, 24, 16, 3), np.uint8),
        ...     genres=np.eye(2, dtype=np.int8),
        ...     ids=("a", "b"),
        ...     genre_names=("Comedy", "Drama"),
        ...     preprocess=PreprocessConfig(height=24, width=16),
        ...     fingerprint="0123456789abcdef",
        ... )
        >>> len(arrays), arrays.rows_of(["b", "unknown"]).tolist()
        (2, [1])
    """

    __repr__ = brief_repr

    posters: Rows
    genres: np.ndarray
    ids: tuple[str, ...]
    genre_names: tuple[str, ...]
    preprocess: PreprocessConfig
    fingerprint: str
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    files: tuple[str, ...] = field(default=(), repr=False)
    hashes: np.ndarray | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Sequence[str]) -> np.ndarray:
        """Return the rows (n,) int64 of those `ids` that are here, in ascending order."""
        wanted = set(ids)
        return np.array([row for row, id in enumerate(self.ids) if id in wanted], np.int64)


def pack(
    catalogue: Catalogue,
    directory: Path,
    preprocess: PreprocessConfig | None = None,
    threads: int | None = None,
    *,
    engine: str = "local",
    address: str | None = None,
) -> PosterArrays:
    """Decode the posters of `catalogue` into `directory`, or only those that changed since they were last packed there.

    Args:
        catalogue: N posters.
        directory: where the arrays are; created if missing. Two catalogues need two directories.
        preprocess: size, aspect rule and filter; after a change, every poster is decoded again.
        threads: number of decoding threads; by default one per core. Any number gives the same bytes.
        engine: "local" for this process; "ray" to have a Ray cluster, which sees the same images, decode them. Gives
            the same bytes.
        address: of the Ray cluster; by default RAY_ADDRESS, or else workers on this machine until the call ends.

    Returns:
        The readable posters. The others are counted by reason in `problems` and named on stderr.

    Raises:
        ArraysError: no poster can be decoded, the disk is too small, or the files in `directory` are damaged.
        ConfigError: threads is below 1, or not a whole number, an argument is invalid, or the cluster can't do it.
        MissingExtraError: Ray is needed and not installed.

    Examples:
        >>> import tempfile
        >>> from PIL import Image
        >>> from posters.catalogue import Poster
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.new("RGB", (20, 30), "red").save(Path(folder) / "alien.png")
        ...     catalogue = Catalogue((Poster("alien", "alien.png", ("Horror",)),), ("Horror",), Path(folder))
        ...     arrays = pack(catalogue, Path(folder) / "packed", PreprocessConfig(height=24, width=16))
        >>> arrays.posters.shape, arrays.posters[0, 0, 0].tolist()
        ((1, 24, 16, 3), [255, 0, 0])
    """
    threads, spread = threads_or_cores(threads), spread_by(engine, address)
    preprocess = preprocess or PreprocessConfig()
    directory = Path(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with locked(directory / ".lock"):
            store = _Packing(catalogue, directory, preprocess, threads, spread).run()
    except OSError as error:
        raise ArraysError(f"posters can't be packed into {directory} ({error.strerror or error})") from error
    return arrays_of(catalogue, store.records, store.rows, preprocess, store.rule)


def arrays_of(
    catalogue: Catalogue,
    records: Sequence[ImageRecord],
    posters: Rows | None,
    preprocess: PreprocessConfig,
    rule: str,
    hashes: np.ndarray | None = None,
) -> PosterArrays:
    """Return packed posters as arrays, and report those that can't be decoded.

    Args:
        catalogue: N posters.
        records: of the N.
        posters: pixels of those n that are readable, (n, H, W, 3).
        preprocess: how the pixels were made.
        rule: by which the pixels were made; see `rule_of`.
        hashes: perceptual hashes of the n, uint64 (n,), if they are known.

    Raises:
        ArraysError: no poster can be decoded.

    Examples:
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("alien", "alien.png", ("Horror",)),), ("Horror",), Path("images"))
        >>> pixels, records = np.zeros((1, 24, 16, 3), np.uint8), [ImageRecord("alien.png", 9, 9)]
        >>> arrays_of(catalogue, records, pixels, PreprocessConfig(height=24, width=16), "rule").ids
        ('alien',)
    """
    problems = _unreadable(records)
    for problem in problems:
        logger.warning(str(problem))
    rows = [row for row, record in enumerate(records) if record.readable]
    if not rows or posters is None:
        raise ArraysError(f"none of the {len(catalogue):,} posters of {catalogue.name} can be decoded: {problems[0]}")
    readable = catalogue.take(rows)
    # Of the files' bytes, not of the pixels, which would all have to be read: equal bytes and rule give equal pixels.
    files = tuple(records[row].sha256 for row in rows)
    digest = hashlib.sha256("".join(files).encode()).hexdigest()
    return PosterArrays(
        posters=posters,
        genres=readable.multi_hot(),
        ids=readable.ids,
        genre_names=catalogue.genre_names,
        preprocess=preprocess,
        fingerprint=fingerprint_of([rule, digest]),
        problems=problems,
        files=files,
        hashes=hashes,
    )


def rule_of(preprocess: PreprocessConfig) -> str:
    """Return a short text that changes whenever the same file might give other pixels.

    Examples:
        >>> rule_of(PreprocessConfig()) == rule_of(PreprocessConfig(height=96))
        False
    """
    # Another decoder, Pillow or preprocessing may give other pixels for the same bytes.
    return fingerprint_of({"decoder": DECODER_VERSION, "pillow": PIL.__version__, **asdict(preprocess)})


def _unreadable(records: Sequence[ImageRecord]) -> tuple[Problem, ...]:
    by_reason: dict[str, list[str]] = {}
    for record in records:
        if not record.readable:
            by_reason.setdefault(record.error, []).append(record.image)
    return tuple(Problem("image", reason, len(names), tuple(names[:3])) for reason, names in by_reason.items())


class _Packing:
    """One call of `pack`: the images of the catalogue as they are now, and the store to bring up to date."""

    def __init__(
        self, catalogue: Catalogue, directory: Path, preprocess: PreprocessConfig, threads: int, spread: Spread | None
    ) -> None:
        self.root = catalogue.image_root
        self.directory = directory
        self.preprocess = preprocess
        self.threads = threads
        self.spread = spread
        self.plan = [stamped(self.root, poster.image) for poster in catalogue]
        pixels = RowFile(directory / PIXELS, preprocess.shape, np.uint8)
        self.store = ResumableStore(directory / INDEX, rule_of(preprocess), ImageRecord, self.root, pixels)

    def run(self) -> ResumableStore[ImageRecord]:
        """Bring the store up to date: one record for each poster of the catalogue, in its order."""
        stamps = [record.stamp for record in self.store.records]
        # Every row is read, at some 1.3 GB/s: less than a hundredth of what an epoch of training on them takes.
        if stamps == [record.stamp for record in self.plan] and not self.store.has_damage("checking packed posters"):
            readable = sum(record.readable for record in self.store.records)
            logger.info(f"{readable:,} posters are packed already in {self.directory}")
            return self.store
        # Rows can only be appended, so the work of an interrupted run counts as far as it is in the catalogue's order.
        pairs = zip(self.store.interrupted(), self.plan, strict=False)
        kept = [record for record, now in takewhile(lambda pair: pair[0].stamp == pair[1].stamp, pairs)]
        todo = self.plan[len(kept) :]
        self._check_disk(len(todo))
        # The title has the size, since one training may pack in two sizes.
        title = f"packing at {self.preprocess.height}x{self.preprocess.width}"
        if self.spread:
            batches: Iterable[Batch[ImageRecord]] = map(
                self._batch, batched(self._read_elsewhere(todo, self.spread), _CHUNK)
            )
        else:
            batches = (batch for _, batch in ahead(self._read_chunk, batched(todo, _CHUNK), self.threads))
        bar = tqdm(total=len(self.plan), initial=len(kept), desc=title, unit="poster")
        self.store.update(kept, batches, bar)
        return self.store

    def _check_disk(self, posters: int) -> None:
        needed = posters * int(np.prod(self.preprocess.shape))
        free = shutil.disk_usage(self.directory).free
        if needed > free:
            raise ArraysError(
                f"packing {posters:,} posters into {self.directory} takes {needed / 1e9:.1f} GB, "
                f"but only {free / 1e9:.1f} GB are free there: choose another --cache or a smaller image size"
            )

    def _read_chunk(self, chunk: Sequence[ImageRecord]) -> Batch[ImageRecord]:
        """Return complete records of images, and the pixels (H, W, 3) of the readable ones. Runs in any thread."""
        return self._batch([self._reused(now) or decode_file(self.root, self.preprocess, now) for now in chunk])

    def _batch(self, read: Sequence[_Decoded]) -> Batch[ImageRecord]:
        return [record for record, _ in read], [pixels for _, pixels in read if pixels is not None]

    def _reused(self, now: ImageRecord) -> _Decoded | None:
        old = self.store.reusable(now)
        return (old, self.store.row(old)) if old else None

    def _read_elsewhere(self, todo: Sequence[ImageRecord], spread: Spread) -> Iterator[_Decoded]:
        """Yield what `_read_chunk` reads, one by one; what has to be decoded is decoded by other machines."""
        reused = [self.store.reusable(now) for now in todo]
        changed = [now for now, old in zip(todo, reused, strict=True) if old is None]
        decoded = spread(partial(decode_file, self.root.absolute(), self.preprocess), changed, sees=[self.root])
        for old in reused:
            yield (old, self.store.row(old)) if old else next(decoded)


def decode_file(root: Path, preprocess: PreprocessConfig, now: ImageRecord) -> _Decoded:
    """Return the record of an image, now complete, and its pixels (H, W, 3); None if it can't be decoded.

    Examples:
        >>> decode_file(Path("nowhere"), PreprocessConfig(), ImageRecord("alien.jpg", 9, 9))[0].error
        "the file can't be read (No such file or directory)"
    """
    try:
        with open_regular(root / now.image) as file:
            data = read_bytes(file)
        now = replace(now, sha256=hashlib.sha256(data).hexdigest())
        pixels = decode(data, preprocess)
    except OSError as error:
        # Without a stamp, so that the next run tries again: permission to read a file doesn't change its time.
        return ImageRecord(now.image, -1, -1, error=f"the file can't be read ({error.strerror})"), None
    except ImageError as error:
        return replace(now, error=str(error)), None
    return now.with_row(pixels), pixels
