"""Arrays, and archives of them, that claim more than they hold."""

import io
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posters._base.npz import open_npz, read_npy
from posters.errors import ScoresError
from posters.scores import Scores, read_scores, write_scores


def archive(path, content, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("a.npy", content)


def claiming(shape):
    """An array of three bytes whose header claims another shape."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return file.getvalue() + b"abc"


def test_what_savez_writes_is_read(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.arange(6.0).reshape(2, 3), empty=np.zeros((0, 4)), one=np.array(7))
    with open_npz(tmp_path / "a.npz") as arrays:
        assert {name: arrays[name].shape for name in arrays.files} == {"a": (2, 3), "empty": (0, 4), "one": ()}


@pytest.mark.parametrize("shape", [(10**12,), (10**6, 10**6), (2,), (4,), (0,), (-3,), ()])
def test_a_header_that_claims_another_size_is_refused(tmp_path, shape):
    archive(tmp_path / "a.npz", claiming(shape))
    with pytest.raises(ValueError, match="has other data than its header claims"), open_npz(tmp_path / "a.npz"):
        pytest.fail("it was opened")


def test_a_bomb_is_refused_before_it_goes_off(tmp_path, monkeypatch):
    bomb = io.BytesIO()
    np.save(bomb, np.zeros(50_000_000, np.uint8))
    archive(tmp_path / "a.npz", bomb.getvalue(), zipfile.ZIP_DEFLATED)
    assert (tmp_path / "a.npz").stat().st_size < 100_000
    monkeypatch.setattr("posters._base.npz._HARMLESS", 10**7)
    with pytest.raises(ValueError, match="it unpacks to 50,000,128 bytes, from"), open_npz(tmp_path / "a.npz"):
        pytest.fail("it was opened")


# They end in the middle of a line, nest too deeply, or hold types of no kind: Python's parser has errors of its own.
HEADERS = (
    b"{'descr': '<f8', 'shape': (",
    b"(" * 500,
    b"{'descr': [('a',)], 'fortran_order': False, 'shape': (1,), }",
    b"7",
)


@pytest.mark.parametrize("header", HEADERS)
def test_an_array_with_a_damaged_header_is_a_value_error_alone_and_in_an_archive(tmp_path, header):
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"abc"
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_npy(tmp_path / "a.npy")
    archive(tmp_path / "a.npz", content)
    with pytest.raises(ValueError, match=r"."), open_npz(tmp_path / "a.npz"):
        pytest.fail("it was opened")


@pytest.mark.parametrize("odd", [b"'\\d': 1, ", b"", b"'shape': (1L,), "])
def test_no_warning_of_a_parser_is_shown(tmp_path, odd, recwarn):
    header = b"{'descr': '|u1', 'fortran_order': False, " + odd + b"'shape': (3L,), }"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"abc")
    with suppress(ValueError):
        assert read_npy(tmp_path / "a.npy").tolist() == [97, 98, 99]
    assert not recwarn.list


@pytest.mark.parametrize("shape", [(10**12,), (2,), (4,), (-3,), ()])
def test_an_array_that_claims_another_size_is_refused_before_it_is_made(tmp_path, shape):
    (tmp_path / "a.npy").write_bytes(claiming(shape))
    with pytest.raises(ValueError, match="has other data than its header claims"):
        read_npy(tmp_path / "a.npy")


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_scores_that_were_damaged_are_read_as_they_were_or_refused(tmp_path, data):
    path = tmp_path / "scores.npz"
    write_scores(Scores(("a", "b"), ("War",), np.array([[0.7], [0.2]]), np.array([[1], [0]])), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    with suppress(ScoresError):
        assert read_scores(path).y_score.shape == (2, 1)
