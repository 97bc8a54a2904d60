"""Packed folders that are damaged, by any means: never wrong rows."""

import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posters.errors import ArraysError
from posters.store.packed_posters import INDEX, PIXELS, pack
from tests.store.conftest import SMALL, assert_right, catalogue_of, cut_off_after, draw


def files_of(folder):
    return sorted(path for path in folder.iterdir() if path.name != ".lock")


@pytest.fixture(scope="module")
def damaged_world(tmp_path_factory):
    """Forty posters, and the folders that a finished and an interrupted packing of them leave."""
    world = SimpleNamespace(base=tmp_path_factory.mktemp("damage"))
    world.images = world.base / "images"
    world.images.mkdir()
    names = [f"{n:02}.png" for n in range(40)]
    for seed, name in enumerate(names):
        draw(world.images / name, seed)
    world.catalogue = catalogue_of(world.images, names)
    world.finished, world.interrupted = world.base / "finished", world.base / "interrupted"
    pack(world.catalogue, world.finished, SMALL)
    with cut_off_after(35):
        pack(world.catalogue, world.interrupted, SMALL, threads=1)
    world.foreign = world.base / "foreign"
    pack(world.catalogue.take(range(39, -1, -1)), world.foreign, SMALL)
    return world


def right_or_refused(catalogue, folder):
    """After any damage: the right pixels, or ArraysError; and once what it names is removed, the right pixels."""
    try:
        arrays = pack(catalogue, folder, SMALL)
    except ArraysError:
        for path in files_of(folder):
            path.unlink()
        arrays = pack(catalogue, folder, SMALL)
    assert_right(arrays, catalogue)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["finished", "interrupted"])
@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_files_cut_short_never_give_wrong_rows(damaged_world, state, data):
    folder = damaged_world.base / "work"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(getattr(damaged_world, state), folder)
    for path in files_of(folder):
        size = path.stat().st_size
        os.truncate(path, data.draw(st.one_of(st.just(size), st.integers(0, size)), path.name))
    right_or_refused(damaged_world.catalogue, folder)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["finished", "interrupted"])
@given(data=st.data())
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_index_never_gives_wrong_rows(damaged_world, state, data):
    folder = damaged_world.base / "work"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(getattr(damaged_world, state), folder)
    (path,) = folder.glob(f"{INDEX}*")
    lines = path.read_bytes().splitlines(keepends=True)
    number = st.integers(0, len(lines) - 1)
    kind = data.draw(st.sampled_from(["bytes", "drop", "swap", "repeat"]))
    if kind == "bytes":
        content = bytearray(b"".join(lines))
        for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)))):
            content[place] = value
        lines = [bytes(content)]
    elif kind == "drop":
        del lines[data.draw(number)]
    elif kind == "repeat":
        lines.insert(data.draw(number), lines[data.draw(number)])
    else:
        one, other = data.draw(number), data.draw(number)
        lines[one], lines[other] = lines[other], lines[one]
    path.write_bytes(b"".join(lines))
    right_or_refused(damaged_world.catalogue, folder)


@pytest.mark.parametrize("state", ["finished", "interrupted"])
@pytest.mark.parametrize(
    "foreign",
    [
        lambda world: np.load(world.foreign / "posters.npy"),
        lambda world: np.zeros((40, 16, 16, 3), np.uint8),
        lambda world: np.zeros((40, 16, 16), np.uint8),
        lambda world: np.zeros((40, 16, 16, 3), np.float32),
        lambda world: np.asfortranarray(np.load(world.finished / "posters.npy")),
        lambda world: np.load(world.finished / "posters.npy")[:-1],
        lambda world: np.zeros(()),
    ],
)
def test_foreign_pixels_never_become_rows(damaged_world, state, foreign, tmp_path):
    folder = tmp_path / "packed"
    shutil.copytree(getattr(damaged_world, state), folder)
    with (folder / ("posters.npy" if state == "finished" else "posters.npy.partial")).open("wb") as file:
        np.save(file, foreign(damaged_world))
    right_or_refused(damaged_world.catalogue, folder)


@pytest.mark.parametrize("name", ["posters.npy", "posters.npy.partial", "index", "index.partial"])
def test_any_file_may_be_missing(damaged_world, name, tmp_path):
    state = "interrupted" if name.endswith("partial") else "finished"
    folder = tmp_path / "packed"
    shutil.copytree(getattr(damaged_world, state), folder)
    (folder / name.replace("index", INDEX)).unlink()
    assert_right(pack(damaged_world.catalogue, folder, SMALL), damaged_world.catalogue)


@pytest.mark.parametrize("row", [0, 7, 20, 39])
def test_one_wrong_byte_in_any_row_is_found(damaged_world, tmp_path, row):
    folder = shutil.copytree(damaged_world.finished, tmp_path / "packed")
    pixels = np.lib.format.open_memmap(folder / PIXELS, mode="r+")
    pixels[row, 3, 5, 1] ^= 1
    pixels.flush()
    del pixels
    assert_right(pack(damaged_world.catalogue, folder, SMALL), damaged_world.catalogue)
