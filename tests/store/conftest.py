"""Small catalogues to pack, and what has to be true of every packed one."""

import contextlib
import itertools
import threading

import numpy as np
import pytest
from PIL import Image

from posters.catalogue import Catalogue, Poster
from posters.config import PreprocessConfig
from posters.images.decoding import decode
from posters.store import packed_posters as arrays_module

SMALL = PreprocessConfig(height=16, width=16)
GENRES = ("Comedy", "Drama", "Horror")


def draw(path, seed, size=(16, 16)):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def catalogue_of(root, names):
    posters = tuple(Poster(f"id-{name}", name, (GENRES[n % 3],), title=name) for n, name in enumerate(names))
    return Catalogue(posters, GENRES, root)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "images").mkdir()
    return tmp_path / "images"


@pytest.fixture
def seven(root):
    """Seven posters, the names not in order."""
    names = [f"{name}.png" for name in "gcabfde"]
    for seed, name in enumerate(names):
        draw(root / name, seed)
    return catalogue_of(root, names)


@pytest.fixture
def packed(tmp_path):
    return tmp_path / "packed"


@pytest.fixture
def decoded(monkeypatch):
    """The pixels of each image that gets decoded from here on, in this process."""
    calls = []

    def counting(data, preprocess):
        calls.append(data)
        return decode(data, preprocess)

    monkeypatch.setattr(arrays_module, "decode", counting)
    return calls


def assert_right(arrays, catalogue, preprocess=SMALL):
    """Every row is what `decode` gives for its poster, and has its poster's genres."""
    assert arrays.ids == catalogue.ids
    assert (arrays.posters.shape, arrays.posters.dtype) == ((len(catalogue), *preprocess.shape), np.uint8)
    for row, poster in enumerate(catalogue):
        assert (arrays.posters[row] == decode(catalogue.image_path(poster), preprocess)).all(), poster.image
    assert (arrays.genres == catalogue.multi_hot()).all()
    assert arrays.genre_names == catalogue.genre_names
    assert arrays.preprocess == preprocess


class CutOffError(Exception):
    """Stands for a power cut in the middle of the work."""


@contextlib.contextmanager
def cut_off_after(count):
    """Decoding fails in an unforeseen way after `count` images."""
    left = itertools.count(1)

    def failing(data, preprocess):
        if next(left) > count:
            raise CutOffError
        return decode(data, preprocess)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays_module, "decode", failing)
        with pytest.raises(CutOffError):
            yield
        for thread in threading.enumerate():
            if thread.name == "posters-ahead":
                thread.join()  # What was begun is finished, and would count as the next packing's work.


@pytest.fixture
def fifty(root):
    """Fifty posters, three of them unreadable: more than three chunks of work."""
    names = [f"{n:02}.png" for n in range(50)]
    for seed, name in enumerate(names):
        draw(root / name, seed)
    for name in ("00.png", "17.png", "49.png"):
        (root / name).write_bytes(b"broken")
    return catalogue_of(root, names)


def readable(catalogue):
    return catalogue.take([row for row in range(50) if row not in (0, 17, 49)])
