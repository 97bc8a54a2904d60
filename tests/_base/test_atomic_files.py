"""Whole files or none."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from posters._base.atomic_files import (
    digest_path,
    fingerprint,
    is_intact,
    replacing,
    replacing_directory,
    sha256_of,
    vouch_for,
    write_json,
    write_text,
)


class OddError(Exception):
    """Raised by these tests inside a block."""


def write_half_and_raise(path, error):
    path.write_text("half of the n")
    raise error


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_threads_may_replace_one_file_at_once(tmp_path):
    path, both = tmp_path / "file.txt", Barrier(2)

    def write(text: str) -> None:
        with replacing(path) as temporary:
            temporary.write_text(text)
            both.wait(timeout=30)  # Now both have their own, or one of them has the other's.

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ("one", "other")))
    assert path.read_text() in ("one", "other")
    assert names_in(tmp_path) == ["file.txt"]


def test_threads_that_fill_one_directory_at_once_fill_one_each(tmp_path):
    path, both = tmp_path / "run", Barrier(2)

    def write(text: str) -> list[str]:
        with replacing_directory(path) as temporary:
            both.wait(timeout=30)
            (temporary / text).write_text(text)
            both.wait(timeout=30)
            return names_in(temporary)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(write, "one")
        second = pool.submit(write, "other")
        assert (first.result(), second.result()) == (["one"], ["other"])
    assert names_in(path) in (["one"], ["other"])
    assert names_in(tmp_path) == ["run"]


def test_replacing_puts_the_new_file_in_place_only_when_the_block_has_ended(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_text(path, "old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.suffix == ".txt", "some libraries choose the format by the suffix"
    assert path.read_text() == "new"
    assert names_in(path.parent) == ["file.txt"]


@pytest.mark.parametrize("error", [OddError, KeyboardInterrupt])
def test_replacing_leaves_the_old_file_when_the_block_raises(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as temporary:
        write_half_and_raise(temporary, error)
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["file.txt"]


def test_replacing_makes_no_file_when_the_block_raises(tmp_path):
    with pytest.raises(OddError), replacing(tmp_path / "file.txt"):
        raise OddError
    assert names_in(tmp_path) == []


def test_replacing_writes_through_a_link(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert (target.read_text(), link.is_symlink()) == ("new", True)


def fill(folder, text):
    (folder / "inner").mkdir(parents=True, exist_ok=True)
    (folder / "inner" / "file.txt").write_text(text)


def content(folder):
    return (folder / "inner" / "file.txt").read_text()


def test_replacing_directory_replaces_the_whole_directory(tmp_path):
    path = tmp_path / "folder"
    fill(path, "old")
    (path / "only in the old one").touch()
    with replacing_directory(path) as temporary:
        fill(temporary, "new")
        assert content(path) == "old"
    assert content(path) == "new"
    assert (names_in(path), names_in(tmp_path)) == (["inner"], ["folder"])


@pytest.mark.parametrize("error", [OddError, KeyboardInterrupt])
def test_replacing_directory_leaves_the_old_one_when_the_block_raises(tmp_path, error):
    path = tmp_path / "folder"
    fill(path, "old")
    with pytest.raises(error), replacing_directory(path) as temporary:
        write_half_and_raise(temporary / "file.txt", error)
    assert content(path) == "old"
    assert names_in(tmp_path) == ["folder"]


def test_replacing_directory_puts_the_old_one_back_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    path = tmp_path / "folder"
    fill(path, "old")
    rename = os.replace

    def fail_for_the_new_one(source, target):
        if str(source).endswith(".partial"):
            raise OSError("no")
        rename(source, target)

    monkeypatch.setattr(os, "replace", fail_for_the_new_one)
    with pytest.raises(OSError, match="no"), replacing_directory(path) as temporary:
        fill(temporary, "new")
    assert content(path) == "old"
    assert names_in(tmp_path) == ["folder"]


def test_replacing_directory_refuses_to_replace_a_file(tmp_path):
    path = tmp_path / "precious.txt"
    path.write_text("old")
    with pytest.raises(NotADirectoryError), replacing_directory(path):
        pytest.fail("refused before the work is done")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["precious.txt"]


def test_replacing_directory_follows_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    fill(target, "old")
    link.symlink_to(target)
    with replacing_directory(link) as temporary:
        fill(temporary, "new")
    assert (content(target), link.is_symlink(), names_in(tmp_path)) == ("new", True, ["link", "target"])


@pytest.mark.parametrize("value", [float("nan"), {"a": [float("inf")]}])
def test_write_json_refuses_nan_and_infinity(tmp_path, value):
    path = tmp_path / "file.json"
    write_json(path, {"good": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, value)
    assert json.loads(path.read_text()) == {"good": 1}
    assert names_in(tmp_path) == ["file.json"]


def test_write_json_keeps_every_letter(tmp_path):
    value = {"Жанр": ["Comédie", "恋愛"], "n": None, "share": 0.1}
    write_json(tmp_path / "file.json", value)
    text = (tmp_path / "file.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert "恋愛" in text
    assert text.endswith("}\n")


def test_sha256_of_a_known_file(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_what_was_vouched_for_is_intact_until_either_file_changes(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(b"abc")
    assert not is_intact(path)
    vouch_for(path)
    assert is_intact(path)
    path.write_bytes(b"abd")
    assert not is_intact(path)
    path.write_bytes(b"abc")
    for damage in (b"", b"\xff\xfe", b"0" * 64):
        digest_path(path).write_bytes(damage)
        assert not is_intact(path)


def test_fingerprint_is_the_same_for_equal_data_in_any_order_of_keys():
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": (1, 2), "a": 1})
    assert fingerprint({"a": {"x": 1, "y": 2}}) == fingerprint({"a": {"y": 2, "x": 1}})


def test_fingerprint_tells_different_data_apart():
    values = [1, "1", 1.5, None, True, [], {}, [1, 2], [2, 1], [[1], 2], [1, [2]], {"a": 1}, {"a": "1"}, "é"]
    assert len({fingerprint(value) for value in values}) == len(values)


def test_fingerprint_refuses_a_set_whose_order_is_chance():
    with pytest.raises(TypeError):
        fingerprint({"Drama", "Comedy"})


def test_fingerprint_is_the_same_in_another_process():
    command = "from posters._base.atomic_files import fingerprint; print(fingerprint({'b': 'é', 'a': [1, 0.5]}))"
    printed = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == fingerprint({"a": [1, 0.5], "b": "é"})
    assert len(printed.strip()) == 16
