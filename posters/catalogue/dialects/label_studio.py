"""An export of Label Studio (JSON, JSON-MIN or CSV) of a project that asks for genres with choices.

https://labelstud.io/guide/export and https://labelstud.io/guide/task_format describe both.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from posters._base.brief import brief_repr
from posters._base.text import listed, quoted
from posters.catalogue.dialects.base import TableDialect
from posters.catalogue.dialects.plain import COLUMN_MAP
from posters.catalogue.json_tables import parse_json
from posters.catalogue.rows import Record
from posters.catalogue.tables import Table, TableSource, as_table, column_key
from posters.errors import CatalogueError

# What JSON-MIN has of each annotation beside the task's data and the answers.
_OWN = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "annotation_history")
# Label Studio's own template calls the control "choice".
_GENRES = (*COLUMN_MAP.genres, "choice", "choices")
_UNKNOWN = "unknown"
_SERVED = ("/data/", "http://", "https://", "s3://", "gs://", "azure-blob://")
# Uploaded files get 8 hexadecimal digits in front of their names.
_PREFIX = 9

# By control, what one annotator chose.
_Choices: TypeAlias = Mapping[str, list[str]]


@dataclass(frozen=True)
class Annotation:
    """What one annotator chose for one poster.

    Attributes:
        choices: by control.
        annotator: an address or a number; "" if the file doesn't tell.
        time: of the last change, as the file has it.
        number: its own.
        typed: whether it was made on Label Studio's page, and not imported there.
        skipped: whether the annotator left the poster to others.

    Examples:
        >>> Annotation({"genres": ["War"]}, "ann@example.org").skipped
        False
    """

    __repr__ = brief_repr

    choices: _Choices
    annotator: str = ""
    time: str = ""
    number: str = ""
    typed: bool = False
    skipped: bool = False

    @classmethod
    def told(cls, cells: Mapping[str, Any], choices: _Choices, who: str, number: str) -> "Annotation":
        """Read what an export tells of an annotation beside its choices.

        Args:
            cells: of the export, by name.
            choices: by control.
            who: the name of the cell with the annotator.
            number: the name of the cell with its number.
        """
        by = cells.get(who)
        named = by.get("email") or by.get("id") if isinstance(by, dict) else by
        words = (named, cells.get("updated_at") or cells.get("created_at"), cells.get(number))
        annotator, time, own = ("" if each is None else str(each) for each in words)
        # Of what is imported with its tasks, Label Studio knows no time that it took.
        typed = cells.get("lead_time") not in (None, "")
        return cls(choices, annotator, time, own, typed, cells.get("was_cancelled") in (True, "true"))


@dataclass
class Task:
    """A poster, with what each of its annotators chose.

    Attributes:
        row: of the file.
        data: of the poster, by column.
        annotations: of each annotator; none if nobody has annotated it.
        predictions: what annotators began with.

    Examples:
        >>> both = [Annotation({"genres": ["War"]}), Annotation({"genres": ["War", "Drama"]})]
        >>> Task(1, {}, both).genres("genres")
        (['War'], ['Drama'])
    """

    __repr__ = brief_repr

    row: int
    data: dict[str, Any]
    annotations: list[Annotation]
    predictions: list[_Choices] = field(default_factory=list)

    @property
    def answers(self) -> list[_Choices]:
        """What each annotator chose who didn't skip the poster."""
        return [each.choices for each in self.annotations if not each.skipped]

    def genres(self, control: str) -> tuple[list[str], list[str]]:
        """Return the genres that all annotators chose, and those that they differ about or marked as unknown."""
        chosen = [set(answer.get(control, ())) for answer in self.answers] or [set()]
        doubted = {name for answer in self.answers for name in answer.get(_UNKNOWN, ())}
        yes = set.intersection(*chosen) - doubted
        return sorted(yes), sorted(set.union(doubted, *chosen) - yes)


def tasks_of(table: Table) -> list[Task]:
    """Return the tasks of an export; in JSON-MIN, each row is one annotation of a task.

    Raises:
        CatalogueError: a row is no task.

    Examples:
        >>> from pathlib import Path
        >>> result = [{"from_name": "genres", "type": "choices", "value": {"choices": ["War"]}}]
        >>> table = Table(Path("t.json"), ["data", "annotations"], [[{"image": "a.jpg"}], [[{"result": result}]]], [1])
        >>> tasks_of(table)[0].answers
        [{'genres': ['War']}]
    """
    if not table.has("data"):
        return _brief_tasks(table)
    tasks = []
    predictions = table.values(["predictions"]) or [None] * len(table.rows)
    cells = zip(table.rows, table.values(["data"]) or (), _annotations(table), predictions, strict=True)
    for row, data, annotations, began in cells:
        try:
            named = {column_key(name): cell for name, cell in data.items()}
            done = [Annotation.told(each, _choices(each["result"]), "completed_by", "id") for each in annotations or ()]
            # In exports with a number in place of each prediction nothing is told of it.
            known = [_choices(each["result"]) for each in began or () if isinstance(each, dict)]
            tasks.append(Task(row, named, done, known))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise table.fault(row, f"is no task of Label Studio's JSON export ({error!r})") from error
    return tasks


def _annotations(table: Table) -> list[Any]:
    # Before version 1.0 they were completions.
    return table.values(["annotations", "completions"]) or []


def _choices(results: list[dict[str, Any]]) -> _Choices:
    chosen = (each for each in results if each["type"] == "choices")
    return {column_key(each["from_name"]): list(map(str, each["value"]["choices"])) for each in chosen}


def _brief_tasks(table: Table) -> list[Task]:
    tasks: dict[str, Task] = {}
    for row, cells in zip(table.rows, zip(*table.columns, strict=True), strict=True):
        named = dict(zip(table.keys, map(_parsed, cells), strict=True))
        answer = {name: _chosen(cell) for name, cell in named.items() if _is_control(name, cell)}
        data = {name: cell for name, cell in named.items() if name not in (*_OWN, *answer)}
        # The id is the task's: the poster's own, if it has one, is in its data.
        task = tasks.setdefault(str(named.get("id") or row), Task(row, data, []))
        # A task that nobody has annotated is exported, too.
        if named.get("annotation_id"):
            task.annotations.append(Annotation.told(named, answer, "annotator", "annotation_id"))
    return list(tasks.values())


def _parsed(cell: object) -> object:
    # Label Studio's CSV is JSON-MIN with its objects as text.
    if isinstance(cell, str) and cell.startswith('{"choices"'):
        with suppress(ValueError):
            return parse_json(cell)
    return cell


def _is_control(name: str, cell: object) -> bool:
    return (isinstance(cell, dict) and "choices" in cell) or name in (*_GENRES, _UNKNOWN)


def _chosen(cell: object) -> list[str]:
    """Return the names in a cell of JSON-MIN, which has a single choice as text, and none as nothing."""
    found = cell["choices"] if isinstance(cell, dict) and "choices" in cell else [] if cell in (None, "") else cell
    return list(map(str, found if isinstance(found, list) else [found]))


def control_of(tasks: list[Task], table: Table) -> str:
    """Return the control that asks for genres: the one of a usual name, else the only one.

    Raises:
        CatalogueError: there is none, or several that may be it.

    Examples:
        >>> from pathlib import Path
        >>> control_of([Task(1, {}, [Annotation({"mood": [], "genres": ["War"]})])], Table(Path("t.json"), [], [], []))
        'genres'
    """
    found = dict.fromkeys(chain.from_iterable(answer for task in tasks for answer in task.answers))
    found.pop(_UNKNOWN, None)
    usual = [name for name in _GENRES if name in found]
    if not usual and len(found) != 1:
        what = f"several: {listed(list(found))}" if found else "none"
        raise CatalogueError(
            f"{table.path}: genres are read from a control of choices, but it has {what}: call one of them genres"
        )
    return usual[0] if usual else next(iter(found))


def image_names(address: str) -> tuple[str, ...]:
    """Return the names that a task's image may have on disk.

    Examples:
        >>> image_names("/data/local-files/?d=films/heat%201.jpg"), image_names("/data/upload/3/1a2b3c4d-heat.jpg")
        (('films/heat 1.jpg',), ('1a2b3c4d-heat.jpg', 'heat.jpg'))
    """
    parts = urlsplit(address)
    if not address.startswith("/data/"):
        return (address,)
    if parts.path.startswith("/data/local-files"):
        return tuple(parse_qs(parts.query).get("d", (address,)))
    name = parts.path.rpartition("/")[2]
    return (name, name[_PREFIX:]) if name[_PREFIX - 1 : _PREFIX] == "-" else (name,)


@dataclass(frozen=True, kw_only=True)
class LabelStudioDialect(TableDialect):
    """An export of Label Studio.

    Examples:
        >>> from pathlib import Path
        >>> names = ["id", "image", "genres", "annotator", "annotation_id", "lead_time"]
        >>> cells = [["4"], ["/data/local-files/?d=heat.jpg"], ["Crime"], ["1"], ["9"], ["2.5"]]
        >>> [(record.id, record.cell) for record in LABEL_STUDIO.rows(Table(Path("t.json"), names, cells, [1]))]
        [('heat', ['Crime'])]
    """

    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each task; a genre that its annotators differ about is unknown."""
        table = as_table(source)
        tasks = tasks_of(table)
        control = control_of(tasks, table)
        images = [image_names(_address(task, table)) for task in tasks]
        for task, names, record in zip(tasks, images, self._records(table, tasks, images), strict=True):
            record.images = names
            record.cell, record.unknown_cell = task.genres(control)
            record.problem = "" if task.answers else "not annotated in Label Studio"
            yield record

    def _records(self, table: Table, tasks: list[Task], images: list[tuple[str, ...]]) -> Iterator[Record]:
        """Yield the records of the tasks' data: titles and ids are found as in any table."""
        columns = list(dict.fromkeys(name for task in tasks for name in task.data if name not in COLUMN_MAP.image))
        cells = [[task.data.get(name) or "" for task in tasks] for name in columns]
        first = [names[0] for names in images]
        rows = [task.row for task in tasks]
        return self.column_map.rows(replace(table, names=["image", *columns], columns=[first, *cells], rows=rows))


def _address(task: Task, table: Table) -> str:
    """Return the address of a task's image: in a column of a usual name, else the first that Label Studio serves."""
    usual = [task.data[name] for name in COLUMN_MAP.image if task.data.get(name)]
    served = [cell for cell in task.data.values() if str(cell).startswith(_SERVED)]
    if not (usual or served):
        raise table.fault(task.row, f"no image is named in {quoted(task.data)}")
    return str((usual or served)[0])


LABEL_STUDIO = LabelStudioDialect(
    "labelstudio",
    "an export of Label Studio, JSON, JSON-MIN or CSV, whose choices are genres",
    "a table with the columns data and annotations, or annotation_id and lead_time",
    column_map=COLUMN_MAP,
    fits=lambda table: (
        table.has("data", "annotations") or table.has("data", "completions") or table.has("annotation_id", "lead_time")
    ),
)
