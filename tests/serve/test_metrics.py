"""What Prometheus reads."""

import re

import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from posters.classifier import load_classifier
from posters.serve.metrics import Metrics, label_of
from posters.serve.queue import JobQueue
from tests.serve.conftest import running

SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)*)\})? (-?[0-9.]+(?:e[-+][0-9]+)?)$')


def samples(text: str) -> dict[tuple[str, str], float]:
    """Every sample of the text format, by name and labels; each name has been described before."""
    found, kinds = {}, {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            sample = SAMPLE.match(line)
            assert sample, line
            name, labels, value = sample.groups()
            assert kinds.get(name) or kinds[re.sub("_(bucket|sum|count)$", "", name)] == "histogram"
            assert (name, labels or "") not in found
            found[name, labels or ""] = float(value)
    return found


@pytest.fixture
def counted(golden, dusk):
    with running(golden) as url:
        for body in (dusk, dusk, b"no image"):
            httpx.post(f"{url}/api/predict", content=body)
        httpx.get(f"{url}/a/path/of/somebody's")
        httpx.get(f"{url}/v2/models/whatever")
        answer = httpx.get(f"{url}/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(answer.text)
    # Prometheus' own parser reads the same values; `scripts/clients.py` asks promtool, too.
    parsed = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    assert len(parsed) == len(found)
    assert sorted(sample.value for sample in parsed) == sorted(found.values())
    return found


def test_requests_are_counted_by_route_and_status(counted):
    requests = {labels: value for (name, labels), value in counted.items() if name == "posters_requests_total"}
    assert requests == {
        'route="/api/predict",status="200"': 2,
        'route="/api/predict",status="400"': 1,
        'route="/v2/models/{name}",status="404"': 1,
        'route="other",status="404"': 1,
    }


def test_posters_queue_and_interpreters(counted):
    (served,) = [labels for name, labels in counted if name == "posters_classifier"]
    assert re.fullmatch(r'classifier="golden@[0-9a-f]{12}"', served)
    assert counted["posters_predicted_total", served] == 2
    assert counted["posters_queue_length", ""] == 0
    assert counted["posters_interpreters", ""] == 2


def test_the_histogram_adds_up(counted):
    route = 'route="/api/predict"'
    buckets = [value for (name, labels), value in counted.items() if name.endswith("_bucket") and route in labels]
    assert buckets == sorted(buckets)
    assert buckets[-1] == counted["posters_request_seconds_count", route] == 3
    assert 0 < counted["posters_request_seconds_sum", route] < 10


def test_probabilities_by_genre_and_posters_that_look_like_none_are_counted(golden):
    classifier = load_classifier()
    pictures = [np.full((450, 300, 3), 200, np.uint8), golden / "posters" / "dusk.png"]
    predictions = [classifier.predict(picture) for picture in pictures]
    assert predictions[0].looks_like_a_poster is False
    with JobQueue(classifier, 1) as queue:
        metrics = Metrics(queue)
        metrics.count_predictions(classifier, predictions)
        found, label = samples(metrics.render()), f'classifier="{label_of(classifier)}"'
    unlike = sum(prediction.looks_like_a_poster is False for prediction in predictions)
    assert found["posters_predicted_unlike_total", label] == unlike
    for genre in classifier.genre_names:
        ours = [prediction.probabilities[genre] for prediction in predictions]
        assert found["posters_genre_probability_sum", f'{label},genre="{genre}"'] == pytest.approx(sum(ours))
        below = found["posters_genre_probability_bucket", f'{label},genre="{genre}",le="0.3"']
        assert below == sum(probability <= 0.3 for probability in ours)
