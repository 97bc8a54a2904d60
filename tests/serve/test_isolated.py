"""A network that crashes natively: the server goes on, and nobody's request is lost."""

import io
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from PIL import Image

from posters.classifier import load_classifier
from posters.serve import JobQueue, Reloader, create_app
from tests.serve.conftest import serving


@pytest.fixture
def white() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 60), "white").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def workers(monkeypatch):
    """The worker processes, as they are started."""
    started, own = [], subprocess.Popen
    monkeypatch.setattr(
        "subprocess.Popen", lambda *words, **options: started.append(own(*words, **options)) or started[-1]
    )
    return started


@pytest.fixture
def queue(golden, workers):
    classifier = load_classifier(golden, interpreters=2, isolate=True)
    with JobQueue(classifier, queue=64) as queue:
        yield queue


def test_a_poster_on_which_the_network_crashes_is_answered_and_the_others_too(golden, dusk, white, on_white, messages):
    # Its trial has passed, as of one that waits for its moment.
    on_white("os.abort()")
    with (
        JobQueue(load_classifier(golden, interpreters=1, isolate=True), queue=8) as queue,
        serving(create_app(queue)) as url,
    ):
        for _ in range(2):
            bad = httpx.post(f"{url}/api/predict", content=white, headers={"X-Request-ID": "7"}, timeout=60)
            assert bad.status_code == 503
            assert bad.json()["error"].startswith("the classifier's network failed on this poster, twice")
            assert httpx.post(f"{url}/api/predict", content=dusk, timeout=60).status_code == 200
        assert httpx.get(f"{url}/healthz").status_code == 200
    assert all(message.startswith("request ") for message in messages)
    assert messages[0].startswith("request 7: ")
    assert "its process ended with -6" in messages[1]


@pytest.mark.slow
def test_workers_that_are_killed_under_load_cost_nobody_an_answer(queue, workers, dusk):
    with serving(create_app(queue)) as url, ThreadPoolExecutor(6) as threads:
        for pause in (0.0, 0.01, 0.03, 0.1):
            asked = [threads.submit(httpx.post, f"{url}/api/predict", content=dusk, timeout=60) for _ in range(24)]
            time.sleep(pause)
            next(each for each in workers if each.poll() is None).kill()
            assert {each.result().status_code for each in asked} == {200}
    assert len(workers) >= 5


def test_a_classifier_that_is_opened_again_is_isolated_as_before(queue, workers, golden, dusk):
    before = len(workers)
    assert Reloader(queue, str(golden / "classifier")).reload()
    assert len(workers) == before + queue.interpreters


def test_those_of_strangers_are_isolated_unless_told_otherwise(tiny_classifier, tmp_path, monkeypatch, workers):
    from posters.classifier import read_manifest
    from posters.classifier.trial import note_network

    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))

    def opened(**options) -> int:
        before = len(workers)
        load_classifier(tiny_classifier, interpreters=1, **options)
        return len(workers) - before

    assert opened() == 2, "the trial is one"
    assert opened() == 1
    assert opened(isolate=False) == 0
    note_network(read_manifest(tiny_classifier))
    assert opened() == 0, "it was written by this installation"
    assert opened(isolate=True) == 1
    before = len(workers)
    load_classifier(interpreters=1)
    assert len(workers) == before, "it comes with the package"
