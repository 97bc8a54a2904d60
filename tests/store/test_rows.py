"""Growing rows: any writing, with any kills in between, gives the file that one writing gives."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posters.errors import ArraysError
from posters.store.rows import GrowingRows, open_rows, partial_of

DTYPES = (np.uint8, np.float32, np.uint64)


def batches(lengths, row_shape, dtype, seed=0):
    chance = np.random.default_rng(seed)
    return [chance.integers(0, 200, (length, *row_shape)).astype(dtype) for length in lengths]


def write(path, rows, keep=0):
    with GrowingRows(path, rows[0].shape[1:], rows[0].dtype.type, keep=keep) as growing:
        for batch in rows:
            growing.append(batch)
        growing.finish()


@given(
    lengths=st.lists(st.integers(0, 4), min_size=1, max_size=6),
    row_shape=st.lists(st.integers(1, 5), max_size=3).map(tuple),
    dtype=st.sampled_from(DTYPES),
    kills=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=3),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_batches_with_any_kills_give_one_concatenation(tmp_path, lengths, row_shape, dtype, kills):
    """A kill leaves the partial file with some whole rows and perhaps a piece of the next one."""
    path = tmp_path / "rows.npy"
    rows = batches(lengths, row_shape, dtype)
    together = np.concatenate(rows)
    partial_of(path).unlink(missing_ok=True)
    for appended, torn in kills:
        done = GrowingRows.count_partial(path, row_shape, dtype)
        with GrowingRows(path, row_shape, dtype, keep=done) as growing:
            growing.append(together[done:][:appended])
        os.truncate(partial_of(path), max(0, partial_of(path).stat().st_size - torn))
    done = GrowingRows.count_partial(path, row_shape, dtype)
    assert done <= len(together)
    write(path, [together[done:]], keep=done)
    found = open_rows(path)
    assert (found.dtype, found.shape) == (together.dtype, together.shape)
    assert (np.asarray(found) == together).all()
    assert (np.load(path) == together).all(), "NumPy reads it by itself"
    assert not partial_of(path).exists()


@pytest.mark.parametrize("row_shape", [(), (1280,), (4096, 4096, 3), (10**9,) * 3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_count_partial_are_counted_for_any_shape_of_row(tmp_path, row_shape, dtype):
    path = tmp_path / "rows.npy"
    assert GrowingRows.count_partial(path, row_shape, dtype) == 0
    with GrowingRows(path, row_shape, dtype):
        assert GrowingRows.count_partial(path, row_shape, dtype) == 0
        header = partial_of(path).stat().st_size or 128
        row_bytes = int(np.prod(row_shape, dtype=object)) * np.dtype(dtype).itemsize
        if row_bytes < 10**9:
            os.truncate(partial_of(path), header + 3 * row_bytes + row_bytes // 2)
            assert GrowingRows.count_partial(path, row_shape, dtype) == 3


def test_the_finished_file_is_not_touched_before_the_new_one_is_complete(tmp_path):
    path = tmp_path / "rows.npy"
    old, new = batches([3, 5], (4,), np.uint8)
    write(path, [old])
    with GrowingRows(path, (4,), np.uint8) as growing:
        growing.append(new)
        assert (open_rows(path) == old).all()
        growing.finish()
    assert (open_rows(path) == new).all()


def test_open_rows_are_read_only(tmp_path):
    write(tmp_path / "rows.npy", batches([3], (4,), np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        open_rows(tmp_path / "rows.npy")[0] = 1


@pytest.mark.parametrize("rows", [np.zeros((2, 5), np.uint8), np.zeros((2, 4), np.int8), np.zeros(4, np.uint8)])
def test_rows_of_another_shape_or_type_are_refused(tmp_path, rows):
    with GrowingRows(tmp_path / "rows.npy", (4,), np.uint8) as growing, pytest.raises(ValueError, match="rows must be"):
        growing.append(rows)


@pytest.mark.parametrize("left", [None, 0, 50, 128 + 7])
def test_keeping_more_rows_than_there_are_is_refused(tmp_path, left):
    path = tmp_path / "rows.npy"
    if left is not None:
        partial_of(path).write_bytes(bytes(left))
    with pytest.raises(ArraysError, match="fewer than 2 rows"):
        GrowingRows(path, (4,), np.uint8, keep=2)


@pytest.mark.parametrize(
    "content",
    [b"", b"not npy", b"PK\x03\x04", b"\x93NUMPY\x01\0v\0{'descr'", b"\x93NUMPY\x01\0\x0a\0{'descr': (", b"\x80\x04N."],
)
def test_a_file_that_holds_no_rows_is_refused(tmp_path, content):
    path = tmp_path / "rows.npy"
    path.write_bytes(content)
    with pytest.raises(ArraysError, match="remove it, and it will be made again"):
        open_rows(path)


def test_a_file_that_is_missing_or_cut_short_or_an_archive_is_refused(tmp_path):
    with pytest.raises(ArraysError, match="can't be read"):
        open_rows(tmp_path / "none.npy")
    path = tmp_path / "rows.npy"
    write(path, batches([3], (4,), np.uint8))
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(ArraysError, match="can't be read"):
        open_rows(path)
    np.savez(tmp_path / "archive.npz", np.zeros(3))
    with pytest.raises(ArraysError, match="can't be read"):
        open_rows(tmp_path / "archive.npz")


def test_rows_one_by_one_give_the_bytes_of_rows_at_once(tmp_path):
    rows = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    for name, batch in (("one", list(rows)), ("all", rows)):
        with GrowingRows(tmp_path / name, (2, 3), np.uint8) as growing:
            growing.append(batch)
            growing.append(batch[:0])
            growing.finish()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "all").read_bytes()
    with GrowingRows(tmp_path / "other", (2, 3), np.uint8) as growing, pytest.raises(ValueError, match="rows must be"):
        growing.append([rows[0].T])
