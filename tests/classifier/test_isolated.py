"""A network in a worker process: it gives the same, and whatever happens to the worker costs nobody a poster."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from posters.classifier import isolated, load_classifier
from posters.classifier.interpreters import InterpreterPool
from posters.classifier.isolated import IsolatedNetwork, NoProcessError
from posters.classifier.runtime import LiteNetwork
from posters.errors import ClassifierError, ConfigError

SHAPE = (24, 16, 3)
BLACK, WHITE = np.zeros(SHAPE, np.uint8), np.full(SHAPE, 255, np.uint8)


@pytest.fixture
def path(golden) -> Path:
    return golden / "classifier" / "network.tflite"


def is_alive(pid: int) -> bool:
    # A zombie is dead.
    return Path(f"/proc/{pid}").exists() and ") Z" not in Path(f"/proc/{pid}/stat").read_text()


def test_it_gives_what_a_network_of_this_process_gives(path):
    rng = np.random.default_rng(0)
    own, other = LiteNetwork(path, SHAPE, 4), IsolatedNetwork(path, SHAPE, 4)
    assert own.output_names == other.output_names
    for poster in rng.integers(0, 256, (5, *SHAPE), np.uint8):
        # Not contiguous, as a crop is.
        assert (own(poster[:, ::-1]) == other(poster[:, ::-1])).all()


def test_the_classifier_of_the_package_explains_and_has_features_in_isolation():
    own, other = load_classifier(), load_classifier(isolate=True)
    poster = np.random.default_rng(0).integers(0, 256, (600, 400, 3), np.uint8)
    assert own.predict(poster).probabilities == other.predict(poster).probabilities
    assert own.predict(poster).novelty == other.predict(poster).novelty
    assert (own.explain(poster, "Drama").map == other.explain(poster, "Drama").map).all()


@pytest.mark.parametrize("code", ["os.abort()", "os.kill(os.getpid(), 11)", "os._exit(0)"])
def test_a_crash_is_an_error_of_its_poster_alone(path, on_white, code, messages):
    on_white(code)
    pool = InterpreterPool(lambda threads: IsolatedNetwork(path, SHAPE, 4, threads), interpreters=1)
    right = pool.for_many(lambda network: network(BLACK))
    for _ in range(2):
        with pytest.raises(ClassifierError, match="can't be run \\(its process ended with"):
            pool.for_many(lambda network: network(WHITE))
        assert (pool.for_many(lambda network: network(BLACK)) == right).all()
    assert all("opened again" in message for message in messages)


def test_one_that_dies_costs_nobody_a_poster(path):
    pool = InterpreterPool(lambda threads: IsolatedNetwork(path, SHAPE, 4, threads), interpreters=1)
    right = pool.for_many(lambda network: network(BLACK))
    for _ in range(3):
        pool.for_many(lambda network: network._process.kill())
        assert (pool.for_many(lambda network: network(BLACK)) == right).all()


def test_one_that_hangs_is_given_up(path, on_white, monkeypatch):
    on_white("time.sleep(100)")
    network = IsolatedNetwork(path, SHAPE, 4)
    monkeypatch.setattr(isolated, "SECONDS", 0.2)
    with pytest.raises(ClassifierError, match=r"did not end within 0\.2 s"):
        network(WHITE)


def test_one_that_takes_all_memory_is_refused(path, on_white):
    on_white("np.ones(2**32, np.uint8)")
    network = IsolatedNetwork(path, SHAPE, 4)
    with pytest.raises(ClassifierError, match=r"llocate|memory"):
        network(WHITE)
    assert network(BLACK).shape == (4,)


def test_what_a_runtime_prints_is_no_answer(path, on_white):
    on_white("os.write(1, b'INFO: hello\\n'); print('hello')")
    assert (IsolatedNetwork(path, SHAPE, 4)(WHITE) == LiteNetwork(path, SHAPE, 4)(WHITE)).all()


def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next(path, monkeypatch):
    """Ctrl-C in a notebook, which goes on with the same classifier."""
    pool = InterpreterPool(lambda threads: IsolatedNetwork(path, SHAPE, 4, threads), interpreters=1)
    right = pool.for_many(lambda network: network(WHITE))
    with monkeypatch.context() as patch:

        def interrupt(*_):
            raise KeyboardInterrupt

        patch.setattr(isolated, "_read_arrays", interrupt)
        with pytest.raises(KeyboardInterrupt):
            pool.for_many(lambda network: network(BLACK))
    assert (pool.for_many(lambda network: network(WHITE)) == right).all()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n",
        b"[]\n",
        b"7" * 20_000,
        b'{"probabilities": [4]}\n',
        b'{"probabilities": [4]}\n' + b"1234" * 3,
        b'{"probabilities": [1000000000000]}\n',
        b'{"probabilities": [-4, -1]}\n' + b"1234" * 4,
        b'{"probabilities": "4"}\n',
        b'{"probabilities": [5]}\n' + b"1234" * 5,
        b'{"maps": [4]}\n' + b"1234" * 4,
        b'{"error": 7}\n',
        b"[" * 5000 + b"\n",
        b"\xff\xfe\n",
    ],
)
def test_answers_that_no_worker_gives_are_refused(path, answer):
    work = f"import sys; sys.stdout.buffer.write({answer!r})"
    with pytest.raises(ClassifierError):
        IsolatedNetwork(path, SHAPE, 4, worker=(work, None))


def test_a_worker_ends_with_its_network(path):
    network = IsolatedNetwork(path, SHAPE, 4)
    pid = network._process.pid
    assert is_alive(pid)
    del network
    assert not is_alive(pid)


@pytest.mark.parametrize("signal", [2, 9, 15])
def test_a_worker_ends_with_whoever_asks(path, signal):
    code = (
        "import os, sys; from pathlib import Path; from posters.classifier.isolated import IsolatedNetwork\n"
        f"network = IsolatedNetwork(Path(sys.argv[1]), {SHAPE}, 4); print(network._process.pid, flush=True)\n"
        f"os.kill(os.getpid(), {signal})\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    end = time.monotonic() + 10
    while is_alive(int(done.stdout)):
        assert time.monotonic() < end, "it is still there"
        time.sleep(0.01)


def test_where_no_process_can_be_started_one_line_says_so(path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("subprocess.Popen", refuse)
    with pytest.raises(NoProcessError, match="Operation not permitted\\): pass isolate=False"):
        IsolatedNetwork(path, SHAPE, 4)


def test_a_file_that_is_no_network_is_refused_as_without_isolation(tmp_path):
    (tmp_path / "network.tflite").write_bytes(b"no network")
    for kind in (LiteNetwork, IsolatedNetwork):
        with pytest.raises(ClassifierError, match="can't be run \\("):
            kind(tmp_path / "network.tflite", SHAPE, 4)
        with pytest.raises(ConfigError, match="threads"):
            kind(tmp_path / "network.tflite", SHAPE, 4, threads=0)
