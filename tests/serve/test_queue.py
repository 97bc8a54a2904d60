"""As many interpreters as asked for, opened once, and a queue that ends."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from time import sleep

import httpx
import pytest

from posters.classifier import Classifier, load_classifier, manifest
from posters.errors import ClassifierError, ConfigError
from posters.serve.queue import BusyError, JobQueue
from tests.serve.conftest import running


@pytest.fixture
def opened(monkeypatch):
    """Counts the interpreters that are opened."""
    from posters.classifier.runtime import LiteNetwork

    networks = []
    ready = LiteNetwork.__init__
    monkeypatch.setattr(LiteNetwork, "__init__", lambda self, *args: (networks.append(self), ready(self, *args))[1])
    return networks


class Gate:
    """Holds predictions back until it is opened, and notes how many stand there."""

    def __init__(self) -> None:
        self.open, self.inside, self.most, self.lock = Event(), 0, 0, Lock()

    def pass_through(self, *_):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.open.wait(10)
        with self.lock:
            self.inside -= 1


def open_queue(directory, interpreters, queue) -> JobQueue:
    return JobQueue(load_classifier(directory, interpreters=interpreters), queue)


def test_no_more_jobs_run_than_interpreters(golden, opened):
    gate = Gate()
    gate.open.set()

    def job(classifier):
        gate.pass_through()
        return id(classifier)

    with open_queue(golden, 3, 20) as pool:
        assert len(set(asyncio.run(pool.run_all([job] * 20)))) == 1
    assert gate.most <= 3
    assert len(opened) == 3


def test_the_classifier_is_read_once_however_many_interpreters_it_has(golden, opened, monkeypatch):
    read, ready = [], manifest.sha256_of
    monkeypatch.setattr(manifest, "sha256_of", lambda path: (read.append(path.name), ready(path))[1])
    with open_queue(golden, 4, 1):
        assert len(opened) == 4
    assert len(read) == len(set(read)) > 0


def test_interpreters_compute_at_the_same_time_what_one_computes(golden, dusk):
    expected = load_classifier(golden).predict(dusk)
    with open_queue(golden, 3, 30) as pool:
        found = asyncio.run(pool.run_all([lambda classifier: classifier.predict(dusk)] * 30))
    assert found == [expected] * 30


def test_answers_come_in_the_order_of_the_jobs(golden):
    jobs = [lambda _, n=n: sleep(0.01 * (3 - n)) or n for n in range(3)]
    with open_queue(golden, 3, 1) as pool:
        assert asyncio.run(pool.run_all(jobs)) == [0, 1, 2]


def test_a_full_queue_refuses_and_has_room_again_later(golden):
    gate = Gate()

    async def crowd(pool):
        first = asyncio.gather(*[pool.run(gate.pass_through) for _ in range(3)])
        await asyncio.sleep(0)
        assert not pool.has_room
        assert pool.waiting == 2
        with pytest.raises(BusyError, match=r"the queue is full \(2 waiting, 1 more requested\)"):
            await pool.run(gate.pass_through)
        gate.open.set()
        await first
        assert pool.has_room
        assert pool.waiting == 0
        await pool.run(gate.pass_through)

    with open_queue(golden, 1, 2) as pool:
        asyncio.run(crowd(pool))


def test_of_several_jobs_all_find_room_or_none_is_begun(golden):
    done = []
    with open_queue(golden, 1, 2) as pool:
        with pytest.raises(BusyError):
            asyncio.run(pool.run_all([done.append] * 4))
        asyncio.run(pool.run_all([done.append] * 3))
    assert len(done) == 3


def test_a_job_that_fails_gives_its_interpreter_and_its_place_back(golden):
    def fail(_):
        raise ValueError("broken")

    with open_queue(golden, 1, 1) as pool:
        for _ in range(3):
            with pytest.raises(ValueError, match="broken"):
                asyncio.run(pool.run(fail))
        assert asyncio.run(pool.run(lambda classifier: classifier.genre_names))[0] == "Comedy"


def test_whoever_goes_away_leaves_the_queue(golden, wait_until):
    gate = Gate()

    async def impatient(pool):
        first, second = (asyncio.create_task(pool.run(gate.pass_through)) for _ in range(2))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        assert pool.waiting == 0
        gate.open.set()
        await first

    with open_queue(golden, 1, 1) as pool:
        asyncio.run(impatient(pool))
        wait_until(lambda: pool.has_room)
    assert gate.most == 1


@pytest.mark.parametrize("numbers", [{"interpreters": 0, "queue": 1}, {"interpreters": 1, "queue": 0}])
def test_numbers_below_one_are_refused(golden, numbers):
    with pytest.raises(ConfigError, match="must be at least 1, but got 0"):
        open_queue(golden, **numbers)


def test_what_is_no_classifier_is_refused(tmp_path):
    with pytest.raises(ClassifierError, match="is not a classifier"):
        open_queue(tmp_path, 1, 1)


def test_a_server_that_is_full_says_so_and_computes_no_more_at_a_time(golden, dusk, monkeypatch, wait_until, opened):
    gate, predict = Gate(), Classifier.predict
    monkeypatch.setattr(
        Classifier, "predict", lambda *asked, **chosen: (gate.pass_through(), predict(*asked, **chosen))[1]
    )
    with running(golden, interpreters=2, queue=1) as url, ThreadPoolExecutor(3) as threads:
        ask = [threads.submit(httpx.post, f"{url}/api/predict", content=dusk) for _ in range(3)]
        wait_until(lambda: not httpx.get(f"{url}/healthz").json()["ready"])
        refused = httpx.post(f"{url}/api/predict", content=dusk)
        assert refused.status_code == 503
        assert refused.json() == {"error": "the queue is full (1 waiting, 1 more requested): retry soon"}
        assert refused.headers["retry-after"] == "1"
        assert httpx.get(f"{url}/v2/health/ready").status_code == 503
        assert "posters_queue_length 1.0\n" in httpx.get(f"{url}/metrics").text
        # Whatever takes no interpreter goes on.
        health = httpx.get(f"{url}/healthz").json()
        assert (health["live"], health["ready"]) == (True, False)
        gate.open.set()
        assert [answer.result().status_code for answer in ask] == [200, 200, 200]
        assert httpx.post(f"{url}/api/predict", content=dusk).status_code == 200
    assert gate.most == 2
    assert len(opened) == 2
