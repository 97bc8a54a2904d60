"""What all tests share."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from posters._base.log import logger
from posters.classifier import read_manifest
from posters.classifier.manifest import LIGHT_NETWORK
from posters.classifier.trial import is_foreign, note_network
from tests.browsing import CHROMIUM, OPTIONS

REPOSITORY = Path(__file__).parent.parent

# No deadline: how long an example takes depends on what else the machine does. The fast tests are run all the time; a
# whole run tries the 100 examples that Hypothesis tries by default.
settings.register_profile("whole", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=20)
settings.load_profile("whole")


@pytest.fixture(scope="session", autouse=True)
def _known_networks() -> None:
    """Have the networks of the tests run as those that were written here: a worker takes a third of a second."""
    for name in ("golden", "similar"):
        directory = REPOSITORY / "tests" / name / "classifier"
        manifest = read_manifest(directory)
        # Once: another process of the tests may be reading the note.
        if is_foreign(directory / LIGHT_NETWORK, manifest):
            note_network(manifest)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data: POSTERS_SHARED, or `shared` beside the repository."""
    folder = Path(os.environ.get("POSTERS_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / "imdb-posters" / "posters.csv").is_file():
        pytest.skip(f"THE REAL POSTERS ARE NOT THERE: no imdb-posters/posters.csv in {folder}; set POSTERS_SHARED")
    return folder


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of the golden classifier, its posters and their scores; without them its tests fail, not skip."""
    return REPOSITORY / "tests" / "golden"


@pytest.fixture
def tiny_classifier(golden: Path, tmp_path: Path) -> Path:
    """A copy of the golden classifier, to damage."""
    return Path(shutil.copytree(golden / "classifier", tmp_path / "tiny"))


@pytest.fixture
def on_white(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has every worker process do something when it is given a white poster: a stand-in for the runtime."""

    def prepare(code: str) -> None:
        (tmp_path / "sitecustomize.py").write_text(
            "import os, sys, time\n"
            "if any('isolated' in word for word in sys.orig_argv):\n"
            "    import numpy as np\n"
            "    from posters.classifier.runtime import LiteNetwork\n"
            "    own = LiteNetwork._run\n"
            "    def run(self, poster):\n"
            f"        if poster.min() == 255: {code}\n"
            "        own(self, poster)\n"
            "    LiteNetwork._run = run\n"
        )
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")

    return prepare


@pytest.fixture
def messages() -> Iterator[list[str]]:
    """What the package says while the test runs: the formatted messages of its logger, which does not propagate."""
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(handler.format(record))  # type: ignore[method-assign]
    logger.addHandler(handler)
    yield said
    logger.removeHandler(handler)


@pytest.fixture(scope="module")
def browser():
    """Chromium, for the tests of a module; its pages share nothing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()
