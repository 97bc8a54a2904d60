"""The decisions of a review, in one SQLite file that several people and processes may write at once."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from posters._base.brief import brief_repr
from posters._base.text import quoted
from posters.errors import ReviewError

Answer: TypeAlias = Literal["yes", "no", "unknown"]
ANSWERS: tuple[Answer, ...] = ("yes", "no", "unknown")

# The queue in which everybody decides about every poster.
SHARED = "random"
CLAIM_S = 600.0  # for which a poster is shown to nobody else: whoever closes the page keeps it from no one for long

_ID = 0x50525657  # "PRVW", SQLite's application_id: by it, a database of another program is told from ours
_FORMAT = 1  # SQLite's user_version
_WAIT_S = 10.0  # for others who write; a decision takes them milliseconds
# Decisions are never changed or deleted; one that is undone keeps its row, with the time.
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    poster TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    time TEXT NOT NULL,
    queue TEXT NOT NULL,
    kind TEXT NOT NULL,
    genres TEXT NOT NULL,
    shown TEXT NOT NULL,
    undone TEXT
);
CREATE INDEX decisions_of_reviewers ON decisions (reviewer, number);
CREATE TABLE claims (poster TEXT PRIMARY KEY, reviewer TEXT NOT NULL, until REAL NOT NULL);
"""
_INSERT = "INSERT INTO decisions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, NULL)"
_DECISIONS = "SELECT number, poster, reviewer, time, queue, kind, genres, shown, undone FROM decisions"


@dataclass(frozen=True)
class Decision:
    """What one person decided about one poster.

    Attributes:
        number: from 1, in the order of time.
        poster: its id.
        reviewer: who decided.
        time: when, in UTC, as ISO 8601.
        order: of the queue that the poster came from: "doubts", "uncertain" or "random"; or "label-studio".
        kind: "decided", or "skipped" for a poster that the reviewer left to others.
        genres: the answer for each genre that was asked for; empty if skipped.
        shown: what the reviewer saw, and what the classifier predicted.
        undone: when the reviewer took it back; None if it stands.

    Examples:
        >>> Decision(1, "tt1", "ann", "2026-11-28T09:00:00+00:00", "doubts", "decided", {"War": "no"}, {}).genres["War"]
        'no'
    """

    __repr__ = brief_repr

    number: int
    poster: str
    reviewer: str
    time: str
    order: str
    kind: Literal["decided", "skipped"]
    genres: dict[str, Answer]
    shown: dict[str, Any]
    undone: str | None = None


class DecisionStore:
    """The decisions of a review on disk. Threads and processes may share one file; each operation is whole or nothing.

    An operation that has returned survives a kill of the process and a loss of power.

    Args:
        path: of the database, which is made if it isn't there.
        about: what a new database keeps of the review, by name; an old one has its own.

    Attributes:
        about: what the database keeps of the review.

    Raises:
        ReviewError: the file is no database of a review, is damaged or locked, or can't be written.

    Examples:
        >>> import tempfile
        >>> store = DecisionStore(Path(tempfile.mkdtemp()) / "review.sqlite")
        >>> store.record("tt1", "ann", {"War": "no"}).number
        1
        >>> [decision.genres for decision in store.standing()]
        [{'War': 'no'}]
    """

    def __init__(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        self.path = Path(path)
        if self.path.is_dir():
            raise ReviewError(f"{self.path} is a folder: name a file with --db")
        with self._connected("rwc") as database:
            self._check(database)
            _use_wal(database)
            with _transaction(database):
                if not _number(database, "user_version"):
                    self._create(database, about or {})
            self.about = {name: json.loads(value) for name, value in database.execute("SELECT * FROM about")}

    def __repr__(self) -> str:
        return f"DecisionStore({str(self.path)!r})"

    def _check(self, database: sqlite3.Connection) -> None:
        # All of one moment: another process may be making the tables.
        database.execute("BEGIN")
        (tables,) = database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        id, version = (_number(database, name) for name in ("application_id", "user_version"))
        database.execute("COMMIT")
        if id != _ID and (tables or id or version):
            raise ReviewError(f"{self.path} is a database of another program: name another file with --db")
        if version > _FORMAT:
            raise ReviewError(
                f"{self.path} has the format {version}, and this version of posters reads {_FORMAT}: use a newer one"
            )
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise ValueError(found)

    def _create(self, database: sqlite3.Connection, about: Mapping[str, Any]) -> None:
        for statement in _SCHEMA.split(";\n"):
            database.execute(statement)
        rows = [(name, json.dumps(value)) for name, value in about.items()]
        database.executemany("INSERT INTO about VALUES (?, ?)", rows)
        database.execute(f"PRAGMA application_id = {_ID}")
        # Within the transaction, so that of two processes that begin one review only one makes the tables.
        database.execute(f"PRAGMA user_version = {_FORMAT}")

    @contextmanager
    def _connected(self, mode: str = "rw") -> Iterator[sqlite3.Connection]:
        """Connect for one operation: a file that somebody removed or replaced meanwhile is noticed, and not written."""
        address = f"file:{quote(str(self.path.absolute()))}?mode={mode}"
        try:
            with closing(sqlite3.connect(address, _WAIT_S, isolation_level=None, uri=True)) as database:
                # FULL: a commit returns when it is on disk. NORMAL would lose the last ones when the power goes, and
                # saves a millisecond or so of the seconds that a person takes.
                database.execute("PRAGMA synchronous = FULL")
                yield database
        except UnicodeEncodeError as error:
            raise ReviewError(f"{quoted(error.object)} is no text that a database can keep: rename it") from error
        # A ValueError: the check has found something, or a value is no longer the JSON that was written.
        except (sqlite3.Error, ValueError) as error:
            raise ReviewError(f"{self.path}: {_reason(error)}") from error

    def record(
        self,
        poster: str,
        reviewer: str,
        genres: Mapping[str, Answer] | None,
        shown: Mapping[str, Any] | None = None,
        *,
        order: str = "doubts",
    ) -> Decision:
        """Keep what a reviewer decided; once this returns, it is on disk.

        Args:
            poster: its id.
            reviewer: who decided; a later decision of theirs about the same poster replaces this one.
            genres: the answer for each genre; None if the reviewer skipped the poster.
            shown: what the reviewer saw; anything that JSON can hold.
            order: of the queue that the poster came from.

        Raises:
            ReviewError: an answer is none of `ANSWERS`, the reviewer has no name, or the database can't be written.
        """
        strange = [answer for answer in (genres or {}).values() if answer not in ANSWERS]
        if strange:
            raise ReviewError(f"an answer is one of {', '.join(ANSWERS)}, but got {quoted(strange[0])}")
        if not reviewer.strip():
            raise ReviewError("a decision needs a reviewer's name")
        kind = "skipped" if genres is None else "decided"
        row = (poster, reviewer, _now(), order, kind, json.dumps(dict(genres or {})), json.dumps(dict(shown or {})))
        with self._connected() as database, _transaction(database):
            added = database.execute(_INSERT, row)
            database.execute("DELETE FROM claims WHERE poster = ? AND reviewer = ?", row[:2])
        return _decision((added.lastrowid, *row, None))

    def add(self, decisions: Iterable[Decision]) -> None:
        """Keep decisions that were made elsewhere, with their own times; all of them or none.

        Args:
            decisions: whose numbers count for nothing; each replaces an earlier one of its reviewer about its poster.

        Raises:
            ReviewError: the database can't be written.
        """
        rows = (
            (
                each.poster,
                each.reviewer,
                each.time,
                each.order,
                each.kind,
                json.dumps(each.genres),
                json.dumps(each.shown),
            )
            for each in decisions
        )
        with self._connected() as database, _transaction(database):
            database.executemany(_INSERT, rows)

    def take_back(self, numbers: Iterable[int]) -> None:
        """Take back decisions by their numbers; all of them or none.

        Raises:
            ReviewError: the database can't be written.
        """
        time_ = _now()
        with self._connected() as database, _transaction(database):
            taken = "UPDATE decisions SET undone = ? WHERE number = ? AND undone IS NULL"
            database.executemany(taken, [(time_, number) for number in numbers])

    def undo(self, reviewer: str, order: str | None = None) -> Decision | None:
        """Take back a reviewer's last decision that stands, and keep its poster for them; None if there is none.

        Args:
            reviewer: whose decision.
            order: only decisions about posters of this queue; None for all.

        Raises:
            ReviewError: the database can't be written.
        """
        with self._connected() as database, _transaction(database):
            last = (
                _DECISIONS + " WHERE reviewer = ? AND undone IS NULL AND ? IN (queue, '') ORDER BY number DESC LIMIT 1"
            )
            row = database.execute(last, [reviewer, order or ""]).fetchone()
            if row is None:
                return None
            time_ = _now()
            database.execute("UPDATE decisions SET undone = ? WHERE number = ?", (time_, row[0]))
            _claim(database, row[1], reviewer)
        return _decision((*row[:-1], time_))

    def claim(self, posters: Iterable[str], reviewer: str, *, order: str = "doubts", again: bool = False) -> str | None:
        """Return the first poster that is still open for a reviewer, and show it to nobody else for a while.

        Args:
            posters: ids, in the order of the queue.
            reviewer: who asks.
            order: of the queue. In the shared one, "random", no decision of another queue counts: what these have left
                would be no random sample.
            again: the posters that the reviewer has skipped are open, too.

        Raises:
            ReviewError: the database can't be written.
        """
        # Those that nobody has skipped first, then those that were skipped longest ago.
        posters = dict.fromkeys(posters)
        with self._connected() as database, _transaction(database):
            latest = _latest(database, order)
            skipped = [poster for (poster, who), kind in latest.items() if (who, kind) == (reviewer, "skipped")]
            closed = _closed(database, latest, reviewer, order)
            fresh = (poster for poster in posters if poster not in closed and poster not in skipped)
            old = (poster for poster in skipped if again and poster in posters and poster not in closed)
            found = next(chain(fresh, old), None)
            if found is not None and order != SHARED:
                _claim(database, found, reviewer)
        return found

    def kinds(self, order: str | None = None) -> dict[tuple[str, str], str]:
        """Return "decided" or "skipped" by poster and reviewer: what `standing` tells, without what was shown.

        Args:
            order: only decisions about posters of this queue; None for all.

        Raises:
            ReviewError: the database can't be read.
        """
        with self._connected() as database:
            return _latest(database, SHARED if order == SHARED else "")

    def standing(self, order: str | None = None) -> tuple[Decision, ...]:
        """Return each reviewer's last decision about each poster, without those that are undone, in order of time.

        What a reviewer decided blind, in a random sample, and with the labels in sight are two decisions.

        Args:
            order: only decisions about posters of this queue; None for all.

        Raises:
            ReviewError: the database can't be read.
        """
        latest: dict[tuple[str, str, bool], Decision] = {}
        for each in self.history():
            if each.undone is None and order in (None, each.order):
                latest[each.poster, each.reviewer, each.order == SHARED] = each
        return tuple(sorted(latest.values(), key=attrgetter("number")))

    def history(self) -> tuple[Decision, ...]:
        """Return every decision that was ever made, in order of time.

        Raises:
            ReviewError: the database can't be read.
        """
        with self._connected() as database:
            return tuple(map(_decision, database.execute(_DECISIONS + " ORDER BY number")))


def _use_wal(database: sqlite3.Connection) -> None:
    """Write ahead, so that who reads waits for nobody; outside of a transaction, where alone SQLite changes that.

    It needs shared memory, so that a file on a network drive serves the people of one machine.
    """
    end = monotonic() + _WAIT_S
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Here SQLite waits for nobody: of two processes that begin one review, the second is refused at once.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(0.02)
        else:
            return


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    # IMMEDIATE: who will write waits for others at the beginning, where nothing is lost by waiting.
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _latest(database: sqlite3.Connection, order: str) -> dict[tuple[str, str], str]:
    """Return the kind of each reviewer's last standing decision about each poster, in order of time.

    Of a shared queue, only its own decisions count.
    """
    made = "SELECT poster, reviewer, kind FROM decisions WHERE undone IS NULL AND ? IN (queue, '') ORDER BY number"
    latest: dict[tuple[str, str], str] = {}
    for poster, reviewer, kind in database.execute(made, [SHARED if order == SHARED else ""]):
        latest.pop((poster, reviewer), None)  # A later decision stands at its own place.
        latest[poster, reviewer] = kind
    return latest


def _closed(database: sqlite3.Connection, latest: Mapping[tuple[str, str], str], reviewer: str, order: str) -> set[str]:
    """Return the posters that a reviewer shall not get: decided, or shown to somebody else."""
    decided = {poster for (poster, who), kind in latest.items() if kind == "decided" and who == reviewer}
    if order == SHARED:
        return decided
    claims = "SELECT poster FROM claims WHERE reviewer != ? AND until > ?"
    others = {poster for (poster,) in database.execute(claims, (reviewer, time()))}
    return decided | others | {poster for (poster, _), kind in latest.items() if kind == "decided"}


def _claim(database: sqlite3.Connection, poster: str, reviewer: str) -> None:
    # By the clock of the wall, which all processes share.
    row = (poster, reviewer, time() + CLAIM_S)
    database.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", row)


def _decision(row: tuple[Any, ...]) -> Decision:
    number, poster, reviewer, time_, order, kind, genres, shown, undone = row
    return Decision(number, poster, reviewer, time_, order, kind, json.loads(genres), json.loads(shown), undone)


def _number(database: sqlite3.Connection, pragma: str) -> int:
    (found,) = database.execute(f"PRAGMA {pragma}").fetchone()
    return int(found)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _reason(error: Exception) -> str:
    """Return what is wrong with the database, and what to do about it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT if isinstance(error, ValueError) else 0)
    known = {
        sqlite3.SQLITE_BUSY: f"another program has locked the database for {_WAIT_S:g} s: close it there",
        sqlite3.SQLITE_NOTADB: "this is no database of a review: name another file with --db",
        sqlite3.SQLITE_CORRUPT: "the database is damaged: restore a copy of it, or name another file with --db",
        sqlite3.SQLITE_CANTOPEN: "the database can't be opened: is its folder there, and may you write to it?",
        sqlite3.SQLITE_READONLY: "the database can't be written: may you write to it and its folder?",
        sqlite3.SQLITE_FULL: "the disk is full: make room, and decide again",
    }
    # The low byte is the kind; the rest tells where in SQLite.
    return known.get(code & 0xFF, f"the database can't be used ({error})")
