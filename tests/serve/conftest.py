"""A real server in a thread, on a free port, with the golden classifier."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import uvicorn

from posters.classifier import load_classifier
from posters.models import POSTERS, classifier_directory
from posters.serve import JobQueue, ServerOptions, create_app, listening
from posters.serve.app import address_of, server_config
from tests.browsing import DESKTOP, opening

LIMIT = 300_000


@contextmanager
def running(
    directory: Path, interpreters: int = 2, queue: int = 8, max_bytes: int = LIMIT, **options: Any
) -> Iterator[str]:
    """The URL of a server."""
    classifier = load_classifier(directory, interpreters=interpreters)
    surroundings = ServerOptions(max_bytes=max_bytes, **options)
    with JobQueue(classifier, queue) as jobs, serving(create_app(jobs, surroundings)) as url:
        yield url


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The URL of a server of any application."""
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(server_config(app))
        thread = Thread(target=server.run, args=[[listener]])
        thread.start()
        _wait_until(lambda: server.started)
        try:
            yield address_of(listener)
        finally:  # Or the process of a test that fails would never end.
            server.should_exit = True
            thread.join()


def _wait_until(true, seconds: float = 10) -> None:
    end = monotonic() + seconds
    while not true():
        assert monotonic() < end, "it took too long"
        sleep(0.005)


@pytest.fixture
def wait_until():
    return _wait_until


@pytest.fixture(scope="session")
def address(golden: Path) -> Iterator[str]:
    """The URL of a server that all tests share."""
    with running(golden) as url:
        yield url


@pytest.fixture(scope="session")
def explaining() -> Iterator[str]:
    """The URL of a server whose classifier explains: the golden one doesn't, the one of the package does."""
    with running(classifier_directory(POSTERS)) as url:
        yield url


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as client:  # As long as a busy machine may take.
        yield client


@pytest.fixture(scope="session")
def dusk(golden: Path) -> bytes:
    """An image file: of its four genres the golden classifier says Western."""
    return (golden / "posters" / "dusk.png").read_bytes()


@pytest.fixture
def opened(browser, address: str, request):
    """The page on a screen, and what it said and whom it asked."""
    with opening(browser, address, *getattr(request, "param", ("/", "light", DESKTOP))) as opened:
        yield opened


@pytest.fixture
def page(opened):
    """The page of `opened`."""
    return opened[0]
