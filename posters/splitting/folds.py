"""Cross-validation: every poster is scored once, by a classifier that was trained without its film."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posters._base.atomic_files import replacing
from posters._base.brief import brief_repr
from posters.catalogue import Catalogue
from posters.errors import SplitError
from posters.splitting.stratify import stratify

# Share of the posters outside the test fold. With five folds, 70, 10 and 20 % are for train, validation and test.
_VALIDATION = 1 / 8
_DIGITS = 9  # of the number of a fold


@dataclass(frozen=True)
class Folds:
    """Which fold tests each poster.

    Attributes:
        of: the fold, 0 to `count` - 1, by poster id.
        count: number of folds.

    Examples:
        >>> Folds({"a": 0, "b": 1}, count=2).of["b"]
        1
    """

    __repr__ = brief_repr

    of: Mapping[str, int]
    count: int

    def splits(self, fold: int, catalogue: Catalogue, groups: np.ndarray, seed: int = 0) -> dict[str, str]:
        """Return the splits that test on one fold: "train", "validation" or "test" by poster id.

        Args:
            fold: the one to test on.
            catalogue: N posters; those that are in no fold are in no split.
            groups: int (N,); posters with equal numbers stay together.
            seed: of the draw of the validation split from the posters of the other folds.

        Raises:
            SplitError: there is no such fold.
        """
        if fold not in range(self.count):
            raise SplitError(f"a fold is one of 0 to {self.count - 1}, but got {fold!r}")
        # -1: a poster that the folds don't know, such as one that was added to the table later.
        own = np.array([self.of.get(id, -1) for id in catalogue.ids])
        rest = np.flatnonzero((own != fold) & (own >= 0))
        shares = (1 - _VALIDATION, _VALIDATION)
        chosen = stratify(catalogue.multi_hot()[rest], groups[rest], shares, seed)
        splits = {catalogue.ids[row]: "test" for row in np.flatnonzero(own == fold)}
        return splits | {
            catalogue.ids[row]: ("train", "validation")[split] for row, split in zip(rest, chosen, strict=True)
        }

    def undivided(self, ids: Sequence[str], groups: np.ndarray) -> "Folds":
        """Return the folds with every group in one: in that which has most of it, and among equals in the first.

        All other posters stay where they are, so that figures by the old folds remain comparable.

        Args:
            ids: of N posters; those that are in no fold stay so.
            groups: int (N,); posters with equal numbers are to be in one fold.

        Examples:
            >>> Folds({"a": 1, "b": 0, "c": 1}, count=2).undivided(["a", "b", "c"], np.array([7, 7, 7])).of
            {'a': 1, 'b': 1, 'c': 1}
        """
        folds_of: dict[int, list[int]] = defaultdict(list)
        placed = [(id, group) for id, group in zip(ids, groups.tolist(), strict=True) if id in self.of]
        for id, group in placed:
            folds_of[group].append(self.of[id])
        fold_of = {group: max(sorted(set(folds)), key=folds.count) for group, folds in folds_of.items()}
        return Folds({**self.of, **{id: fold_of[group] for id, group in placed}}, self.count)


def draw_folds(catalogue: Catalogue, groups: np.ndarray, count: int = 5, seed: int = 0) -> Folds:
    """Draw stratified, grouped folds (Kohavi 1995; stratified as in `posters.splitting.stratify`).

    Args:
        catalogue: N posters.
        groups: int (N,): posters with equal numbers stay together (see `posters.splitting.groups.group_posters`).
        count: number of folds, at least 2.
        seed: of the draw.

    Raises:
        SplitError: there are fewer than two folds, or fewer groups than folds.

    Examples:
        >>> from posters.catalogue import Poster
        >>> posters = tuple(Poster(id, f"{id}.jpg", ("Drama",)) for id in "abcd")
        >>> folds = draw_folds(Catalogue(posters, ("Drama",), Path()), np.arange(4), count=2)
        >>> sorted(folds.of.values())
        [0, 0, 1, 1]
    """
    if count < 2 or len(np.unique(groups)) < count:
        raise SplitError(
            f"there must be at least 2 folds, and no more than films, but got {count} for {len(catalogue):,} posters"
        )
    fold = stratify(catalogue.multi_hot(), groups, np.full(count, 1 / count), seed)
    return Folds(dict(zip(catalogue.ids, fold.tolist(), strict=True)), count)


def write_folds(folds: Folds, path: Path) -> None:
    """Write folds as CSV with the columns `id` and `fold`.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_folds(Folds({"a": 0, "b": 1}, 2), Path(folder) / "folds.csv")
        ...     read_folds(Path(folder) / "folds.csv")
        Folds(of={'a': 0, 'b': 1}, count=2)
    """
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["id", "fold"])
        rows.writerows(folds.of.items())


def read_folds(path: Path) -> Folds:
    r"""Read folds that `write_folds` wrote.

    Raises:
        SplitError: the file is missing, a row is not an id and a fold, an id is listed twice, or a fold has no poster.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "folds.csv").write_text("id,fold\na,0\nb,1\n")
        ...     read_folds(Path(folder) / "folds.csv").count
        2
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SplitError(f"{path}: the folds can't be read ({error})") from error
    if not rows or rows[0] != ["id", "fold"]:
        columns = ",".join(rows[0] if rows else [])
        raise SplitError(f"{path}: folds have the columns id and fold, but this has {columns!r}")
    of: dict[str, int] = {}
    for number, row in enumerate(rows[1:], start=2):
        # "²" is a digit too, but not one that `int` reads; nor does it read thousands of them.
        if len(row) != 2 or not row[0] or not row[1].isdecimal() or not row[1].isascii() or len(row[1]) > _DIGITS:
            raise SplitError(f"{path}, row {number}: must be an id and the number of a fold")
        if row[0] in of:
            raise SplitError(f"{path}, row {number}: the poster {row[0]!r} is listed twice")
        of[row[0]] = int(row[1])
    count = max(of.values(), default=-1) + 1
    # Not compared with the numbers themselves, of which a damaged digit makes billions.
    if count < 2 or len(set(of.values())) != count:
        raise SplitError(f"{path}: there must be at least two folds, numbered from 0 without a gap")
    return Folds(of, count)
