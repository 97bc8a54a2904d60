"""Where the cache is."""

from dataclasses import replace
from pathlib import Path

from posters.store.cache import arrays_directory, default_cache
from tests.store.conftest import SMALL


def test_the_cache_is_the_users_unless_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "own"))
    assert default_cache() == tmp_path / "own"
    monkeypatch.delenv("POSTERS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "posters"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache" / "posters"


def test_each_table_image_folder_and_preprocessing_has_its_own_folder(seven, tmp_path):
    folders = {
        arrays_directory(tmp_path, catalogue, preprocess)
        for catalogue in (seven, replace(seven, table=tmp_path / "t.csv"), replace(seven, image_root=tmp_path))
        for preprocess in (SMALL, replace(SMALL, aspect="crop"))
    }
    assert len(folders) == 6
    assert arrays_directory(tmp_path, seven.take([0]), SMALL) in folders, "rows may change"
