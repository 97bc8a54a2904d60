"""What the server counts, in Prometheus's text format. Only the event loop writes here, so that no lock is needed."""

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Upper ends in seconds: one poster takes about 0.01, a queue of 64 on two cores about 0.5.
_ENDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Histogram:
    """How many seconds things took."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_ENDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        self._counts[sum(seconds > end for end in _ENDS)] += 1
        self._sum += seconds

    def lines(self, name: str, labels: str) -> Iterator[str]:
        ends = (*map(str, _ENDS), "+Inf")
        for end, count in zip(ends, accumulate(self._counts), strict=True):
            yield f'{name}_bucket{{{labels},le="{end}"}} {count}'
        yield f"{name}_sum{{{labels}}} {self._sum:.6f}"
        yield f"{name}_count{{{labels}}} {sum(self._counts)}"


class Figures:
    """Requests by route and status, their seconds by route, and posters predicted."""

    def __init__(self) -> None:
        self.predicted = 0
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds: dict[str, Histogram] = {}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count one request. `route` is a path of ours, never what somebody typed: there must be few of them."""
        self._requests[route, status] += 1
        self._seconds.setdefault(route, Histogram()).add(seconds)

    def text(self, waiting: int, interpreters: int) -> str:
        """All figures, with two that the pool knows: jobs that wait, and how many interpreters there are."""
        return "\n".join([*self._request_lines(), *self._single_lines(waiting, interpreters), ""])

    def _request_lines(self) -> Iterator[str]:
        yield from _head("posters_requests_total", "counter", "Requests answered, by route and status.")
        for (route, status), count in sorted(self._requests.items()):
            yield f'posters_requests_total{{route="{route}",status="{status}"}} {count}'
        yield from _head("posters_request_seconds", "histogram", "Seconds from a request to the end of its answer.")
        for route, histogram in sorted(self._seconds.items()):
            yield from histogram.lines("posters_request_seconds", f'route="{route}"')

    def _single_lines(self, waiting: int, interpreters: int) -> Iterator[str]:
        for name, kind, meaning, value in (
            ("posters_predicted_total", "counter", "Posters predicted.", self.predicted),
            ("posters_queue_length", "gauge", "Posters that wait for an interpreter.", waiting),
            ("posters_interpreters", "gauge", "Interpreters: posters computed at a time.", interpreters),
        ):
            yield from _head(name, kind, meaning)
            yield f"{name} {value}"


def _head(name: str, kind: str, meaning: str) -> tuple[str, str]:
    return f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"
