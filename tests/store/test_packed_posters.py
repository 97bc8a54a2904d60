"""Packing: the right pixels in the right rows, and no work done twice."""

import os
import shutil
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from posters._base.regular_files import open_regular
from posters.catalogue import Catalogue, Poster
from posters.config import PreprocessConfig
from posters.errors import ArraysError
from posters.store.packed_posters import pack
from posters.store.rows import GrowingRows
from tests.store.conftest import SMALL, assert_right, catalogue_of, draw

# The right pixels


def test_rows_are_decoded_posters_in_the_catalogues_order(seven, packed):
    arrays = pack(seven, packed, SMALL)
    assert_right(arrays, seven)
    assert len(arrays) == 7
    assert arrays.problems == ()
    assert (np.load(packed / "posters.npy") == arrays.posters).all(), "NumPy reads it by itself"


def test_posters_may_share_an_image(root, seven, packed):
    twice = replace(seven, posters=(*seven.posters, Poster("again", seven.posters[2].image, ("Horror",))))
    assert_right(pack(twice, packed, SMALL), twice)


def test_rows_of_ids_are_ascending_and_only_of_those_that_are_there(seven, packed):
    arrays = pack(seven, packed, SMALL)
    assert arrays.rows_of(["id-e.png", "nobody", "id-g.png"]).tolist() == [0, 6]
    assert arrays.rows_of([]).dtype == np.int64


def test_the_fingerprint_names_the_pixels(root, seven, packed, tmp_path):
    first = pack(seven, packed, SMALL).fingerprint
    assert pack(seven, tmp_path / "elsewhere", SMALL).fingerprint == first
    assert pack(seven.take([1, 0, 2, 3, 4, 5, 6]), packed, SMALL).fingerprint != first
    assert pack(seven, packed, PreprocessConfig(height=16, width=17)).fingerprint != first
    draw(root / "a.png", 99)
    assert pack(seven, packed, SMALL).fingerprint != first


# No work twice


def test_packing_again_decodes_nothing(seven, packed, decoded, messages):
    pack(seven, packed, SMALL)
    assert len(decoded) == 7
    before = (packed / "posters.npy").stat()
    assert_right(pack(seven, packed, SMALL), seven)
    after = (packed / "posters.npy").stat()
    assert len(decoded) == 7
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert messages == [f"7 posters are packed already in {packed}"]


def test_an_image_that_was_touched_but_has_the_same_bytes_is_not_decoded_again(root, seven, packed, decoded):
    pack(seven, packed, SMALL)
    os.utime(root / "a.png", ns=(1, 1))
    assert_right(pack(seven, packed, SMALL), seven)
    pack(seven, packed, SMALL)
    assert len(decoded) == 7


def test_only_an_image_whose_bytes_changed_is_decoded_again(root, seven, packed, decoded):
    pack(seven, packed, SMALL)
    draw(root / "a.png", 99, (20, 30))
    assert_right(pack(seven, packed, SMALL), seven)
    assert decoded[7:] == [(root / "a.png").read_bytes()]


@pytest.mark.parametrize(
    "changed", [replace(SMALL, width=32), replace(SMALL, aspect="pad"), replace(SMALL, resampling="lanczos")]
)
def test_a_change_of_preprocessing_decodes_everything_again(seven, packed, decoded, changed):
    pack(seven, packed, SMALL)
    assert_right(pack(seven, packed, changed), seven, changed)
    assert len(decoded) == 14


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4], [6, 5, 4, 3, 2, 1, 0], [3], [1, 6, 2]])
def test_rows_removed_or_reordered_are_not_decoded_again(seven, packed, decoded, rows):
    pack(seven, packed, SMALL)
    assert_right(pack(seven.take(rows), packed, SMALL), seven.take(rows))
    assert len(decoded) == 7


def test_only_rows_that_were_added_are_decoded(seven, packed, decoded):
    pack(seven.take([5, 1]), packed, SMALL)
    assert_right(pack(seven, packed, SMALL), seven)
    assert len(decoded) == 7


def test_other_genres_and_ids_need_no_decoding(seven, packed, decoded):
    pack(seven, packed, SMALL)
    renamed = replace(seven, posters=tuple(replace(p, id=p.id * 2, genres=()) for p in seven))
    assert_right(pack(renamed, packed, SMALL), renamed)
    assert len(decoded) == 7


# Unreadable images


def test_unreadable_images_are_left_out_counted_and_logged(root, seven, packed, messages):
    (root / "c.png").write_bytes(b"")
    (root / "f.png").write_bytes(b"")
    (root / "d.png").unlink()
    arrays = pack(seven, packed, SMALL)
    assert_right(arrays, seven.take([0, 2, 3, 6]))
    assert {(problem.kind, problem.reason, problem.count, problem.examples) for problem in arrays.problems} == {
        ("image", "the file is empty", 2, ("c.png", "f.png")),
        ("image", "the file can't be read (No such file or directory)", 1, ("d.png",)),
    }
    assert messages == [str(problem) for problem in arrays.problems]
    again = pack(seven, packed, SMALL)
    assert again.problems == arrays.problems
    assert_right(again, seven.take([0, 2, 3, 6]))


def test_an_image_that_was_fixed_is_read(root, seven, packed, decoded):
    good = (root / "c.png").read_bytes()
    (root / "c.png").write_bytes(good[:60])
    assert len(pack(seven, packed, SMALL)) == 6
    (root / "c.png").write_bytes(good)
    assert_right(pack(seven, packed, SMALL), seven)
    assert len(decoded) == 8


def test_an_image_that_could_not_be_opened_is_tried_again(root, seven, packed, monkeypatch):
    """Its size and time do not change when it may be read again, nor when the network drive is back."""

    def refused(path):
        if path.name == "c.png":
            raise PermissionError(13, "Permission denied")
        return open_regular(path)

    monkeypatch.setattr("posters.store.packed_posters.open_regular", refused)
    assert pack(seven, packed, SMALL).problems[0].reason == "the file can't be read (Permission denied)"
    monkeypatch.undo()
    assert_right(pack(seven, packed, SMALL), seven)


def test_a_catalogue_without_any_readable_image_is_refused(root, seven, packed):
    for poster in seven:
        (root / poster.image).write_bytes(b"nothing")
    for _ in range(2):
        with pytest.raises(ArraysError, match="none of the 7 posters of the catalogue can be decoded: 7 images"):
            pack(seven, packed, SMALL)


@pytest.mark.parametrize("name", ['a "b", c.png', "名前.png", " x .png", "#1.png", "line\nbreak.png", "re\rturn.png"])
def test_odd_file_names(root, packed, decoded, name):
    draw(root / name, 1)
    draw(root / "plain.png", 2)
    catalogue = catalogue_of(root, ["plain.png", name])
    for _ in range(2):
        assert_right(pack(catalogue, packed, SMALL), catalogue)
    assert len(decoded) == 2


# The machine


def test_a_disk_that_is_too_small_is_refused_before_the_work(seven, packed, monkeypatch, decoded):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=7 * 16 * 16 * 3 - 1))
    with pytest.raises(ArraysError, match=r"packing 7 posters into .* takes 0.0 GB, but only 0.0 GB are free there"):
        pack(seven, packed, SMALL)
    assert decoded == []


def test_a_disk_that_fills_up_is_an_error_of_one_line(seven, packed, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(GrowingRows, "append", full)
    with pytest.raises(ArraysError, match="No space left on device"):
        pack(seven, packed, SMALL)


def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(seven, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArraysError, match=r"posters can't be packed into .*file"):
        pack(seven, tmp_path / "file", SMALL)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_catalogue(root, tmp_path):
    """One picture under many ids, so that the test is quick; rows are what memory would go for."""
    draw(root / "a.png", 1)
    preprocess = PreprocessConfig(height=64, width=64)

    def peak(count):
        posters = tuple(Poster(str(n), "a.png", ("Drama",)) for n in range(count))
        tracemalloc.start()
        pack(Catalogue(posters, ("Drama",), root), tmp_path / str(count), preprocess, threads=1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    pixels = 1500 * 64 * 64 * 3
    assert peak(1600) - peak(100) < pixels / 5
