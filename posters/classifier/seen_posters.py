"""The posters that a classifier has seen: they trained it, chose its thresholds, or trained the weights it began with.

Figures on such posters flatter. A classifier directory keeps only digests, which name no poster and show none.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import recfunctions as rfn

from posters._base.brief import brief_repr
from posters._base.npz import read_npy
from posters._base.prefetch import ahead
from posters._base.progress import tqdm
from posters._base.threads import threads_or_cores
from posters.catalogue import Catalogue, Poster
from posters.classifier.looks import looks_network, looks_of
from posters.config import PreprocessConfig
from posters.errors import ClassifierError, ImageError
from posters.images.decoding import decode, read_file
from posters.images.look_codes import CODE_SIZE, LOOK, looks_known, normalised
from posters.images.perceptual_hash import NEAR, perceptual_hash

# In a classifier directory.
SEEN = "seen.npy"

# What a poster did, the worst first, for the figures on it; "test" posters did nothing.
USES = ("train", "validation", "weights", "test")

# What versions before 0.3 kept: no codes.
_OLD_ROW = np.dtype([("use", "u1"), ("id", "<u8"), ("film", "?"), ("file", "<u8"), ("look", "<u8"), ("looked", "?")])
_ROW = np.dtype([*_OLD_ROW.descr, ("network", "<u8"), ("code", "i1", (CODE_SIZE,))])
_PAIRS = 1 << 22  # hashes compared at a time: bounds the memory
_PATIENCE = 2.0  # seconds without a bar
# IMDb's ids mean a film in every table; other ids may be the rows' numbers.
_FILM = re.compile(r"tt\d{5,}")


@dataclass(frozen=True, eq=False)
class SeenPosters:
    """Digests of posters, and what each was used for.

    Attributes:
        rows: structured array (N,). `use`: index into `USES`; `id` and `file`: the first 64 bits of the SHA-256 of the
            poster's id and file, 0 if unknown; `film`: whether the id is IMDb's; `look`: the perceptual hash; `looked`:
            whether there is one; `code`: the look code, and `network`: which network made it, 0 if there is none.

    Examples:
        >>> len(SeenPosters.of_hashes(np.array([7, 8], np.uint64), "train").as_weights().used_for("weights"))
        2
    """

    __repr__ = brief_repr

    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def __add__(self, other: "SeenPosters") -> "SeenPosters":
        """Join two records; a poster that both have for the same use is kept once."""
        rows = np.concatenate([self.rows, other.rows])
        # Of equal ones, the first is kept: one with a code, if there is any. The hash of one file depends on the size
        # that a network takes, so that it tells posters apart only where nothing else is known.
        coded = np.argsort(rows["network"] == 0, kind="stable")
        same = rows[coded][["use", "id", "file", "look"]]
        same["look"][(same["id"] > 0) | (same["file"] > 0)] = 0
        first = np.unique(same, return_index=True)[1]
        return SeenPosters(rows[np.sort(coded[first])])

    @classmethod
    def of(
        cls,
        ids: Sequence[str],
        uses: Sequence[str],
        files: Sequence[str | None],
        looks: Sequence[int | None],
        codes: np.ndarray | None = None,
    ) -> "SeenPosters":
        """Return the digests of posters.

        Args:
            ids: of N posters.
            uses: what each was used for, one of `USES`.
            files: the SHA-256 of each file, in hexadecimal; None or "" if unknown.
            looks: perceptual hashes; None if unknown.
            codes: look codes by `posters.classifier.looks.looks_of`, int8 (N, CODE_SIZE); None if unknown.
        """
        rows = np.zeros(len(ids), _ROW)
        rows["use"] = [USES.index(use) for use in uses]
        rows["id"] = [id_digest(id) for id in ids]
        rows["film"] = [_FILM.fullmatch(id) is not None for id in ids]
        rows["file"] = [int(file[:16], 16) if file else 0 for file in files]
        rows["look"] = [0 if look is None else look for look in looks]
        rows["looked"] = [look is not None for look in looks]
        if codes is not None:
            rows["code"], rows["network"] = codes, np.where(codes.any(axis=1), np.uint64(looks_network()), np.uint64(0))
        return cls(rows)

    @classmethod
    def of_hashes(cls, hashes: np.ndarray, use: str) -> "SeenPosters":
        """Return posters of one use of which only the perceptual hashes are known, uint64 (N,)."""
        rows = np.zeros(len(hashes), _ROW)
        rows["use"], rows["look"], rows["looked"] = USES.index(use), hashes, True
        return cls(rows)

    def used_for(self, *uses: str) -> "SeenPosters":
        """Return those with one of these uses."""
        return SeenPosters(self.rows[np.isin(self.rows["use"], [USES.index(use) for use in uses])])

    def as_weights(self) -> "SeenPosters":
        """Return those that were used, as what weights have seen that another training begins with.

        Those that chose an epoch and thresholds have trained nothing, and remain what they are.
        """
        return self.used_for("train", "weights").as_used_for("weights") + self.used_for("validation")

    def as_used_for(self, use: str) -> "SeenPosters":
        """Return the same posters with another use."""
        rows = self.rows.copy()
        rows["use"] = USES.index(use)
        return SeenPosters(rows)

    def among(self, ids: Sequence[str]) -> "SeenPosters":
        """Return the posters of these ids, in their order; those that are not here with their ids alone."""
        place = {digest: row for row, digest in enumerate(self.rows["id"].tolist())}
        found = SeenPosters.of(ids, ["test"] * len(ids), [""] * len(ids), [None] * len(ids)).rows
        known = [row for row, digest in enumerate(found["id"].tolist()) if digest in place]
        found[known] = self.rows[[place[digest] for digest in found["id"][known].tolist()]]
        return SeenPosters(found)

    def write(self, path: Path) -> None:
        """Write them to an .npy file."""
        np.save(path, self.rows)

    @classmethod
    def read(cls, path: Path) -> "SeenPosters":
        """Read what `write` wrote.

        Raises:
            ClassifierError: the file is missing or damaged.
        """
        rows = _array(path)
        if rows.dtype == _OLD_ROW:
            rows = rfn.require_fields(rows, _ROW)
        if rows.dtype != _ROW or rows.ndim != 1 or (rows["use"] >= len(USES)).any():
            raise _no_record(path)
        return cls(rows)

    @classmethod
    def read_hashes(cls, path: Path) -> "SeenPosters":
        """Read what the first version kept: the perceptual hashes of the training posters.

        Raises:
            ClassifierError: the file is missing or damaged.
        """
        hashes = _array(path)
        if hashes.dtype != np.uint64 or hashes.ndim != 1:
            raise _no_record(path)
        return cls.of_hashes(hashes, "train")


def _array(path: Path) -> np.ndarray:
    try:
        return read_npy(path)
    except (OSError, ValueError) as error:
        raise ClassifierError(f"{path}: the record of the training posters can't be read ({error})") from error


def _no_record(path: Path) -> ClassifierError:
    return ClassifierError(f"{path} is no record of training posters: copy or train the classifier again")


def id_digest(id: str) -> int:
    """Return the first 64 bits of the SHA-256 of an id.

    Examples:
        >>> id_digest("tt0078748") == id_digest("tt0078748") != id_digest("tt0078749")
        True
    """
    return int(hashlib.sha256(id.encode("utf-8", "surrogateescape")).hexdigest()[:16], 16)


def look_at(
    catalogue: Catalogue, preprocess: PreprocessConfig, uses: Sequence[str], cache: Path | None = None
) -> SeenPosters:
    """Read the posters of a catalogue and return their digests; only the id of those that can't be read.

    Args:
        catalogue: N posters.
        preprocess: how they are decoded before they are hashed.
        uses: N of `USES`.
        cache: where their look codes are kept; without it, they get none.

    Examples:
        >>> none = Catalogue((Poster("1", "1.jpg", ("Drama",)),), ("Drama",), Path("images"))
        >>> look_at(none, PreprocessConfig(), ["test"]).rows["looked"].tolist()
        [False]
    """
    bar = tqdm(
        total=len(catalogue), desc="comparing with training posters", unit="poster", leave=False, delay=_PATIENCE
    )
    with bar:
        found = list(_digests(catalogue, preprocess, bar))
    files, looks = [file for file, _ in found], [look for _, look in found]
    return SeenPosters.of(catalogue.ids, uses, files, looks, looks_of(catalogue, cache) if cache else None)


def _digests(catalogue: Catalogue, preprocess: PreprocessConfig, bar: Any) -> Iterator[tuple[str, int | None]]:
    def digest(poster: Poster) -> tuple[str, int | None]:
        try:
            data = read_file(catalogue.image_path(poster))
        except ImageError:
            return "", None  # Scoring names it.
        file = hashlib.sha256(data).hexdigest()
        try:
            return file, perceptual_hash(decode(data, preprocess))
        except ImageError:
            return file, None

    for _, result in ahead(digest, catalogue, threads_or_cores(None)):
        bar.update()
        yield result


@dataclass(frozen=True, eq=False)
class Matches:
    """Which of N posters have been seen, and how that was found.

    Attributes:
        use: the worst use of each, as an index into `USES`; -1 for a poster that was not seen.
        same_file: bool (N,), the bytes are those of a seen poster.
        look_alike: bool (N,), it is no such file, but looks like a seen poster.
        same_id: bool (N,), only the id is a seen poster's.
        other_picture: bool (N,), the id is a seen poster's, but not the picture, and such ids don't mean films: not
            counted as seen.

    Examples:
        >>> none = SeenPosters.of([], [], [], [])
        >>> find_seen(none, SeenPosters.of(["7"], ["test"], [""], [3])).seen.tolist()
        [False]
    """

    __repr__ = brief_repr

    use: np.ndarray
    same_file: np.ndarray
    look_alike: np.ndarray
    same_id: np.ndarray
    other_picture: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """Whether each was seen, bool (N,)."""
        return self.use >= 0


def find_seen(seen: SeenPosters, posters: SeenPosters) -> Matches:
    """Compare posters with those that a classifier has seen: by file, by look (hash or code), by id.

    An id alone counts if it is IMDb's, or if most posters of equal ids show the same picture: else ids are the numbers
    of two tables' rows, which mean nothing.

    Args:
        seen: what the classifier has seen; "test" posters among them don't count.
        posters: N, whatever their use.

    Examples:
        >>> seen = SeenPosters.of(["7"], ["train"], ["ab" * 32], [3])
        >>> others = SeenPosters.of(["x", "y"], ["test"] * 2, ["ab" * 32, "cd" * 32], [3, 2**60 - 1])
        >>> find_seen(seen, others).use.tolist()
        [0, -1]
    """
    known = seen.used_for("train", "validation", "weights").rows
    rows = posters.rows
    has_id, counts = _ids_that_count(known, rows)
    use = np.full(len(rows), -1)
    same_file, look_alike, same_id = (np.zeros(len(rows), bool) for _ in range(3))
    # From the most harmless use on, so that the worst has the last word.
    for code in (2, 1, 0):
        of_use = known[known["use"] == code]
        file = (rows["file"] != 0) & np.isin(rows["file"], of_use["file"])
        look = rows["looked"] & looks_like(rows["look"], of_use["look"][of_use["looked"]], NEAR)
        # Codes of another network say nothing.
        coded = np.flatnonzero((rows["network"] == looks_network()) & ~look & ~file)
        look[coded] = looks_known(rows["code"][coded], of_use["code"][of_use["network"] == looks_network()])
        id = counts & np.isin(rows["id"], of_use["id"])
        use[file | look | id] = code
        same_file, look_alike, same_id = same_file | file, look_alike | look, same_id | id
    return Matches(
        use,
        same_file,
        look_alike & ~same_file,
        same_id & ~look_alike & ~same_file,
        has_id & (use < 0),
    )


def _ids_that_count(known: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which posters have a known id, and which of these ids mean the same film there, both (N,) of bool."""
    ids, first = np.unique(known["id"], return_index=True)
    place = np.minimum(np.searchsorted(ids, rows["id"]), max(len(ids) - 1, 0))
    has_id = (rows["id"] != 0) & (ids[place] == rows["id"]) if len(ids) else np.zeros(len(rows), bool)
    if not has_id.any():
        return has_id, has_id
    twin = known[first[place]]
    comparable = has_id & rows["looked"] & twin["looked"]
    near = np.bitwise_count(rows["look"] ^ twin["look"]) <= NEAR
    codes, twins = (normalised(table["code"].astype(np.float32)) for table in (rows, twin))
    near |= (rows["network"] == twin["network"]) & ((codes * twins).sum(axis=1) >= LOOK)
    same = comparable & (near | (rows["file"] == twin["file"]))
    # One numbering or two? The posters that can be compared tell.
    one_numbering = 2 * same.sum() >= comparable.sum()
    return has_id, has_id & (rows["film"] | one_numbering)


def looks_like(hashes: np.ndarray, known: np.ndarray, distance: int) -> np.ndarray:
    """Return which hashes differ in at most `distance` bits from one of the known ones.

    Args:
        hashes: uint64 (N,).
        known: uint64 (M,).
        distance: of 64 bits.

    Returns:
        bool (N,).

    Examples:
        >>> looks_like(np.array([0b111, 2**40 - 1], np.uint64), np.array([0], np.uint64), 3).tolist()
        [True, False]
    """
    # Most that are found at all are the same picture to the bit; only the others take a search.
    found = np.isin(hashes, known)
    rest, size = np.flatnonzero(~found), max(1, _PAIRS // max(1, len(known)))
    bar = tqdm(range(0, len(rest), size), desc="comparing looks", leave=False, delay=_PATIENCE)
    for rows in (rest[start : start + size] for start in bar):
        found[rows] = (np.bitwise_count(hashes[rows, None] ^ known) <= distance).any(axis=1)
    return found
