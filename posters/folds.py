"""Cross-validation: every poster is scored once, by a classifier that never saw it or another poster of its film."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue
from posters.errors import SplitError
from posters.files import replacing
from posters.stratify import stratify

# Of the posters that a fold leaves: one in eight chooses, so that with five folds 70, 10 and 20 % train, choose, test.
_VALIDATION = 1 / 8


@dataclass(frozen=True)
class Folds:
    """Which fold tests each poster.

    Attributes:
        of: the fold, 0 to `count` - 1, of each id.
        count: how many there are.
    """

    of: Mapping[str, int]
    count: int

    def sides(self, fold: int, catalogue: Catalogue, groups: np.ndarray, seed: int = 0) -> dict[str, str]:
        """The split that tests on one fold: {id: "train", "validation" or "test"}.

        Args:
            fold: the one to test on.
            catalogue: N posters; those that no fold names stand on no side.
            groups: int (N,); posters of one number stay together.
            seed: of the draw of the validation side, from the posters of the other folds.

        Raises:
            SplitError: there is no such fold.
        """
        if fold not in range(self.count):
            raise SplitError(f"a fold is one of 0 to {self.count - 1}, but got {fold!r}")
        own = np.array([self.of.get(id, -1) for id in catalogue.ids])
        rest = np.flatnonzero((own != fold) & (own >= 0))
        shares = (1 - _VALIDATION, _VALIDATION)
        chosen = stratify(catalogue.multi_hot()[rest], groups[rest], shares, seed)
        sides = {catalogue.ids[row]: "test" for row in np.flatnonzero(own == fold)}
        return sides | {
            catalogue.ids[row]: ("train", "validation")[side] for row, side in zip(rest, chosen, strict=True)
        }


def draw_folds(catalogue: Catalogue, groups: np.ndarray, count: int = 5, seed: int = 0) -> Folds:
    """Draw stratified, grouped folds (Kohavi 1995; stratified as in `posters.stratify`).

    Args:
        catalogue: N posters.
        groups: int (N,): posters of the same number stay together (see `posters.duplicates.group_posters`).
        count: of folds, at least 2.
        seed: of the draw.

    Raises:
        SplitError: there are fewer than two folds, or fewer groups than folds.
    """
    if count < 2 or len(np.unique(groups)) < count:
        raise SplitError(
            f"folds must be at least 2, and no more than there are films, but got {count} "
            f"for {len(catalogue):,} posters"
        )
    fold = stratify(catalogue.multi_hot(), groups, np.full(count, 1 / count), seed)
    return Folds(dict(zip(catalogue.ids, fold.tolist(), strict=True)), count)


def write_folds(folds: Folds, path: Path) -> None:
    """Write folds as CSV with the columns `id` and `fold`."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["id", "fold"])
        lines.writerows(folds.of.items())


def read_folds(path: Path) -> Folds:
    """Read what `write_folds` wrote.

    Raises:
        SplitError: there is no such file, a line is no id and fold, an id stands in it twice, or a fold has no poster.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SplitError(f"{path}: the folds can't be read ({error})") from error
    if not lines or lines[0] != ["id", "fold"]:
        raise SplitError(
            f"{path}: folds have the columns id and fold, but this has {','.join(lines[0] if lines else [])!r}"
        )
    of: dict[str, int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != 2 or not line[0] or not line[1].isdecimal() or not line[1].isascii():
            raise SplitError(f"{path}, row {number}: a line is an id and the number of its fold")
        if line[0] in of:
            raise SplitError(f"{path}, row {number}: the poster {line[0]!r} stands in the folds twice")
        of[line[0]] = int(line[1])
    count = max(of.values(), default=-1) + 1
    if count < 2 or set(of.values()) != set(range(count)):
        raise SplitError(f"{path}: folds are numbered from 0 without a gap, and at least two")
    return Folds(of, count)
