"""A folder of posters, and a tiny classifier that gives features. All without TensorFlow."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posters import load_classifier
from posters.classifier import Classifier, read_manifest
from posters.classifier.trial import note_network

CLASSIFIER = Path(__file__).parent / "classifier"
N = 50


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of posters, each of a few colours of its own."""
    folder = tmp_path_factory.mktemp("drawn") / "scans"
    folder.mkdir()
    rng = np.random.default_rng(4)
    for number in range(N):
        Image.fromarray(rng.integers(0, 256, (3, 2, 3), dtype=np.uint8)).resize((16, 24)).save(
            folder / f"{number:02}.png"
        )
    return folder


@pytest.fixture
def scans(drawn, tmp_path, monkeypatch) -> Path:
    """The same in a working folder of one's own, with a cache of one's own."""
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    note_network(read_manifest(CLASSIFIER))  # Which saves its trial, and a process of its own.
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(drawn, tmp_path / "scans"))


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    loaded: Classifier = load_classifier(CLASSIFIER)
    return loaded


def count_embedded(monkeypatch) -> list[object]:
    """The posters that the network embeds from now on."""
    embedded: list[object] = []
    features_of_many = Classifier.features_of_many

    def counted(self, posters):
        for result in features_of_many(self, posters):
            embedded.append(result.poster)
            yield result

    monkeypatch.setattr(Classifier, "features_of_many", counted)
    return embedded


@pytest.fixture
def embedded(monkeypatch) -> list[object]:
    return count_embedded(monkeypatch)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def names(found) -> list[str]:
    return [Path(near.name).name for near in found]


def rows_by_name(index) -> dict[str, list[float]]:
    return dict(zip(index.names, index.embeddings.tolist(), strict=True))
