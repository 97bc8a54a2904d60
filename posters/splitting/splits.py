"""Train, validation and test: stratified by genre, and grouped so that no film or picture is in two splits."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posters._base.atomic_files import replacing
from posters._base.log import logger
from posters.catalogue import SPLITS, Catalogue
from posters.catalogue.rows import is_split, parse_split
from posters.errors import CatalogueError, SplitError
from posters.splitting.stratify import stratify


@dataclass(frozen=True, repr=False)
class Splits:
    """Which poster is in which split.

    Attributes:
        train: ids to learn from.
        validation: ids to choose by: early stopping, thresholds, calibration.
        test: ids for the final evaluation only.
        seed: that the splits were drawn with; None for splits that were given.
        fingerprint: of the catalogue that they were made for.

    Raises:
        SplitError: an id is in two splits.

    Examples:
        >>> Splits(("a", "b"), ("c",), ("d",), seed=0, fingerprint="").by_id()
        {'a': 'train', 'b': 'train', 'c': 'validation', 'd': 'test'}
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    seed: int | None
    fingerprint: str

    def __post_init__(self) -> None:
        counts = Counter((*self.train, *self.validation, *self.test))
        repeated = [id for id, count in counts.items() if count > 1]
        if repeated:
            raise SplitError(f"the poster {repeated[0]!r} is listed more than once: a poster belongs to one split")

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(self.ids(split)):,} {split}" for split in SPLITS)
        return f"<Splits: {sizes}, {'given' if self.seed is None else f'seed {self.seed}'}>"

    def ids(self, split: str) -> tuple[str, ...]:
        """Return the ids of "train", "validation" or "test".

        Raises:
            SplitError: there is no such split.
        """
        _check_name(split)
        return {"train": self.train, "validation": self.validation, "test": self.test}[split]

    def by_id(self) -> dict[str, str]:
        """Return the split of each id."""
        return {id: split for split in SPLITS for id in self.ids(split)}


def _check_name(split: str, where: str = "") -> None:
    if split not in SPLITS:
        raise SplitError(f"a split is one of {', '.join(SPLITS)}, but got {split!r}{where}")


def draw_splits(
    catalogue: Catalogue,
    groups: np.ndarray | None = None,
    *,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    kept: Mapping[str, str] | None = None,
) -> Splits:
    """Draw stratified, grouped splits.

    Args:
        catalogue: N posters.
        groups: int (N,): posters with equal numbers stay together (see `posters.splitting.groups.group_posters`).
        validation: share of the posters for validation; a split that the table gives is kept as it is.
        test: share of the posters for test; likewise. 0 for no test split.
        seed: of the draw; the same seed and catalogue give the same splits.
        kept: the split of some ids, which they and their groups keep; unless the table gives splits, the other posters
            are drawn by the shares.

    Raises:
        SplitError: train or validation, or test with a share, would have no posters, or no poster with a genre.

    Examples:
        >>> from posters.catalogue import Poster
        >>> posters = tuple(Poster(str(n), f"{n}.jpg", ("Drama",)) for n in range(20))
        >>> splits = draw_splits(Catalogue(posters, ("Drama",), Path()))
        >>> len(splits.train), len(splits.validation), len(splits.test)
        (14, 3, 3)
    """
    groups = np.arange(len(catalogue)) if groups is None else groups
    shares = {"train": 1 - validation - test, "validation": validation, **({"test": test} if test else {})}
    given = [poster.split for poster in catalogue]
    if kept and not any(given):
        # Of a group that was divided, training has seen some: the whole group is train's.
        chosen = _kept(catalogue, groups, kept)
        missing, free = list(shares), np.array([split is None for split in chosen])
    else:
        # A table that names only its test posters leaves the other two splits to be drawn from the rest.
        missing = [split for split in shares if split == "train" or split not in given]
        free = np.array([split is None or split == "train" for split in given])
        chosen = np.array([split or "train" for split in given], dtype=object)
    drawn = len(missing) > 1 and bool(free.any())
    if drawn:
        wanted = np.array([shares[split] for split in missing])
        subsets = stratify(catalogue.multi_hot()[free], groups[free], wanted / wanted.sum(), seed)
        chosen[free] = np.array(missing, dtype=object)[subsets]
    return _checked(catalogue, groups, chosen, seed if drawn else None, needs_test=test > 0)


def _kept(catalogue: Catalogue, groups: np.ndarray, kept: Mapping[str, str]) -> np.ndarray:
    """Return the split that each poster keeps, by its group; None for groups without a kept poster."""
    of_group: dict[int, str] = {}
    for split in SPLITS:
        for group, id in zip(groups.tolist(), catalogue.ids, strict=True):
            if kept.get(id) == split:
                of_group.setdefault(group, split)
    return np.array([of_group.get(group) for group in groups.tolist()], dtype=object)


def given_splits(catalogue: Catalogue, splits: Mapping[str, str], groups: np.ndarray | None = None) -> Splits:
    """Check splits that were made elsewhere.

    Args:
        catalogue: N posters; a warning counts those that `splits` does not name, which are in no split.
        splits: "train", "validation" or "test" by poster id.
        groups: as in `draw_splits`; a warning counts the groups that are in two splits.

    Raises:
        SplitError: an id is not in the catalogue, there is no such split, or train or validation would be unusable.
            Without test posters a run can't be evaluated by itself, but on a table.

    Examples:
        >>> from posters.catalogue import Poster
        >>> posters = tuple(Poster(id, f"{id}.jpg", ("Drama",)) for id in "abc")
        >>> catalogue = Catalogue(posters, ("Drama",), Path())
        >>> given_splits(catalogue, {"a": "train", "b": "validation", "c": "test"}).test
        ('c',)
    """
    splits = {id: _spelt_out(split) for id, split in splits_by_id(splits, catalogue).items()}
    known = set(catalogue.ids)
    if unknown := [id for id in splits if id not in known]:
        raise SplitError(
            f"the splits name {len(unknown):,} posters that are not in {catalogue.name}, such as {unknown[0]!r}"
        )
    for id, split in splits.items():
        _check_name(split, f" for the poster {id!r}")
    groups = np.arange(len(catalogue)) if groups is None else groups
    chosen = np.array([splits.get(id) for id in catalogue.ids], dtype=object)
    if unnamed := sum(split is None for split in chosen):
        logger.warning(f"{unnamed:,} posters of {catalogue.name} are in no split, and are not used")
    return _checked(catalogue, groups, chosen, None)


def _spelt_out(split: str) -> str:
    """Return `validation` for `val` and its like; what means no split as it is."""
    return parse_split(split) or split if isinstance(split, str) and is_split(split) else split


def _checked(
    catalogue: Catalogue, groups: np.ndarray, chosen: np.ndarray, seed: int | None, needs_test: bool = False
) -> Splits:
    ids = np.array(catalogue.ids, dtype=object)
    train, validation, test = (tuple(ids[chosen == split]) for split in SPLITS)
    splits = Splits(train, validation, test, seed, catalogue.fingerprint())
    for split, counts in count_genres(catalogue, splits).items():
        if split != "test" or needs_test or splits.test:
            _check_split(split, len(splits.ids(split)), counts)
    # Posters in no split can't leak.
    pairs = {(group, split) for group, split in zip(groups.tolist(), chosen, strict=True) if split is not None}
    leaks = sum(count > 1 for count in Counter(group for group, _ in pairs).values())
    if leaks:
        logger.warning(f"{leaks:,} films or pictures are in more than one split: the test scores will be too good")
    return splits


# Why a run can't do without a split.
_NEEDED_FOR = {
    "train": "",
    "validation": " (validation posters choose the epoch, the calibration and the thresholds)",
    "test": ", or do without (--test 0)",
}


def _check_split(split: str, posters: int, counts: Mapping[str, int]) -> None:
    if posters == 0:
        raise SplitError(f"the {split} split has no posters: take a larger share or more posters{_NEEDED_FOR[split]}")
    if not any(counts.values()):
        raise SplitError(f"no poster of the {split} split has a genre: label some of them, or draw other splits")
    absent = [name for name, count in counts.items() if count == 0]
    # Not an error: a rare genre may have fewer posters than there are splits.
    if absent:
        logger.warning(f"the {split} split has no poster of {', '.join(absent)}")


def count_genres(catalogue: Catalogue, splits: Splits) -> dict[str, dict[str, int]]:
    """Count the posters of each genre in each split.

    Returns:
        {split: {genre name: count}}, for every split and every genre of the catalogue.

    Examples:
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("a", "a.jpg", ("Drama",)),), ("Drama",), Path())
        >>> count_genres(catalogue, Splits(("a",), (), (), None, ""))
        {'train': {'Drama': 1}, 'validation': {'Drama': 0}, 'test': {'Drama': 0}}
    """
    split_of = splits.by_id()
    counts = {split: dict.fromkeys(catalogue.genre_names, 0) for split in SPLITS}
    for poster in catalogue:
        for name in poster.genres if poster.id in split_of else ():
            counts[split_of[poster.id]][name] += 1
    return counts


def splits_table(catalogue: Catalogue, splits: Splits) -> str:
    """Return the counts per genre and split as lines of text, for people.

    Examples:
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("a", "a.jpg", ("Drama",)),), ("Drama",), Path())
        >>> print(splits_table(catalogue, Splits(("a",), (), (), None, "")).splitlines()[-1])
        Drama             1           0           0
    """
    width = max(len("posters"), *(len(name) for name in catalogue.genre_names))

    def line(name: str, cells: Iterable[str]) -> str:
        return f"{name:<{width}}" + "".join(f"{cell:>12}" for cell in cells)

    counts = count_genres(catalogue, splits)
    lines = [line("", SPLITS), line("posters", [f"{len(splits.ids(split)):,}" for split in SPLITS])]
    lines += [line(name, [f"{counts[split][name]:,}" for split in SPLITS]) for name in catalogue.genre_names]
    return "\n".join(lines)


def write_splits(splits: Splits, path: Path) -> None:
    """Write splits as CSV with the columns `id` and `split`.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_splits(Splits(("a",), ("b",), ("c",), None, ""), Path(folder) / "splits.csv")
        ...     read_splits(Path(folder) / "splits.csv")
        {'a': 'train', 'b': 'validation', 'c': 'test'}
    """
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["id", "split"])
        rows.writerows(splits.by_id().items())


def read_splits(path: Path) -> dict[str, str]:
    r"""Read the split of each id from a CSV with the columns `id` and `split`.

    The first column may be called `filename` or `image` and name the posters' images (see `splits_by_id`), the second
    `side`, `set` or `subset`; `val`, `valid` and `dev` mean validation.

    Raises:
        SplitError: the file is missing, a row lacks an id or a split, or an id is listed twice.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "splits.csv").write_text("filename,set\na,val\n")
        ...     read_splits(Path(folder) / "splits.csv")
        {'a': 'validation'}
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # Excel writes a byte order mark.
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SplitError(f"{path}: the splits can't be read ({error})") from error
    id_column, column = _column_of(columns, _ID_COLUMNS), _column_of(columns, _SPLIT_COLUMNS)
    if id_column is None or column is None:
        raise SplitError(
            f"{path}: splits have the columns id and split, but this has {', '.join(columns)[:80] or 'none'}"
        )
    split_of: dict[str, str] = {}
    for number, row in rows:
        id, split = row.get(id_column), _split_of(row.get(column), f"{path}, row {number}")
        if not id or split is None:
            raise SplitError(f"{path}, row {number}: must be an id and a split ({', '.join(SPLITS)})")
        if id in split_of:
            raise SplitError(f"{path}, row {number}: the poster {id!r} is listed twice")
        split_of[id] = split
    return split_of


# What split files call their columns; the first is ours. Versions before 0.2 wrote `side`.
_ID_COLUMNS = ("id", "filename", "file_name", "image", "file", "path")
_SPLIT_COLUMNS = ("split", "side", "set", "subset")


def _column_of(columns: Sequence[str], names: Sequence[str]) -> str | None:
    by_name = {column.strip().casefold(): column for column in reversed(columns)}
    return next((by_name[name] for name in names if name in by_name), None)


def _split_of(word: str | None, where: str) -> str | None:
    try:
        return parse_split((word or "").strip())
    except CatalogueError as error:
        raise SplitError(f"{where}: {error}") from None


def splits_by_id(given: Mapping[str, str], catalogue: Catalogue) -> dict[str, str]:
    """Return splits by poster id where a file names the images instead, such as `covers/heat.jpg` or `heat.jpg`.

    A name that is neither an id nor an image, or that several images have, stays as it is.

    Args:
        given: split by id, path or name of an image.
        catalogue: the posters.

    Raises:
        SplitError: one poster is named twice, by its id and its image.

    Examples:
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("7", "covers/heat.jpg", ("Drama",)),), ("Drama",), Path())
        >>> splits_by_id({"heat.jpg": "train"}, catalogue)
        {'7': 'train'}
    """
    ids = set(catalogue.ids)
    if given.keys() <= ids:
        return dict(given)
    paths = {poster.image: poster.id for poster in catalogue}
    counts = Counter(path.rpartition("/")[2] for path in paths)
    names = {path.rpartition("/")[2]: id for path, id in paths.items() if counts[path.rpartition("/")[2]] == 1}
    found: dict[str, str] = {}
    for word, split in given.items():
        id = word if word in ids else paths.get(word) or names.get(word.rpartition("/")[2], word)
        if id in found:
            raise SplitError(f"the poster {id!r} is listed more than once: a poster belongs to one split")
        found[id] = split
    return found
