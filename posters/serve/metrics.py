"""What the server counts, for Prometheus. Each application has a registry of its own."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from posters.classifier import Classifier, Prediction
from posters.serve.description import identify
from posters.serve.queue import JobQueue

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Upper bounds in seconds: one poster takes about 0.01, a queue of 64 on two cores about 0.5.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

TENTHS = tuple(tenth / 10 for tenth in range(1, 11))

# A time stamp for each series would double the number of series; Prometheus does not need them.
cast(Callable[[], None], disable_created_metrics)()


class Metrics:
    """Requests and their seconds by route, what each classifier predicted, and the state of queue and process.

    Args:
        queue: whose length and interpreters are reported.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> with JobQueue(load_classifier(interpreters=1), queue=1) as queue:
        ...     metrics = Metrics(queue)
        ...     metrics.count_request("/api/predict", 200, 0.01)
        ...     "posters_interpreters 1.0" in metrics.render().splitlines()
        True
    """

    def __init__(self, queue: JobQueue) -> None:
        # Not the global registry, in which two applications of one process would collide.
        self._registry = CollectorRegistry()
        registered: Any = {"registry": self._registry}
        answered = "Requests answered, by route and status."
        self._requests = Counter("posters_requests", answered, ["route", "status"], **registered)
        took = "Seconds from a request to the end of its answer."
        self._seconds = Histogram("posters_request_seconds", took, ["route"], buckets=BUCKETS, **registered)
        # By classifier, so that old weights and new ones, or two servers behind a balancer, can be told apart.
        self._predicted = Counter("posters_predicted", "Posters predicted.", ["classifier"], **registered)
        genres = "Posters for which a genre was predicted."
        self._genres = Counter("posters_predicted_genres", genres, ["classifier", "genre"], **registered)
        top = "The highest probability of each poster."
        self._top = Histogram("posters_top_probability", top, ["classifier"], buckets=TENTHS, **registered)
        # What `posters drift` compares between files, for whoever would rather watch it.
        unlike = "Posters predicted that look like none that the classifier learned from."
        self._unlike = Counter("posters_predicted_unlike", unlike, ["classifier"], **registered)
        every = "The probability of a genre for each poster."
        labels = ["classifier", "genre"]
        self._probabilities = Histogram("posters_genre_probability", every, labels, buckets=TENTHS, **registered)
        waiting = Gauge("posters_queue_length", "Posters that wait for an interpreter.", **registered)
        # Read when Prometheus asks: a value set by each job could be outdated.
        waiting.set_function(lambda: queue.waiting)
        Gauge("posters_interpreters", "Posters computed at a time.", **registered).set(queue.interpreters)
        self._queue, self._live = (
            queue,
            Gauge("posters_classifier", "1 for the one that serves.", ["classifier"], **registered),
        )
        # Memory, CPU seconds and open files of the process: process_*.
        ProcessCollector(**registered)

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count one request.

        Args:
            route: the path of a route of ours, never a path from a client: each value is a series that is kept forever.
            status: of the answer.
            seconds: from the request to the end of the answer.
        """
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_predictions(self, classifier: Classifier, predictions: Sequence[Prediction]) -> None:
        """Count posters, their genres, their probabilities and those that look like no posters.

        Args:
            classifier: that predicted them.
            predictions: without those that could not be read.
        """
        label = label_of(classifier)
        self._predicted.labels(label).inc(len(predictions))
        for prediction in predictions:
            self._top.labels(label).observe(max(prediction.probabilities.values()))
            self._unlike.labels(label).inc(prediction.looks_like_a_poster is False)
            for genre, probability in prediction.probabilities.items():
                self._probabilities.labels(label, genre).observe(probability)
            for genre in prediction.genres:
                self._genres.labels(label, genre).inc()

    def render(self) -> str:
        """Return all metrics in Prometheus's text format."""
        self._live.clear()
        self._live.labels(label_of(self._queue.classifier)).set(1)
        return generate_latest(self._registry).decode()


def label_of(classifier: Classifier) -> str:
    """Return the name and version of a classifier, as a label.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> label_of(load_classifier()).partition("@")[0] == load_classifier().name
        True
    """
    served = identify(classifier)
    return f"{served.name}@{served.version}"
