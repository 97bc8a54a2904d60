"""Pack a catalogue's posters into one uint8 array on disk, so that decoding happens once.

A packed folder holds `posters.npy` (N, H, W, 3), which NumPy can map by itself, and `index.jsonl`, which says of
each image what its bytes were. Packing again decodes only images whose bytes changed. What an interrupted packing has
done stands in `posters.npy.partial` and `index.jsonl.partial`, and the next one goes on from there.
"""

import hashlib
import shutil
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import takewhile
from pathlib import Path

import numpy as np
import PIL
from tqdm import tqdm

from posters.ahead import ahead
from posters.catalogue import Catalogue, Loss
from posters.config import PreprocessConfig
from posters.cores import threads_or_cores
from posters.errors import ArraysError, ImageError
from posters.extras import require
from posters.files import fingerprint as fingerprint_of
from posters.images import DECODER_VERSION, decode
from posters.log import logger
from posters.packed_index import ImageRecord, IndexWriter, common_start, read_index, same_images, stamped
from posters.rows import GrowingRows, open_partial_rows, open_rows, partial_of

PIXELS = "posters.npy"
INDEX = "index.jsonl"

_CHUNK = 4  # posters that a thread reads before it hands them on; more would only take more memory
_SAMPLES = 16  # rows looked at to tell whether finished pixels belong to their index


@dataclass(frozen=True)
class PosterArrays:
    """A catalogue as arrays.

    Attributes:
        posters: uint8 (N, H, W, 3), RGB, mapped from disk: only what is looked at is read.
        genres: uint8 (N, G), multi-hot.
        ids: of the N posters, in the catalogue's order.
        genre_names: of the G columns.
        preprocess: how the pixels were made.
        fingerprint: a short name for the pixels; equal for equal pixels.
        losses: posters that could not be decoded, and so are not among the N, by reason.
    """

    posters: np.ndarray
    genres: np.ndarray
    ids: tuple[str, ...]
    genre_names: tuple[str, ...]
    preprocess: PreprocessConfig
    fingerprint: str
    losses: tuple[Loss, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Sequence[str]) -> np.ndarray:
        """Rows (n,) int64 of those `ids` that are here, in ascending order."""
        wanted = set(ids)
        return np.array([row for row, id in enumerate(self.ids) if id in wanted], np.int64)


def pack(
    catalogue: Catalogue, directory: Path, preprocess: PreprocessConfig | None = None, threads: int | None = None
) -> PosterArrays:
    """Decode the posters of `catalogue` into `directory`, or only those that changed since it was packed there.

    Args:
        catalogue: N posters.
        directory: where the arrays lie; made if need be. Two catalogues need two directories.
        preprocess: size, aspect rule and filter; a change means that everything is decoded again.
        threads: that decode; by default one a core. Any number gives the same bytes.

    Returns:
        The readable posters. The others are counted by reason in `losses` and named on stderr.

    Raises:
        ArraysError: no poster can be decoded, the disk is too small, or what lies in `directory` is damaged.
        ConfigError: threads is below 1, or no whole number.
    """
    threads = threads_or_cores(threads)
    preprocess = preprocess or PreprocessConfig()
    directory = Path(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with require("filelock").FileLock(directory / ".lock"):
            records = _Packing(catalogue, directory, preprocess, threads).run()
            posters = open_rows(directory / PIXELS)
    except OSError as error:
        raise ArraysError(f"posters can't be packed into {directory} ({error.strerror or error})") from error
    return _poster_arrays(catalogue, records, posters, preprocess)


def _poster_arrays(
    catalogue: Catalogue, records: Sequence[ImageRecord], posters: np.ndarray, preprocess: PreprocessConfig
) -> PosterArrays:
    rows = [row for row, record in enumerate(records) if record.readable]
    losses = _unreadable(records)
    for loss in losses:
        logger.warning(str(loss))
    if not rows:
        raise ArraysError(f"none of the {len(records):,} posters of {catalogue.name} can be decoded: {losses[0]}")
    readable = catalogue.take(rows)
    hashes = hashlib.sha256("".join(records[row].sha256 for row in rows).encode()).hexdigest()
    return PosterArrays(
        posters=posters,
        genres=readable.multi_hot(),
        ids=readable.ids,
        genre_names=catalogue.genre_names,
        preprocess=preprocess,
        fingerprint=fingerprint_of([_rule(preprocess), hashes]),
        losses=losses,
    )


def _unreadable(records: Sequence[ImageRecord]) -> tuple[Loss, ...]:
    by_reason: dict[str, list[str]] = {}
    for record in records:
        if not record.readable:
            by_reason.setdefault(record.error, []).append(record.image)
    return tuple(Loss("image", reason, len(names), tuple(names[:3])) for reason, names in by_reason.items())


def _rule(preprocess: PreprocessConfig) -> str:
    """A line that changes whenever the same bytes might give other pixels."""
    return fingerprint_of({"decoder": DECODER_VERSION, "pillow": PIL.__version__, **asdict(preprocess)})


class _Packing:
    """One packing: what is asked for, what is there, and the work between."""

    def __init__(self, catalogue: Catalogue, directory: Path, preprocess: PreprocessConfig, threads: int) -> None:
        self.root = catalogue.image_root
        self.preprocess = preprocess
        self.threads = threads
        self.rule = _rule(preprocess)
        self.pixels_path = directory / PIXELS
        self.index_path = directory / INDEX
        self.plan = [stamped(self.root, poster.image) for poster in catalogue]

    def run(self) -> list[ImageRecord]:
        """Bring the folder up to date; its records, one a poster of the catalogue."""
        records, self.old_posters = self._finished()
        readable = [record for record in records if record.readable]
        self.old_records = {record.image: record for record in records}
        self.old_rows = {record.image: row for row, record in enumerate(readable)}
        sample = readable[:: max(1, len(readable) // _SAMPLES)]
        if same_images(records, self.plan) and all(self._known(record.image) for record in sample):
            logger.info(f"{len(readable):,} posters are packed already in {self.pixels_path.parent}")
            return records
        return self._pack()

    def _finished(self) -> tuple[list[ImageRecord], np.ndarray]:
        """What an earlier packing has finished, if its two files fit each other."""
        records = read_index(self.index_path, self.rule, ImageRecord)
        if records and self.pixels_path.exists():
            posters = open_rows(self.pixels_path)
            shape = (sum(record.readable for record in records), *self.preprocess.shape)
            if posters.shape == shape and posters.dtype == np.uint8:
                return records, posters
        return [], np.empty((0, *self.preprocess.shape), np.uint8)

    def _interrupted(self) -> list[ImageRecord]:
        """What an interrupted packing of the same images has done, as far as its pixels are whole."""
        records = common_start(read_index(partial_of(self.index_path), self.rule, ImageRecord), self.plan)
        rows = iter(open_partial_rows(self.pixels_path, self.preprocess.shape, np.uint8))
        return list(takewhile(lambda record: not record.readable or _holds(next(rows, None), record), records))

    def _known(self, image: str) -> ImageRecord | None:
        """The finished record of an image, if its row still holds its pixels."""
        old = self.old_records.get(image)
        if old is None or not old.readable or _holds(self.old_posters[self.old_rows[image]], old):
            return old
        return None

    def _pack(self) -> list[ImageRecord]:
        records = self._interrupted()
        self._check_disk(len(self.plan) - len(records))
        readable = sum(record.readable for record in records)
        journal = IndexWriter(partial_of(self.index_path), self.rule, records)
        rows = GrowingRows(self.pixels_path, self.preprocess.shape, np.uint8, keep=readable)
        bar = tqdm(total=len(self.plan), initial=len(records), desc=self._title, unit="poster")
        with journal, rows, bar:
            for done, posters in self._packed(self.plan[len(records) :]):
                rows.append(posters)
                journal.append(done)
                records += done
                bar.update(len(done))
            # Between these two steps there is no index, so that a kill costs work but never mixes old with new.
            self.index_path.unlink(missing_ok=True)
            rows.finish()
            journal.finish(self.index_path)
        return records

    @property
    def _title(self) -> str:
        """Of the bar: one training may pack in two sizes."""
        return f"packing at {self.preprocess.height}x{self.preprocess.width}"

    def _check_disk(self, posters: int) -> None:
        needed = posters * int(np.prod(self.preprocess.shape))
        free = shutil.disk_usage(self.pixels_path.parent).free
        if needed > free:
            raise ArraysError(
                f"packing {posters:,} posters into {self.pixels_path.parent} takes {needed / 1e9:.1f} GB, "
                f"but only {free / 1e9:.1f} GB are free there: choose another --cache or a smaller image size"
            )

    def _packed(self, plan: Sequence[ImageRecord]) -> Iterator[tuple[list[ImageRecord], np.ndarray]]:
        """Records and pixels of `plan`, chunk by chunk, in order."""
        chunks = (plan[start : start + _CHUNK] for start in range(0, len(plan), _CHUNK))
        for _, read in ahead(self._read_chunk, chunks, self.threads):
            yield read

    def _read_chunk(self, chunk: Sequence[ImageRecord]) -> tuple[list[ImageRecord], np.ndarray]:
        """By any thread: what is known of images once they are read, and the pixels of those that have some."""
        read = [self._read(record) for record in chunk]
        pixels = [pixels for _, pixels in read if pixels is not None]
        posters = np.stack(pixels) if pixels else np.empty((0, *self.preprocess.shape), np.uint8)
        return [record for record, _ in read], posters

    def _read(self, record: ImageRecord) -> tuple[ImageRecord, np.ndarray | None]:
        old = self._known(record.image)
        if old is not None and old.stamp == record.stamp:
            return old, self._old_pixels(old)
        try:
            data = (self.root / record.image).read_bytes()
        except OSError as error:
            # Without a stamp, so that it is tried again: being allowed to read a file does not change its time.
            return ImageRecord(record.image, -1, -1, error=f"the file can't be read ({error.strerror})"), None
        record = replace(record, sha256=hashlib.sha256(data).hexdigest())
        if old is not None and old.readable and old.sha256 == record.sha256:
            return replace(record, checksum=old.checksum), self._old_pixels(old)
        try:
            pixels = decode(data, self.preprocess)
        except ImageError as error:
            return replace(record, error=str(error)), None
        return replace(record, checksum=_checksum(pixels)), pixels

    def _old_pixels(self, old: ImageRecord) -> np.ndarray | None:
        return self.old_posters[self.old_rows[old.image]] if old.readable else None


def _holds(pixels: np.ndarray | None, record: ImageRecord) -> bool:
    """Whether a row holds the pixels that were written for `record`."""
    return pixels is not None and _checksum(pixels) == record.checksum


def _checksum(pixels: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(pixels).data)
