"""Packed posters in shards, for training on more than a disk or memory holds: Parquet files of `SHARD` posters each.

A folder of shards, on a disk or in an object store, holds for one size:

- `shard-00000.parquet` and so on. Shard k holds the posters of the catalogue from k * `SHARD` on: a record of each, as
  packed posters have it, its perceptual hash, and its pixels as lossless WebP (null if it can't be decoded).
- `_shards.json`: by which rule they were made. It comes first, and nothing else is mixed in.
- `_index.parquet`: all records without pixels. It comes last: where it is, no shard is missing.

Each file is written whole or not at all, so a kill costs the shards under way, and the same call goes on.
"""

import io
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, fields
from functools import partial
from itertools import chain, islice
from pathlib import Path
from threading import RLock
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
from PIL import Image
from tqdm import tqdm

from posters._base.atomic_files import replacing
from posters._base.brief import brief_repr
from posters._base.log import logger
from posters._base.optional_imports import check_installed, require
from posters._base.prefetch import ahead, batched
from posters._base.ray_cluster import spread_by
from posters._base.text import counted
from posters._base.threads import cores, threads_or_cores
from posters.catalogue import Catalogue
from posters.config import PreprocessConfig
from posters.errors import ArraysError
from posters.images.decoding import DECODER_VERSION
from posters.images.object_store import is_stored, joined, open_stored, remove_stored, stored_files, write_stored
from posters.images.perceptual_hash import perceptual_hash
from posters.store.journal import ImageRecord, stamped
from posters.store.packed_posters import PosterArrays, arrays_of, decode_file, rule_of
from posters.store.resumable import locked
from posters.store.shuffling import SHARD

SETTINGS = "_shards.json"
INDEX = "_index.parquet"

_FORMAT = 1  # of the files; another one can't be read
_CHUNK = 4  # posters that a thread decodes at a time
_RECORD = tuple(field.name for field in fields(ImageRecord))
_KEPT = 2  # shards, by who reads from the first to the last

_Shape: TypeAlias = tuple[int, ...]
# A record, the perceptual hash, and the pixels as lossless WebP; None if the file can't be decoded.
_Encoded: TypeAlias = tuple[ImageRecord, int, bytes | None]


class ShardFolder:
    """Files in a folder, on a disk or in an object store.

    Args:
        place: of the folder; a path, or an address such as "s3://bucket/shards".

    Examples:
        >>> folder = ShardFolder("memory://films/288x192")
        >>> folder.write("one", b"posters")
        >>> folder.names(), folder.open("one").read()
        ({'one'}, b'posters')
    """

    __repr__ = brief_repr

    def __init__(self, place: str | Path) -> None:
        self.name = str(place)
        # Workers of a cluster have other working directories.
        self.place = self.name if is_stored(self.name) else Path(place).absolute()

    def __str__(self) -> str:
        return self.name

    def open(self, name: str) -> Any:
        """Open a file to read it.

        Raises:
            FileNotFoundError: there is none.
        """
        return open_stored(joined(self.place, name)) if isinstance(self.place, str) else (self.place / name).open("rb")

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all."""
        if isinstance(self.place, str):
            write_stored(joined(self.place, name), data)
        else:
            with replacing(self.place / name) as temporary:
                temporary.write_bytes(data)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        if isinstance(self.place, str):
            remove_stored(joined(self.place, name))
        else:
            (self.place / name).unlink(missing_ok=True)

    def names(self) -> set[str]:
        """Return the names of the files; hidden ones are what a kill left of a file."""
        if isinstance(self.place, str):
            found = [address.rpartition("/")[2] for address in stored_files(self.place)]
        else:
            found = [path.name for path in self.place.iterdir()]
        return {name for name in found if not name.startswith(".")}

    def locked(self) -> AbstractContextManager[object]:
        """Make a folder on a disk, and let no other process write into it meanwhile; stores have no such lock."""
        if isinstance(self.place, str):
            return nullcontext()
        self.place.mkdir(parents=True, exist_ok=True)
        return locked(self.place / ".lock")


def shards_place(shards: str | Path, preprocess: PreprocessConfig) -> str | Path:
    """Return where the shards of one size are.

    Examples:
        >>> shards_place("s3://bucket/shards", PreprocessConfig(height=288, width=192))
        's3://bucket/shards/288x192'
    """
    size = f"{preprocess.height}x{preprocess.width}"
    return joined(str(shards), size) if is_stored(str(shards)) else Path(shards) / size


def pack_shards(
    catalogue: Catalogue,
    place: str | Path,
    preprocess: PreprocessConfig | None = None,
    threads: int | None = None,
    *,
    engine: str = "local",
    address: str | None = None,
) -> PosterArrays:
    """Decode the posters of `catalogue` into shards, or only the shards of which a file changed since.

    Args:
        catalogue: N posters.
        place: where the shards are; made if it is not there. Each size needs a folder of its own.
        preprocess: size, aspect rule and filter.
        threads: number of decoding threads; by default one per core.
        engine: "local" for this process; "ray" to have a Ray cluster decode. Gives the same bytes.
        address: of the Ray cluster; by default RAY_ADDRESS, or else workers on this machine until the call ends.

    Returns:
        The readable posters, as `posters.store.packed_posters.pack` gives them: with the same pixels.

    Raises:
        ArraysError: no poster can be decoded, or the folder can't be written, or holds other posters or another size.
        ConfigError: an argument is invalid, or the store or the cluster can't do it.
        MissingExtraError: pyarrow, or Ray, is needed and not installed.

    Examples:
        >>> import tempfile
        >>> from posters.catalogue import Poster
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.new("RGB", (20, 30), "red").save(Path(folder) / "alien.png")
        ...     catalogue = Catalogue((Poster("alien", "alien.png", ("Horror",)),), ("Horror",), Path(folder))
        ...     arrays = pack_shards(catalogue, Path(folder) / "shards", PreprocessConfig(height=32, width=32))
        ...     arrays.posters[np.array([0])][0, 0, 0].tolist()
        [255, 0, 0]
    """
    threads, spread = threads_or_cores(threads), spread_by(engine, address)
    check_installed("pyarrow", extra="parquet")
    preprocess, folder = preprocess or PreprocessConfig(), ShardFolder(place)
    try:
        with folder.locked():
            _settle(folder, preprocess)
            plan = [stamped(catalogue.image_root, poster.image) for poster in catalogue]
            missing = _missing(folder, catalogue, plan)
            todo = [now for part in missing for now in plan[part * SHARD : (part + 1) * SHARD]]
            read = partial(encode_file, catalogue.image_root.absolute(), preprocess)
            if spread:
                encoded = spread(read, todo, sees=[catalogue.image_root])
            else:
                chunks = ahead(lambda chunk: [read(now) for now in chunk], batched(todo, _CHUNK), threads)
                encoded = chain.from_iterable(chunk for _, chunk in chunks)
            _write(folder, catalogue.ids, missing, encoded, f"packing at {preprocess.height}x{preprocess.width}")
    except OSError as error:
        raise ArraysError(f"posters can't be packed into {folder} ({error.strerror or error})") from error
    return open_shards(catalogue, place, preprocess)


def encode_file(root: Path, preprocess: PreprocessConfig, now: ImageRecord) -> _Encoded:
    """Return the record of an image, now complete, its perceptual hash, and its pixels as lossless WebP.

    Examples:
        >>> encode_file(Path("nowhere"), PreprocessConfig(), ImageRecord("alien.jpg", 9, 9))[2] is None
        True
    """
    record, pixels = decode_file(root, preprocess, now)
    if pixels is None:
        return record, 0, None
    data = io.BytesIO()
    # The quickest method: slower ones save a tenth for ten times the time.
    Image.fromarray(pixels).save(data, "WEBP", lossless=True, method=0, quality=0)
    return record, perceptual_hash(pixels), data.getvalue()


def _settle(folder: ShardFolder, preprocess: PreprocessConfig) -> None:
    """Refuse a folder of other shards; a new one gets its settings."""
    wanted = {"format": _FORMAT, "shard": SHARD, "rule": rule_of(preprocess), "decoder": DECODER_VERSION}
    wanted["preprocess"] = asdict(preprocess)
    try:
        found = _settings(folder)
    except FileNotFoundError:
        if not isinstance(folder.place, str) and folder.names():
            raise ArraysError(f"{folder} holds other files: name a new folder as --shards") from None
        folder.write(SETTINGS, json.dumps(wanted, indent=2).encode())
        return
    _check_settings(folder, found, preprocess)
    if found["rule"] != wanted["rule"]:
        raise ArraysError(f"{folder} was packed with another version of Pillow: name another folder as --shards")


def _settings(folder: ShardFolder) -> dict[str, Any]:
    with folder.open(SETTINGS) as file:
        data = file.read()
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise ArraysError(f"{folder}/{SETTINGS} is damaged: pack into another folder") from error


def _check_settings(folder: ShardFolder, found: dict[str, Any], preprocess: PreprocessConfig) -> None:
    if [found.get(name) for name in ("format", "shard", "decoder")] != [_FORMAT, SHARD, DECODER_VERSION]:
        raise ArraysError(f"{folder} was packed by another version of this package: name another folder as --shards")
    for name, value in asdict(preprocess).items():
        if (packed := found.get("preprocess", {}).get(name)) != value:
            raise ArraysError(
                f"{folder} was packed with {name} = {packed!r}, not {value!r}: give the same options, or name another "
                "folder as --shards"
            )


def _name(number: int) -> str:
    return f"shard-{number:05}.parquet"


def _missing(folder: ShardFolder, catalogue: Catalogue, plan: Sequence[ImageRecord]) -> list[int]:
    """Return the numbers of the shards that are not there, or of which a file has changed."""
    names = folder.names()
    numbers = range(-(-len(plan) // SHARD))
    if more := sorted(name for name in names - {_name(number) for number in numbers} if name.startswith("shard-")):
        raise ArraysError(f"{folder} has shards of more posters, such as {more[0]}: name another folder as --shards")
    known = _read_records(folder, INDEX) if INDEX in names else None
    missing = []
    with tqdm(numbers, desc="looking at shards", unit="shard", leave=False, delay=1) as bar:
        for number in bar:
            rows = slice(number * SHARD, (number + 1) * SHARD)
            if _name(number) not in names:
                missing.append(number)
                continue
            ids, records = _read_records(folder, _name(number)) if known is None else (known[0][rows], known[1][rows])
            if tuple(ids) != catalogue.ids[rows][: len(ids)]:
                raise ArraysError(
                    f"{folder}/{_name(number)} holds other posters than {catalogue.name}: name another folder as "
                    "--shards"
                )
            # An unreadable file is tried again: permission to read it doesn't change its time.
            stamps = [record.stamp for record in records if record.size >= 0]
            if stamps != [record.stamp for record in plan[rows]]:
                missing.append(number)
    return missing


def _read_records(folder: ShardFolder, name: str) -> tuple[list[str], list[ImageRecord]]:
    table = _read_table(folder, name, ["id", *_RECORD])
    columns = [table[name].to_pylist() for name in _RECORD]
    return table["id"].to_pylist(), [ImageRecord(*values) for values in zip(*columns, strict=True)]


def _read_table(folder: ShardFolder, name: str, columns: Sequence[str]) -> Any:
    """Read columns of a file.

    Raises:
        FileNotFoundError: there is no such file.
        ArraysError: it is damaged.
    """
    parquet = require("pyarrow.parquet", "parquet")
    with folder.open(name) as file:
        try:
            source = parquet.ParquetFile(file, pre_buffer=False, page_checksum_verification=True)
            table = source.read(columns=list(columns), use_threads=False)
        # pyarrow's own errors are these and OSError.
        except (ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            raise ArraysError(f"{folder}/{name} is damaged ({reason}): remove it, and pack again") from error
    if missing := set(columns) - set(table.column_names):
        raise ArraysError(f"{folder}/{name} has no column {min(missing)}: remove it, and pack again")
    return table


def _write(
    folder: ShardFolder, ids: Sequence[str], missing: Sequence[int], encoded: Iterable[_Encoded], title: str
) -> None:
    """Write the missing shards, and then the index of all."""
    encoded = iter(encoded)
    if missing:
        # Until all are there, nobody should train from some of them.
        folder.remove(INDEX)
    done = len(ids) - sum(len(ids[number * SHARD : (number + 1) * SHARD]) for number in missing)
    with tqdm(total=len(ids), initial=done, desc=title, unit="poster") as bar:
        for number in missing:
            part = ids[number * SHARD : (number + 1) * SHARD]
            rows = []
            for row in islice(encoded, len(part)):
                rows.append(row)
                bar.update()
            folder.write(_name(number), _table_bytes(part, rows))
    if missing or INDEX not in folder.names():
        columns = ["id", *_RECORD, "hash"]
        tables = [_read_table(folder, _name(number), columns) for number in range(-(-len(ids) // SHARD))]
        folder.write(INDEX, _parquet_bytes(require("pyarrow", "parquet").concat_tables(tables)))
    else:
        logger.info(f"{counted(len(ids), 'poster')} are packed already in {folder}")


def _table_bytes(ids: Sequence[str], rows: Sequence[_Encoded]) -> bytes:
    pyarrow = require("pyarrow", "parquet")
    columns: dict[str, Any] = {"id": pyarrow.array(ids, pyarrow.string())}
    for name in _RECORD:
        columns[name] = [getattr(record, name) for record, _, _ in rows]
    columns["hash"] = pyarrow.array([value for _, value, _ in rows], pyarrow.uint64())
    columns["pixels"] = pyarrow.array([data for _, _, data in rows], pyarrow.binary())
    return _parquet_bytes(pyarrow.table(columns))


def _parquet_bytes(table: Any) -> bytes:
    data = io.BytesIO()
    # What is large is compressed already.
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    require("pyarrow.parquet", "parquet").write_table(table, data, write_page_checksum=True, **plain)
    return data.getvalue()


def open_shards(catalogue: Catalogue, place: str | Path, preprocess: PreprocessConfig) -> PosterArrays:
    """Return a catalogue's posters, to be read from shards. No image file is looked at.

    Args:
        catalogue: N posters, those that were packed.
        place: where the shards are.
        preprocess: how the pixels were made.

    Raises:
        ArraysError: the shards are not complete, damaged, or of other posters or another size.
        ConfigError: the store can't be read.
        MissingExtraError: pyarrow is not installed.

    Examples:
        >>> open_shards(Catalogue((), ("Drama",), Path("images")), "no/such/folder", PreprocessConfig())
        Traceback (most recent call last):
        posters.errors.ArraysError: no/such/folder has no shards: run `posters pack` with shards
    """
    folder = ShardFolder(place)
    try:
        settings = _settings(folder)
    except OSError as error:
        raise ArraysError(f"{folder} has no shards: run `posters pack` with --shards") from error
    _check_settings(folder, settings, preprocess)
    try:
        ids, records = _read_records(folder, INDEX)
        hashes = _read_table(folder, INDEX, ["hash"])["hash"].to_numpy()
    except FileNotFoundError as error:
        raise ArraysError(f"{folder} is not complete: run the same `posters pack` again") from error
    if tuple(ids) != catalogue.ids:
        raise ArraysError(f"{folder} holds other posters than {catalogue.name}: pack them again, into another folder")
    readable = np.array([record.readable for record in records], bool)
    checksums = np.array([record.checksum for record in records], np.uint32)[readable]
    posters = ShardedPosters(folder, preprocess.shape, np.flatnonzero(readable), checksums)
    return arrays_of(catalogue, records, posters, preprocess, str(settings["rule"]), hashes[readable])


class ShardedPosters:
    """Posters in shards, read as rows of an array are: `posters[rows]`, uint8 (n, H, W, 3). Any thread may read.

    The shards that were read last are kept as they are on the disk, and each poster is decoded when it is asked for, so
    memory depends on the number of those shards alone. Each poster is checked against its checksum.

    Args:
        folder: where the shards are.
        row_shape: (H, W, 3).
        positions: int (N,), the place of each poster in the catalogue.
        checksums: uint32 (N,), CRC-32 of the pixels.
        kept: how many shards are kept.

    Attributes:
        shape: (N, H, W, 3).
        dtype: uint8.
        failure: the error that was raised last. TensorFlow makes a page of text of what is raised in its threads.
    """

    __repr__ = brief_repr

    def __init__(
        self, folder: ShardFolder, row_shape: _Shape, positions: np.ndarray, checksums: np.ndarray, kept: int = _KEPT
    ) -> None:
        self.folder = folder
        self.shape = (len(positions), *row_shape)
        self.dtype = np.dtype(np.uint8)
        self.failure: Exception | None = None
        self._positions = positions
        self._checksums = checksums
        self._kept = kept
        self._shards: OrderedDict[int, Any] = OrderedDict()
        self._lock = RLock()

    def keeping(self, kept: int) -> "ShardedPosters":
        """Return the same posters, of which other shards are kept: one reader should not crowd out another's."""
        return ShardedPosters(self.folder, self.shape[1:], self._positions, self._checksums, kept)

    def __reduce__(self) -> tuple[Any, ...]:
        # To a worker, without what is kept.
        return ShardedPosters, (self.folder, self.shape[1:], self._positions, self._checksums, self._kept)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Return the posters of an index, a slice or an array of them, like an array.

        Raises:
            ArraysError: a shard is missing or damaged.
        """
        chosen = np.atleast_1d(np.arange(len(self))[rows])
        pixels = np.empty((len(chosen), *self.shape[1:]), np.uint8)
        # Shard by shard, so that those kept are used before others take their place.
        by_shard = np.argsort(self._positions[chosen], kind="stable").tolist()
        try:
            chunks = batched(by_shard, _CHUNK)
            for places, read in ahead(lambda some: [self._decoded(int(chosen[at])) for at in some], chunks, cores()):
                pixels[places] = read
        except Exception as error:
            self.failure = error
            raise
        return pixels[0] if np.ndim(rows) == 0 and not isinstance(rows, slice) else pixels

    def _decoded(self, row: int) -> np.ndarray:
        number, place = divmod(int(self._positions[row]), SHARD)
        pixels, data = np.empty(0, np.uint8), self._shard(number)[place].as_py()
        with suppress(OSError, ValueError, SyntaxError), Image.open(io.BytesIO(data or b"")) as image:
            pixels = np.asarray(image)
        if pixels.shape != self.shape[1:] or crc32(pixels.data) != self._checksums[row]:
            raise ArraysError(
                f"{self.folder}/{_name(number)} is damaged, or has other posters by now: remove it, and pack again"
            )
        return pixels

    def _shard(self, number: int) -> Any:
        with self._lock:
            if number in self._shards:
                self._shards.move_to_end(number)
            else:
                while len(self._shards) >= self._kept:
                    self._shards.popitem(last=False)
                self._shards[number] = self._read(number)
            return self._shards[number]

    def _read(self, number: int) -> Any:
        name = _name(number)
        try:
            return _read_table(self.folder, name, ["pixels"])["pixels"]
        except OSError as error:
            raise ArraysError(f"{self.folder}/{name} can't be read ({error.strerror or error}): pack again") from error
