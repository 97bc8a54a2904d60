"""A review: which poster is next, what its reviewer is asked, and what was decided."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Literal

from posters._base.brief import brief_repr
from posters._base.log import logger
from posters._base.text import counted, did_you_mean, quoted
from posters.catalogue import Catalogue, Poster
from posters.classifier import Prediction
from posters.errors import CatalogueError, ReviewError
from posters.evaluation.label_issues import LabelIssue
from posters.review.corrections import Corrections, corrections_of, decided_catalogue, label_of, table_lines
from posters.review.decisions import Answer, Decision, DecisionStore
from posters.review.measurement import Measurement, measure
from posters.review.queue import ReviewQueue

_KEPT = 512  # predictions in memory: those of posters that are shown, or were a moment ago


@dataclass(frozen=True)
class Question:
    """One genre of a poster, as a reviewer is asked for it.

    Attributes:
        genre: its name.
        label: what the table has; None if it has no labels, or the reviewer shall not see it.
        probability: by the classifier; None if it doesn't know the genre, or the reviewer shall not see it.
        doubt: "missing" or "false" if the label may be wrong.
        predicted: whether the classifier predicts it for a poster without labels.

    Examples:
        >>> Question("Crime", "no", 0.9, "missing").label
        'no'
    """

    genre: str
    label: Answer | None
    probability: float | None = None
    doubt: Literal["missing", "false"] | None = None
    predicted: bool = False


@dataclass(frozen=True)
class ReviewItem:
    """A poster to decide about.

    Attributes:
        poster: of the catalogue.
        questions: a genre each: doubted ones first, then those that it has, then by probability.
        prediction: the classifier's, which a reviewer of a random sample must not see.
        classifier: its name, network and rule.

    Examples:
        >>> item = ReviewItem(Poster("tt1", "a.jpg", ()), (Question("War", "no"),), Prediction((), {}), "posters")
        >>> item.shown()["questions"]
        [{'genre': 'War', 'label': 'no', 'probability': None, 'doubt': None, 'predicted': False}]
    """

    __repr__ = brief_repr

    poster: Poster
    questions: tuple[Question, ...]
    prediction: Prediction = field(repr=False)
    classifier: str

    def shown(self) -> dict[str, Any]:
        """Return what a decision keeps: what the reviewer saw, and what the classifier predicted, seen or not."""
        return {
            "classifier": self.classifier,
            "predicted": list(self.prediction.genres),
            "questions": [asdict(question) for question in self.questions],
        }


@dataclass(frozen=True)
class Progress:
    """How far a review is.

    Attributes:
        posters: in the queue.
        decided: of these, by anybody.
        own: of these, by the reviewer who asks.
        skipped: of these, by that reviewer.

    Examples:
        >>> Progress(10, 4, 3, 1).posters
        10
    """

    posters: int
    decided: int
    own: int
    skipped: int


class Review:
    """A catalogue under review: hands out posters, and keeps what is decided. Threads may share it.

    Args:
        catalogue: whose labels are reviewed.
        store: of the decisions, old and new.
        queue: in which order.
        predict: a poster's prediction; one with an error if it can't be read.
        genre_names: the genres that are asked for: those of the catalogue, and those that only the classifier knows.
        classifier: its name, network and rule, by which later measurements tell classifiers apart.

    Raises:
        ReviewError: the database has decisions about another table.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> catalogue = Catalogue((Poster("tt1", "a.jpg", ("Drama",)),), ("Drama", "War"), Path("."))
        >>> store = DecisionStore(Path(tempfile.mkdtemp()) / "review.sqlite")
        >>> predict = lambda poster: Prediction(("War",), {"Drama": 0.2, "War": 0.9})
        >>> review = Review(catalogue, store, ReviewQueue("doubts", ("tt1",)), predict, ("Drama", "War"), "posters")
        >>> item = review.next_item("ann")
        >>> [question.genre for question in item.questions]
        ['Drama', 'War']
        >>> decision = review.decide(item.poster.id, {"Drama": "no", "War": "yes"}, "ann")
        >>> [(row["genre"], row["change"]) for row in review.corrections().rows]
        [('Drama', 'remove'), ('War', 'add')]
    """

    def __init__(
        self,
        catalogue: Catalogue,
        store: DecisionStore,
        queue: ReviewQueue,
        predict: Callable[[Poster], Prediction],
        genre_names: Sequence[str],
        classifier: str,
    ) -> None:
        check_table(store, catalogue)
        self.catalogue, self.store, self.queue = catalogue, store, queue
        self.genre_names, self.classifier = tuple(genre_names), classifier
        self._stamp, self._predict = _stamp(catalogue), lru_cache(_KEPT)(predict)
        counts = catalogue.genre_counts()
        self._commonest = sorted(self.genre_names, key=lambda name: -counts.get(name, 0))

    def next_item(self, reviewer: str, *, again: bool = False) -> ReviewItem | None:
        """Return the next poster for a reviewer, whom nobody else gets it from for ten minutes; None at the end.

        Args:
            reviewer: who asks.
            again: also those that the reviewer has skipped.

        Raises:
            ReviewError: the database can't be used.
        """
        found = self.store.claim(self.queue.posters, reviewer, order=self.queue.order, again=again)
        return None if found is None else self.item(found)

    def poster(self, id: str) -> Poster:
        """Return a poster of the catalogue.

        Raises:
            ReviewError: the table has no such poster.
        """
        try:
            return self.catalogue[id]
        except CatalogueError as error:
            raise ReviewError(str(error)) from error

    def item(self, id: str) -> ReviewItem:
        """Return a poster with its questions.

        Raises:
            ReviewError: the table has no such poster.
        """
        poster = self.poster(id)
        prediction = self._predict(poster)
        questions = self._blind_questions() if self.queue.blind else self._questions(poster, prediction)
        return ReviewItem(poster, questions, prediction, self.classifier)

    def _blind_questions(self) -> tuple[Question, ...]:
        # Always in one order, so that hands learn it, and it betrays nothing.
        return tuple(Question(name, None) for name in self._commonest)

    def _questions(self, poster: Poster, prediction: Prediction) -> tuple[Question, ...]:
        doubts: dict[str, LabelIssue] = {issue.genre: issue for issue in self.queue.doubts.get(poster.id, ())}
        probabilities = prediction.probabilities
        labels = {name: label_of(poster, name) for name in self.genre_names}
        if self.queue.order == "uncertain":
            labels = {name: "yes" if name in prediction.genres else "no" for name in self.genre_names}

        def place(name: str) -> tuple[bool, bool, float]:
            return name not in doubts, labels[name] == "no", -probabilities.get(name, 0.0)

        def question(name: str) -> Question:
            doubt = doubts[name].kind if name in doubts else None
            if self.queue.order == "uncertain":
                return Question(name, None, probabilities.get(name), predicted=labels[name] == "yes")
            # Of a genre that the table was read without, nobody knows here what it has.
            known = name in self.catalogue.genre_names
            return Question(name, labels[name] if known else None, probabilities.get(name), doubt)

        return tuple(map(question, sorted(self.genre_names, key=place)))

    def decide(self, id: str, genres: Mapping[str, Answer], reviewer: str) -> Decision:
        """Keep a reviewer's answers about a poster; they are on disk when this returns.

        Args:
            id: of the poster.
            genres: the answer for each genre; a genre that is left out is not decided.
            reviewer: who answers.

        Raises:
            ReviewError: the poster, a genre or an answer is unknown, or the database can't be written.
        """
        strange = [name for name in genres if name not in self.genre_names]
        if strange:
            raise ReviewError(
                f"this review has no genre {quoted(strange[0])}{did_you_mean(strange[0], self.genre_names)}"
            )
        return self.store.record(id, reviewer, genres, self.item(id).shown(), order=self.queue.order)

    def skip(self, id: str, reviewer: str) -> Decision:
        """Leave a poster to others.

        Raises:
            ReviewError: the poster is unknown, or the database can't be written.
        """
        return self.store.record(id, reviewer, None, self.item(id).shown(), order=self.queue.order)

    def undo(self, reviewer: str) -> Decision | None:
        """Take back a reviewer's last decision about a poster of the queue; None if there is none.

        Raises:
            ReviewError: the database can't be written.
        """
        return self.store.undo(reviewer, self.queue.order)

    def progress(self, reviewer: str) -> Progress:
        """Return how far the review is.

        Raises:
            ReviewError: the database can't be read.
        """
        posters = set(self.queue.posters)
        rows = [(id, who, kind) for (id, who), kind in self.store.kinds(self.queue.order).items() if id in posters]
        own = Counter(kind for _, who, kind in rows if who == reviewer)
        decided = {id for id, _, kind in rows if kind == "decided"}
        return Progress(len(posters), len(decided), own["decided"], own["skipped"])

    def notice(self) -> str | None:
        """Return one sentence for reviewers if the table has changed since the review was opened; else None."""
        if _stamp(self.catalogue) == self._stamp:
            return None
        return f"{self.catalogue.name} has changed since this review was opened: start posters review again"

    def corrections(self) -> Corrections:
        """Return the labels that reviewers changed, as `--corrections` takes them.

        Raises:
            ReviewError: the database can't be read.
        """
        return corrections_of(self.catalogue, self.store.standing())

    def labels(self) -> Iterator[str]:
        """Yield the lines of a labelled table of all posters decided; see `decided_catalogue`.

        Raises:
            ReviewError: the database can't be read.
        """
        return table_lines(decided_catalogue(self.catalogue, self.store.standing()))

    def measurement(self) -> Measurement:
        """Return precision and recall of the classifier, from the decisions about a random sample.

        Raises:
            ReviewError: there are none.
        """
        return measure(self.store.standing("random"))


def _stamp(catalogue: Catalogue) -> tuple[int, int] | None:
    """Return size and time of a table's file; None for a catalogue of no single file, or if it is gone."""
    try:
        # A folder changes with every file in it, perhaps the database of the review itself.
        status = catalogue.table.stat() if catalogue.table and catalogue.table.is_file() else None
    except OSError:
        return None
    return status and (status.st_size, status.st_mtime_ns)


def check_table(store: DecisionStore, catalogue: Catalogue) -> None:
    """Warn if the table has changed since the review began; what was decided stays, by the posters' ids.

    Raises:
        ReviewError: the decisions are about none of the table's posters.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> store = DecisionStore(Path(tempfile.mkdtemp()) / "review.sqlite")
        >>> store.record("tt1", "ann", {"War": "no"}).poster
        'tt1'
        >>> check_table(store, Catalogue((Poster("tt1", "a.jpg", ("War",)),), ("War",), Path(".")))
    """
    decided = {each.poster: each for each in store.standing()}
    posters = {poster.id: poster for poster in catalogue}
    gone = decided.keys() - posters.keys()
    if decided and len(gone) == len(decided):
        raise ReviewError(
            f"the {counted(len(decided), 'poster')} that {store.path} has decisions about are not in "
            f"{catalogue.name}: name another file with --db"
        )
    if not decided or store.about.get("fingerprint", catalogue.fingerprint()) == catalogue.fingerprint():
        return
    changed = sum(
        question["label"] not in (None, label_of(posters[id], question["genre"]))
        for id, each in decided.items()
        if id in posters
        for question in each.shown.get("questions", ())
    )
    logger.warning(
        f"{catalogue.name} has changed since {store.path} was begun: of {counted(len(decided), 'decided poster')} "
        f"{len(gone):,} are gone, and {counted(changed, 'label')} of the others changed; the decisions stay"
    )
