"""The pool of interpreters: one that fails is replaced, and nobody's poster is lost."""

import re
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from posters.classifier.batch import compute_each
from posters.classifier.interpreters import InterpreterPool
from posters.classifier.loading import load_pixels
from posters.classifier.runtime import LiteNetwork
from posters.config import PreprocessConfig
from posters.errors import ClassifierError
from posters.models import CLASSIFIER

POSTER = np.zeros((24, 16, 3), np.uint8)


@pytest.fixture
def opened(golden):
    """The networks that were opened; those whose `broken` is set fail from then on."""
    networks = []

    class Network(LiteNetwork):
        broken = False

        def __call__(self, poster):
            if self.broken:
                raise ClassifierError("network.tflite can't be run (arena)")
            return super().__call__(poster)

    def open_network(threads):
        networks.append(Network(golden / "classifier" / "network.tflite", POSTER.shape, 4, threads))
        return networks[-1]

    open_network.networks = networks
    return open_network


@pytest.mark.parametrize(("threads", "method"), [(1, "for_one"), (2, "for_one"), (1, "for_many")])
def test_a_network_that_fails_is_replaced_and_its_poster_is_computed(opened, threads, method, messages):
    pool = InterpreterPool(opened, threads)
    compute = getattr(pool, method)
    right = compute(lambda network: network(POSTER))
    for network in opened.networks:
        network.broken = True
    before = len(opened.networks)
    assert (compute(lambda network: network(POSTER)) == right).all()
    assert (compute(lambda network: network(POSTER)) == right).all()
    assert len(opened.networks) == before + 1, "the new one is kept"
    assert messages == ["network.tflite can't be run (arena) (it is opened again)"]


def test_a_poster_on_which_every_network_fails_is_an_error_and_blocks_nobody(opened):
    pool = InterpreterPool(opened, interpreters=2)

    def fail(_):
        raise ClassifierError("network.tflite gives probabilities that can't be")

    for _ in range(5):
        with pytest.raises(ClassifierError, match="gives probabilities"):
            pool.for_many(fail)
    assert pool.for_many(lambda network: network(POSTER)).shape == (4,)


def test_posters_on_which_every_network_fails_are_errors_which_keep_no_network_alive(opened):
    """Each network of a stranger is a process."""
    pool, config = InterpreterPool(opened, interpreters=1), PreprocessConfig(height=24, width=16)

    def fail(*_):
        raise ClassifierError("network.tflite gives probabilities that can't be")

    kept = [error for _, error in compute_each([POSTER] * 3, lambda poster: poster, load_pixels, fail, pool, config)]
    assert {str(error) for error in kept} == {
        "the classifier's network failed on this poster, twice: network.tflite gives probabilities that can't be"
    }
    networks = [weakref.ref(network) for network in opened.networks]
    opened.networks.clear()
    assert len(networks) == 7
    assert sum(network() is not None for network in networks) == 1, "the one that waits for the next poster"


def test_all_posters_under_way_are_computed_while_networks_fail(opened):
    pool = InterpreterPool(opened, interpreters=3)
    for network in opened.networks:
        network.broken = True
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(pool.for_many(lambda network: network(POSTER))))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 12
    assert len(opened.networks) == 6


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't tell what of a file is in memory")
def test_an_open_network_is_in_memory_once():
    path = CLASSIFIER / "network.tflite"
    network = LiteNetwork(path, (288, 192, 3), 22)
    assert (network(np.zeros((288, 192, 3), np.uint8)) > 0).all()
    mapped = re.findall(
        rf"{re.escape(str(path.resolve()))}\n(?:.*\n)*?Rss: +(\d+) kB", Path("/proc/self/smaps").read_text()
    )
    assert mapped, "the runtime maps the file"
    # The weights are in the runtime's own memory.
    assert sum(map(int, mapped)) * 1024 < path.stat().st_size / 4
