"""Train, validation and test: stratified by genre, and grouped so that no film or picture stands on two sides."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posters.catalogue import SIDES, Catalogue
from posters.errors import SplitError
from posters.files import replacing
from posters.log import logger
from posters.stratify import stratify


@dataclass(frozen=True)
class Split:
    """Which poster stands on which side.

    Attributes:
        train: ids to learn from.
        validation: ids that choose: early stopping, thresholds, calibration.
        test: ids that only the final evaluation looks at.
        seed: what it was drawn with; None when it was given.
        fingerprint: of the catalogue that it was made for.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    seed: int | None
    fingerprint: str

    def __post_init__(self) -> None:
        counts = Counter(id for side in SIDES for id in self.ids(side))
        twice = [id for id, count in counts.items() if count > 1]
        if twice:
            raise SplitError(f"the poster {twice[0]!r} stands more than once in the split: each has one side")

    def ids(self, side: str) -> tuple[str, ...]:
        """The ids of "train", "validation" or "test"."""
        if side not in SIDES:
            raise SplitError(f"a side is one of {', '.join(SIDES)}, but got {side!r}")
        return getattr(self, side)

    def sides(self) -> dict[str, str]:
        """The side of each id."""
        return {id: side for side in SIDES for id in self.ids(side)}


def draw_split(
    catalogue: Catalogue,
    groups: np.ndarray | None = None,
    *,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
) -> Split:
    """Draw a stratified, grouped split.

    Args:
        catalogue: N posters.
        groups: int (N,): posters of the same number stay together (see `posters.duplicates.group_posters`).
        validation: share of the posters for validation; a side that the table itself gives is kept as it is.
        test: share of the posters for test.
        seed: of the draw; the same seed and catalogue give the same split.

    Raises:
        SplitError: a side would have no posters, or no poster with a genre.
    """
    groups = np.arange(len(catalogue)) if groups is None else groups
    shares = {"train": 1 - validation - test, "validation": validation, "test": test}
    given = [poster.side for poster in catalogue]
    missing = [side for side in SIDES if side == "train" or side not in given]
    free = np.array([side is None or side == "train" for side in given])
    sides = np.array([side or "train" for side in given], dtype=object)
    if len(missing) > 1:
        wanted = np.array([shares[side] for side in missing])
        drawn = stratify(catalogue.multi_hot()[free], groups[free], wanted / wanted.sum(), seed)
        sides[free] = np.array(missing, dtype=object)[drawn]
    return _checked(catalogue, groups, sides, seed if len(missing) > 1 else None)


def given_split(catalogue: Catalogue, sides: Mapping[str, str], groups: np.ndarray | None = None) -> Split:
    """A split that somebody else made.

    Args:
        catalogue: N posters; those that `sides` does not name are left out of every side, and counted aloud.
        sides: "train", "validation" or "test" for each id.
        groups: as in `draw_split`; groups that stand on two sides are counted aloud.

    Raises:
        SplitError: an id is not in the catalogue, there is no such side, or a side would be unusable.
    """
    known = set(catalogue.ids)
    strange = [id for id in sides if id not in known]
    if strange:
        raise SplitError(
            f"the split names {len(strange):,} posters that {catalogue.name} does not have ({strange[0]!r})"
        )
    for id, side in sides.items():
        if side not in SIDES:
            raise SplitError(f"a side is one of {', '.join(SIDES)}, but got {side!r} for the poster {id!r}")
    groups = np.arange(len(catalogue)) if groups is None else groups
    chosen = np.array([sides.get(id) for id in catalogue.ids], dtype=object)
    unnamed = sum(side is None for side in chosen)
    if unnamed:
        logger.warning(f"{unnamed:,} posters of {catalogue.name} stand on no side of the given split, and are left out")
    return _checked(catalogue, groups, chosen, None)


def _checked(catalogue: Catalogue, groups: np.ndarray, sides: np.ndarray, seed: int | None) -> Split:
    ids = np.array(catalogue.ids, dtype=object)
    train, validation, test = (tuple(ids[sides == side]) for side in SIDES)
    split = Split(train, validation, test, seed, catalogue.fingerprint())
    counts = count_genres(catalogue, split)
    for side in SIDES:
        _check_side(side, counts[side], len(split.ids(side)))
    _warn_of_leaks(groups, sides)
    return split


def _check_side(side: str, counts: Mapping[str, int], posters: int) -> None:
    if posters == 0:
        raise SplitError(f"the {side} side of the split has no posters: take a larger share or more posters")
    if not any(counts.values()):
        raise SplitError(
            f"no poster on the {side} side of the split has a genre: nothing can be learnt or judged by it"
        )
    absent = [name for name, count in counts.items() if count == 0]
    if absent:
        logger.warning(f"the {side} side of the split has no poster of {', '.join(absent)}")


def _warn_of_leaks(groups: np.ndarray, sides: np.ndarray) -> None:
    pairs = {(group, side) for group, side in zip(groups.tolist(), sides, strict=True) if side is not None}
    leaks = sum(count > 1 for count in Counter(group for group, _ in pairs).values())
    if leaks:
        logger.warning(
            f"{leaks:,} films or pictures stand on more than one side of the given split: scores will flatter"
        )


def count_genres(catalogue: Catalogue, split: Split) -> dict[str, dict[str, int]]:
    """How many posters of each genre stand on each side: {side: {genre: count}}."""
    sides = split.sides()
    counts = {side: dict.fromkeys(catalogue.genre_names, 0) for side in SIDES}
    for poster in catalogue:
        for name in poster.genres if poster.id in sides else ():
            counts[sides[poster.id]][name] += 1
    return counts


def split_table(catalogue: Catalogue, split: Split) -> str:
    """The counts per genre and side as lines of text, for people."""
    counts = count_genres(catalogue, split)
    width = max(len("posters"), *(len(name) for name in catalogue.genre_names))
    lines = [_line(width, "", SIDES), _line(width, "posters", [f"{len(split.ids(side)):,}" for side in SIDES])]
    lines += [_line(width, name, [f"{counts[side][name]:,}" for side in SIDES]) for name in catalogue.genre_names]
    return "\n".join(lines)


def _line(width: int, name: str, cells: Iterable[str]) -> str:
    return f"{name:<{width}}" + "".join(f"{cell:>12}" for cell in cells)


def write_split(split: Split, path: Path) -> None:
    """Write a split as CSV with the columns `id` and `side`."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["id", "side"])
        lines.writerows(split.sides().items())


def read_sides(path: Path) -> dict[str, str]:
    """The side of each id, from a CSV with the columns `id` and `side`.

    Raises:
        SplitError: there is no such file, or a line that is not an id and a side, or an id stands in it twice.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            lines = [(reader.line_num, line) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SplitError(f"{path}: the split can't be read ({error})") from error
    if "id" not in columns or "side" not in columns:
        raise SplitError(
            f"{path}: a split has the columns id and side, but this has {', '.join(columns)[:80] or 'none'}"
        )
    sides: dict[str, str] = {}
    for number, line in lines:
        id, side = line.get("id"), line.get("side")
        if not id or side not in SIDES:
            raise SplitError(f"{path}, row {number}: a split has the columns id and side ({', '.join(SIDES)})")
        if id in sides:
            raise SplitError(f"{path}, row {number}: the poster {id!r} stands in the split twice")
        sides[id] = side
    return sides
