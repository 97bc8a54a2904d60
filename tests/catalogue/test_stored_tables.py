"""Tables in an object store, read as the same file on a disk. `tests/tasks/test_stored_posters.py` has S3."""

import fsspec
import pytest

from posters import read_catalogue
from posters.catalogue.read import read_named_images
from posters.cli import main
from posters.errors import ConfigError

CSV = "id,image,genres\n1,1.jpg,War\n2,2.jpg,War|Drama\n"


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store with a table, which is on the disk too, beside its images."""
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "images").mkdir()
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / "images" / name).write_bytes(b"")
    (tmp_path / "posters.csv").write_text(CSV)
    store = fsspec.filesystem("memory")
    store.pipe("/tables/posters.csv", CSV.encode())
    yield store
    store.rm("/tables", recursive=True)


def test_a_table_in_a_store_is_the_catalogue_of_the_same_file_on_disk(store, tmp_path):
    here = read_catalogue(tmp_path / "posters.csv", min_posters=1, report=False)
    there = read_catalogue("memory://tables/posters.csv", tmp_path / "images", min_posters=1, report=False)
    assert (there.posters, there.genre_names, there.fingerprint()) == (
        here.posters,
        here.genre_names,
        here.fingerprint(),
    )
    named = read_named_images("memory://tables/posters.csv", tmp_path / "images")
    assert named == read_named_images(tmp_path / "posters.csv")


def test_parquet_and_compressed_tables_are_read_from_a_store_too(store, tmp_path):
    import gzip

    import pandas

    frame = pandas.read_csv(tmp_path / "posters.csv", dtype=str)
    frame.to_parquet(tmp_path / "posters.parquet")
    store.pipe("/tables/posters.parquet", (tmp_path / "posters.parquet").read_bytes())
    store.pipe("/tables/posters.csv.gz", gzip.compress(CSV.encode()))
    for name in ("posters.parquet", "posters.csv.gz"):
        found = read_catalogue(f"memory://tables/{name}", tmp_path / "images", min_posters=1, report=False)
        assert [(poster.id, poster.genres) for poster in found] == [("1", ("War",)), ("2", ("Drama", "War"))]


def test_a_table_that_changed_is_read_anew_under_the_same_path(store, tmp_path):
    first = read_catalogue("memory://tables/posters.csv", tmp_path / "images", min_posters=1, report=False)
    store.pipe("/tables/posters.csv", (CSV + "3,1.jpg,War\n").encode())
    second = read_catalogue("memory://tables/posters.csv", tmp_path / "images", min_posters=1, report=False)
    assert (len(first), len(second)) == (2, 3)
    assert first.table == second.table


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("memory://tables/none.csv", "memory://tables/none.csv: there is no such table in the store"),
        ("memory://tables", "memory://tables: this is a folder in the store: name a table's file"),
        ("nowhere://t.csv", "nowhere://t.csv: fsspec can't open it"),
    ],
)
def test_what_is_no_table_is_one_line(store, tmp_path, address, reason):
    with pytest.raises(ConfigError) as raised:
        read_catalogue(address, tmp_path / "images")
    assert str(raised.value).startswith(reason)
    assert "\n" not in str(raised.value)


def test_commands_take_an_address_where_they_take_a_table(store, tmp_path, capsys):
    words = ["memory://tables/posters.csv", "--images", str(tmp_path / "images"), "--min-posters", "1"]
    assert main(["catalogue", *words]) == 0
    assert "2 posters of 2 rows" in capsys.readouterr().err
    # A table whose images are beside it has none in the cache.
    assert main(["catalogue", words[0]]) == 2
    assert "pass --images FOLDER" in capsys.readouterr().err
