"""What Prometheus reads."""

import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

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
