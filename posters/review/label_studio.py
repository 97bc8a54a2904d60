"""What people decided in Label Studio, as decisions of a review."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path, PurePosixPath

from posters._base.atomic_files import sha256_of
from posters._base.brief import brief_repr
from posters._base.text import counted, listed, quoted
from posters.catalogue import Catalogue, Poster
from posters.catalogue.dialects.label_studio import LABEL_STUDIO, Annotation, Task, control_of, tasks_of
from posters.catalogue.rows import Record
from posters.catalogue.table_files import open_table
from posters.errors import ReviewError
from posters.review.corrections import label_of
from posters.review.decisions import SHARED, Answer, Decision, DecisionStore
from posters.review.measurement import agreement
from posters.review.review import check_table

QUEUE = "label-studio"  # of these decisions
_UNKNOWN = "unknown"  # the control of what nobody can tell, as `posters review --as label-studio` calls it


@dataclass(frozen=True)
class Imported:
    """What came from an export of Label Studio.

    Attributes:
        decisions: that are kept now, and were not before.
        agreement: Krippendorff's alpha of all who decided with the labels in sight, here and there; NaN if no two of
            them decided about the same poster.
        judged_twice: the number of posters that several of them decided about.
        notes: a sentence each about what was left out.

    Examples:
        >>> print(Imported((), 0.5, 3, ()))
        0 decisions taken over
        Reviewers agree with Krippendorff's alpha of 0.50, on 3 posters that several decided about
    """

    __repr__ = brief_repr

    decisions: tuple[Decision, ...]
    agreement: float
    judged_twice: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        people, posters = ({getattr(each, name) for each in self.decisions} for name in ("reviewer", "poster"))
        about = f" of {listed(sorted(people))} about {counted(len(posters), 'poster')}" if people else ""
        lines = [f"{counted(len(self.decisions), 'decision')} taken over{about}"]
        if self.judged_twice:
            twice = f"{counted(self.judged_twice, 'poster')} that several decided about"
            lines.append(f"Reviewers agree with Krippendorff's alpha of {self.agreement:.2f}, on {twice}")
        return "\n".join(lines)


def import_decisions(path: str | Path, catalogue: Catalogue, store: DecisionStore) -> Imported:
    r"""Keep what people decided in Label Studio, with who and when; once this returns, all of it is on disk.

    An annotation is a decision of its annotator, and a skipped task a skip. Nothing is taken twice: no annotation that
    was taken before, and no decision made here that went to Label Studio with its tasks. Where the annotator has
    decided again since, that stays.

    Args:
        path: an export of Label Studio: JSON, JSON-MIN or CSV.
        catalogue: whose posters they are, by id or by image. Those of its genres that the export never names were
            perhaps not asked for, and get no answer.
        store: of the decisions.

    Raises:
        ReviewError: it is another file, none of its posters is in the catalogue, an annotation tells nobody or no time,
            or the decisions of the store are about other posters.
        CatalogueError: the file can't be read, or is damaged.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> lines = ["poster_id,image,genres,annotator,annotation_id,created_at,lead_time"]
        >>> lines += ["tt1,/data/local-files/?d=heat.jpg,Crime,ann@example.org,1,2026-11-28T09:00:00Z,2.5"]
        >>> _ = (folder / "export.csv").write_text("\n".join(lines))
        >>> catalogue = Catalogue((Poster("tt1", "heat.jpg", ("War",)),), ("Crime", "War"), folder)
        >>> print(import_decisions(folder / "export.csv", catalogue, DecisionStore(folder / "review.sqlite")))
        1 decision taken over of ann@example.org about 1 poster
    """
    return LabelStudioExport(path, catalogue).keep(store)


def _sighted(store: DecisionStore) -> list[Decision]:
    return [each for each in store.standing() if each.order != SHARED]


def undo_import(path: str | Path, store: DecisionStore) -> int:
    """Take back all decisions that came from an export, and return how many; what they replaced stands again.

    Args:
        path: the same file.
        store: of the decisions.

    Raises:
        ReviewError: the file can't be read, or no decision that stands came from it.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> try:
        ...     undo_import(folder / "export.json", DecisionStore(folder / "review.sqlite"))
        ... except ReviewError as error:
        ...     print(str(error).rpartition("/")[2])
        export.json can't be read (No such file or directory): name the export that was imported
    """
    try:
        digest = sha256_of(Path(path))
    except OSError as error:
        raise ReviewError(f"{path} can't be read ({error.strerror}): name the export that was imported") from error
    numbers = [each.number for each in store.history() if each.undone is None and each.shown.get("file") == digest]
    if not numbers:
        raise ReviewError(f"no decision in {store.path} came from {path}, as it is now: nothing is taken back")
    store.take_back(numbers)
    return len(numbers)


class LabelStudioExport:
    """An export that has been read, all of it: what it decides about a catalogue's posters can be kept.

    Args:
        path: as in `import_decisions`.
        catalogue: as in `import_decisions`.

    Raises:
        ReviewError: as in `import_decisions`.
        CatalogueError: as in `import_decisions`.

    Examples:
        >>> catalogue = Catalogue((Poster("tt1", "heat.jpg", ("War",)),), ("Crime", "War"), Path("."))
        >>> try:
        ...     LabelStudioExport("none.json", catalogue)
        ... except Exception as error:
        ...     print(type(error).__name__)
        CatalogueError
    """

    def __init__(self, path: str | Path, catalogue: Catalogue) -> None:
        self._path, self._catalogue = Path(path), catalogue
        self._table = open_table(self._path)
        if not LABEL_STUDIO.recognises(self._table):
            raise ReviewError(f"{path} is no export of Label Studio: export JSON, JSON-MIN or CSV there")
        self._digest, self._tasks = sha256_of(self._path), tasks_of(self._table)
        self._control = control_of(self._tasks, self._table)
        self._ids = posters_of(list(LABEL_STUDIO.rows(self._table)), catalogue)
        if not any(self._ids):
            tasks = counted(len(self._ids), "task")
            raise ReviewError(f"{path}: none of its {tasks} is about a poster of {catalogue.name}")
        controls = (self._control, _UNKNOWN)
        named = chain.from_iterable(
            choices.get(control, ())
            for task in self._tasks
            for choices in (*task.answers, *task.predictions)
            for control in controls
        )
        self._asked = {self._own_name(name): None for name in named}  # In their order.
        pairs = zip(self._tasks, self._ids, strict=True)
        # And whether each was made on Label Studio's page.
        self._found = [
            (self._decision(task, each, id), each.typed) for task, id in pairs if id for each in task.annotations
        ]

    def _own_name(self, genre: str) -> str:
        return next((name for name in self._catalogue.genre_names if name.casefold() == genre.casefold()), genre)

    def keep(self, store: DecisionStore) -> Imported:
        """Keep what is new of it; see `import_decisions`.

        Args:
            store: of the decisions.

        Raises:
            ReviewError: the decisions of the store are about other posters, or it can't be written.
        """
        check_table(store, self._catalogue)
        before = defaultdict(list)
        for each in _sighted(store):
            before[each.poster].append(each)
        posters = {poster.id: poster for poster in self._catalogue}
        fresh = [each for each, typed in self._found if not _is_known(each, typed, before, posters)]
        store.add(fresh)
        known, strange = len(self._found) - len(fresh), self._ids.count(None)
        left = [name for name in self._catalogue.genre_names if name not in self._asked]
        notes = {
            f"{counted(known, 'decision')} left out: taken over before, made here, or made anew since": known,
            f"{counted(strange, 'task')} left out: not about a poster of {self._catalogue.name}": strange,
            f"no answer about {listed(left)}: {self._path.name} never names them, and perhaps nobody was asked": left,
        }
        told = tuple(note for note, applies in notes.items() if applies)
        return Imported(tuple(fresh), *agreement(_sighted(store)), told)

    def _decision(self, task: Task, annotation: Annotation, id: str) -> Decision:
        who, where = annotation.annotator.strip(), f"{self._path}: row {task.row}"
        if not who:
            raise ReviewError(f"{where}: an annotation doesn't tell whose it is: export it again")
        try:
            time = utc_time(annotation.time)
        except ValueError as error:
            when = quoted(annotation.time)
            raise ReviewError(f"{where}: {when} is no time of an annotation: export it again") from error
        shown = {"program": "Label Studio", "file": self._digest, "annotation": annotation.number}
        if annotation.skipped:
            return Decision(0, id, who, time, QUEUE, "skipped", {}, shown)
        yes, unknown = (
            {self._own_name(name) for name in annotation.choices.get(control, ())}
            for control in (self._control, _UNKNOWN)
        )
        answers: dict[str, Answer] = {
            name: "unknown" if name in unknown else "yes" if name in yes else "no" for name in self._asked
        }
        return Decision(0, id, who, time, QUEUE, "decided", answers, shown)


def utc_time(text: str) -> str:
    """Return a time as decisions have it, in UTC; one without a zone is taken for UTC.

    Raises:
        ValueError: it is none.

    Examples:
        >>> utc_time("2026-11-28T10:00:00+01:00")
        '2026-11-28T09:00:00.000+00:00'
    """
    time = datetime.fromisoformat(text)
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="milliseconds")
    except OverflowError as error:  # A year that no other time zone has.
        raise ValueError(str(error)) from error


def posters_of(records: Sequence[Record], catalogue: Catalogue) -> list[str | None]:
    """Return the id of each record's poster: its own, or that of the only poster with its image; None for none.

    Examples:
        >>> catalogue = Catalogue((Poster("tt1", "films/heat.jpg", ()),), (), Path("."))
        >>> records = [Record(1, "heat", ("1a2b3c4d-heat.jpg", "heat.jpg"), ""), Record(2, "tt1", (), "")]
        >>> posters_of([*records, Record(3, "tt9", (), "")], catalogue)
        ['tt1', 'tt1', None]
    """
    ids, by_path = set(catalogue.ids), {poster.image: poster.id for poster in catalogue}
    by_name: dict[str, set[str]] = {}
    for poster in catalogue:
        by_name.setdefault(PurePosixPath(poster.image).name, set()).add(poster.id)

    def found(record: Record) -> str | None:
        if record.id in ids:
            return record.id
        paths = [by_path[name] for name in record.images if name in by_path]
        named = set[str]().union(*(by_name.get(PurePosixPath(name).name, ()) for name in record.images))
        return paths[0] if paths else named.pop() if len(named) == 1 else None

    return [found(record) for record in records]


def _is_known(
    decision: Decision, typed: bool, before: Mapping[str, Sequence[Decision]], posters: Mapping[str, Poster]
) -> bool:
    """Whether a decision was taken over before, was made here, or is older than what its annotator decided since."""
    own, poster = before.get(decision.poster, ()), posters[decision.poster]
    if any(each.reviewer == decision.reviewer and each.time >= decision.time for each in own):
        return True
    # Label Studio calls what came with the tasks an annotation of whoever imported them.
    return not typed and any(
        each.kind == decision.kind and _labels(each, poster) == _labels(decision, poster) for each in own
    )


def _labels(decision: Decision, poster: Poster) -> set[tuple[str, Answer]]:
    """Return what a poster has after a decision: genres, and those that nobody can tell."""
    labels = {name: label_of(poster, name) for name in (*poster.genres, *poster.unknown)}
    return {(name, answer) for name, answer in {**labels, **decision.genres}.items() if answer != "no"}
