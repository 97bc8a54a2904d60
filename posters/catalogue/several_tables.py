"""Several tables as one catalogue: which posters are the same, and which genres a table knows nothing of."""

import filecmp
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from posters._base.text import quoted
from posters.catalogue.dialects import Dialect
from posters.catalogue.image_folder import ImageFolder
from posters.catalogue.merging import log_record
from posters.catalogue.problems import Cause, ProblemLog
from posters.catalogue.rows import Record
from posters.catalogue.tables import TableSource
from posters.errors import CatalogueError


@dataclass
class Part:
    """One table while it is read.

    Attributes:
        source: the table.
        dialect: that reads it.
        folder: its images.
        records: one for each of its rows at first, then for each of its posters.
        rows: how many it has.

    Examples:
        >>> from posters.catalogue.dialects.plain import PLAIN
        >>> from posters.catalogue.tables import Folder
        >>> records = [Record(2, "7", (), "", genres=("War",)), Record(3, "8", (), "", genres=("Drama",))]
        >>> sorted(Part(Folder(Path("a"), (), ()), PLAIN, ImageFolder(Path("a")), records, 2).vocabulary())
        ['Drama', 'War']
    """

    source: TableSource
    dialect: Dialect
    folder: ImageFolder
    records: list[Record] = field(repr=False)
    rows: int

    def vocabulary(self) -> frozenset[str]:
        """Return the genres that the table uses: those that it lists or calls unknown for any of its posters."""
        return frozenset(name for record in self.records for name in (*record.genres, *record.unknown))


def unite_tables(parts: Sequence[Part], log: ProblemLog) -> tuple[list[Record], Path]:
    """Return one record for each poster of several tables, and the folder that their images are now relative to.

    A genre that a table does not use at all is unknown for the posters that are in no other table. Two rows with one id
    are one poster if their images are the same file, or have the same bytes; otherwise the later poster's id begins
    with the name of its table.

    Args:
        parts: two or more, with the catalogue's genre names; their records are changed in place.
        log: counts the posters that are united, renamed or left out.

    Raises:
        CatalogueError: the tables contradict each other, or their images have no folder in common.

    Examples:
        >>> from posters.catalogue.dialects.plain import PLAIN
        >>> from posters.catalogue.tables import Folder
        >>> rows = [Record(2, name, (), "", image=f"{name}.jpg", genres=(name,)) for name in ("War", "Noir")]
        >>> sources, images = [Folder(Path(name), (), ()) for name in ("imdb", "tmdb")], ImageFolder(Path("images"))
        >>> parts = [Part(source, PLAIN, images, [row], 1) for source, row in zip(sources, rows, strict=True)]
        >>> records, _ = unite_tables(parts, ProblemLog())
        >>> [(record.genres, record.unknown) for record in records]
        [(('War',), ('Noir',)), (('Noir',), ('War',))]
    """
    root = common_root(parts)
    names = names_of_tables(parts)
    vocabularies = [part.vocabulary() for part in parts]
    everything = frozenset[str]().union(*vocabularies)
    # Its record, and the genres that the tables which have it use.
    posters: dict[str, tuple[Record, frozenset[str]]] = {}
    for part, name, vocabulary in zip(parts, names, vocabularies, strict=True):
        for record in _labelled(part, name, root, log):
            first, known = posters.get(record.id, (record, vocabulary))
            if first is not record and not same_picture(root, first, record):
                give_own_id(record, first, name, log)
                first, known = posters.get(record.id, (record, vocabulary))
            if first is not record:
                _unite(first, record, known, vocabulary, log)
            first.tables += (name,)
            posters[record.id] = first, known | vocabulary
    for record, known in posters.values():
        record.unknown = tuple(sorted((everything - known).union(record.unknown).difference(record.genres)))
    return [record for record, _ in posters.values()], root


def give_own_id(record: Record, first: Record, table: str, log: ProblemLog) -> None:
    """Give a poster an id of its own, where an earlier table has another picture under the same one.

    Examples:
        >>> first, record = (Record(2, "7", (), "", image=f"{name}.jpg") for name in ("heat", "spy"))
        >>> give_own_id(record, first, "tmdb", ProblemLog())
        >>> record.id, record.group, first.group
        ('tmdb/7', '7', '7')
    """
    reason = "an earlier table has another picture under the same id, so that this id begins with its table"
    log_record(log, record, reason, Cause.SAME_ID)
    # Perhaps of one film: to keep a false pair in one split costs nothing.
    if not first.group and not record.group:
        first.group = record.group = record.id
    record.id = f"{table}/{record.id}"


def common_root(parts: Sequence[Part]) -> Path:
    """Return the folder that the images of all tables are in.

    Raises:
        CatalogueError: there is none.

    Examples:
        >>> from posters.catalogue.dialects.plain import PLAIN
        >>> from posters.catalogue.tables import Folder
        >>> source, roots = Folder(Path("t"), (), ()), (Path("data/imdb"), Path("data/tmdb"))
        >>> common_root([Part(source, PLAIN, ImageFolder(root), [], 0) for root in roots]).name
        'data'
    """
    roots = [str(Path(part.folder.root).resolve()) for part in parts]
    try:
        common = Path(os.path.commonpath(roots))
    except ValueError:
        raise CatalogueError(f"the image folders {' and '.join(roots)} are on different drives: move one") from None
    # As it was given, for messages, where nothing changes.
    return parts[0].folder.root if len(set(roots)) == 1 else common


def names_of_tables(parts: Sequence[Part]) -> list[str]:
    """Return a name for each table: that of its file, or its whole path where two have the same.

    Raises:
        CatalogueError: a table is named twice.

    Examples:
        >>> names_of_tables([])
        []
    """
    stems = [part.source.path.stem for part in parts]
    paths = [str(part.source.path) for part in parts]
    if len(set(paths)) < len(paths) and not any(part.source.in_memory for part in parts):
        raise CatalogueError(f"{max(paths, key=paths.count)} is named twice: name each table once")
    names = stems if len(set(stems)) == len(stems) else paths
    return names if len(set(names)) == len(names) else [f"{name} {n}" for n, name in enumerate(names, start=1)]


def _labelled(part: Part, name: str, root: Path, log: ProblemLog) -> Iterator[Record]:
    """Yield the records that have a label, each with its image below the common folder and its table in `file`."""
    below = part.folder.root.resolve().relative_to(root.resolve()).as_posix()
    for record in part.records:
        record.image = record.image if below == "." else f"{below}/{record.image}"
        record.file = f"{name}, {record.file}" if record.file else f"{name},"
        if record.genres or record.unknown:
            yield record
        else:
            log_record(log, record, "no genre is named", Cause.NO_GENRE_NAMED)


def same_picture(root: Path, one: Record, other: Record) -> bool:
    """Return whether two records have one image file, or files of the same bytes.

    Examples:
        >>> same_picture(Path("images"), Record(2, "7", (), "", image="7.jpg"), Record(9, "7", (), "", image="7.jpg"))
        True
    """
    try:
        return one.image == other.image or filecmp.cmp(root / one.image, root / other.image, shallow=False)
    except OSError:  # One that can't be read is no picture that anything is known of.
        return False


def _unite(
    first: Record, second: Record, first_uses: frozenset[str], second_uses: frozenset[str], log: ProblemLog
) -> None:
    """Add to a poster what another table tells of it."""
    both = first_uses & second_uses
    agree = both.intersection(first.genres) == both.intersection(second.genres)
    genres = {*first.genres, *second.genres}
    # Both use it and neither lists it: it is unknown if either says so.
    unknown = {*first.unknown, *second.unknown} - genres
    first.genres, first.unknown = tuple(sorted(genres)), tuple(sorted(unknown))
    first.film = (first.film[0] or second.film[0], first.film[1] or second.film[1])
    _unite_places(first, second)
    if agree:
        log_record(log, second, "an earlier table has the same poster, united", Cause.REPEAT)
    else:
        log_record(log, second, "an earlier table has the same poster with other genres, united", Cause.GENRES_DIFFER)


def _unite_places(first: Record, second: Record) -> None:
    """Take over the group and the split that only the other table gives."""
    for meaning in ("group", "split"):
        one, other = getattr(first, meaning), getattr(second, meaning)
        if one and other and one != other:
            raise CatalogueError(
                f"{first.where} and {second.where} are the same poster {quoted(first.id)}, but {meaning} {quoted(one)} "
                f"and {quoted(other)}: correct one of them"
            )
        setattr(first, meaning, one or other)


def describe_parts(parts: Sequence[Part]) -> list[str]:
    """Return a line for each table: what was read, and which genres of the others it does not use.

    Examples:
        >>> describe_parts([])
        []
    """
    vocabularies = [part.vocabulary() for part in parts]
    everything = frozenset[str]().union(*vocabularies)
    lines = []
    for part, vocabulary in zip(parts, vocabularies, strict=True):
        lacks = ", ".join(sorted(everything - vocabulary))
        unknown = f"; unknown there: {lacks}" if lacks else ""
        posters, genres = f"{len(part.records):,} posters of {part.rows:,} rows", f"{len(vocabulary):,} genres"
        lines.append(f"{part.source.path} ({part.dialect.name}): {posters}, {genres}{unknown}")
    return lines
