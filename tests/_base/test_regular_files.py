"""Files that strangers made: what would wait for ever or never end is refused at once."""

import os
import socket

import pytest

from posters._base.regular_files import is_inside, open_regular


def test_regular_files_and_links_to_them_are_opened(tmp_path):
    (tmp_path / "a").write_bytes(b"pixels")
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"pixels"


def test_everything_else_is_refused_without_waiting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for name in ("pipe", "device", "socket", "loop", "none", "."):
            with pytest.raises(OSError, match=f"'{name}'"):
                open_regular(name)


def test_a_path_is_followed_to_its_end_before_it_counts_as_inside(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "up").symlink_to("..")
    assert is_inside(tmp_path / "shop" / "up" / "shop" / "a", tmp_path / "shop")
    assert not is_inside(tmp_path / "shop" / "up" / "shopping", tmp_path / "shop")
    assert is_inside(tmp_path / "shop" / "up" / "x", tmp_path / "shop", tmp_path)
