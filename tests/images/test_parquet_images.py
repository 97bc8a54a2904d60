"""Images in a column of a Parquet file: as their own bytes, or as Hugging Face keeps them."""

import random
from concurrent.futures import ThreadPoolExecutor

import pyarrow
import pyarrow.parquet
import pytest

from posters import load_classifier, predict_parts
from posters.catalogue.read import read_catalogue, read_named_images
from posters.errors import CatalogueError, ConfigError, ImageError
from posters.images.parquet_images import parquet_address, read_from_parquet
from tests.tasks.test_predict_parts import rows_of


@pytest.fixture
def pictures(golden):
    return [path.read_bytes() for path in sorted((golden / "posters").iterdir())]


def written(path, images, kind=None, rows=2, **columns):
    """Write a table with a column of images, in small row groups."""
    table = pyarrow.table({**columns, "image": pyarrow.array(images, kind or pyarrow.binary())})
    pyarrow.parquet.write_table(table, path, row_group_size=rows)
    return path


HUGGING_FACE = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])


@pytest.mark.parametrize("kind", [pyarrow.binary(), pyarrow.large_binary(), HUGGING_FACE], ids=str)
def test_posters_in_a_table_are_predicted_like_their_files(golden, tmp_path, pictures, kind):
    images = [{"bytes": data, "path": "a.png"} for data in pictures] if kind == HUGGING_FACE else pictures
    path = written(tmp_path / "t.parquet", images, kind, id=["1", "2", "3"], genres=["Drama", "", "War"])
    classifier = load_classifier(golden / "classifier", threads=2)
    named = read_named_images(path)
    assert list(named) == ["1", "2", "3"]
    found = list(classifier.predict_many(named.values()))
    assert found == [classifier.predict(data) for data in pictures]


def test_without_ids_posters_are_called_by_their_rows(tmp_path, pictures):
    assert list(read_named_images(written(tmp_path / "t.parquet", pictures))) == ["0", "1", "2"]


def test_bad_rows_are_errors_of_their_posters(golden, tmp_path, pictures):
    images = [None, b"no picture", b"", *pictures]
    path = written(tmp_path / "t.parquet", images, id=[f"p{n}" for n in range(6)])
    classifier = load_classifier(golden / "classifier", threads=2)
    done = predict_parts(path, tmp_path / "out", classifier, form="jsonl", part_size=4)
    rows = rows_of(tmp_path / "out")
    assert (done.posters, done.unreadable) == (6, 3)
    assert ["error" in row for row in rows] == [True] * 3 + [False] * 3
    assert rows[0]["error"] == f"{parquet_address(path, 'image', 0)}: the row has no image"
    assert "not an image" in rows[1]["error"]


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_any_order_gives_the_right_rows(tmp_path, rows):
    images = [b"\xff\xd8\xff%d" % n for n in range(200)]
    path = written(tmp_path / "t.parquet", images, rows=rows)
    order = random.Random(5).sample(range(200), 200)
    addresses = [parquet_address(path, "image", row) for row in (*range(200), *order)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(read_from_parquet, addresses)) == images + [images[row] for row in order]


def test_columns_of_other_bytes_are_read_as_before(tmp_path):
    path = written(tmp_path / "t.parquet", [b"a.jpg", b"b.jpg"], id=["1", "2"])
    (tmp_path / "images").mkdir()
    assert all("parquet:" not in str(image) for image in read_named_images(path).values())


def test_another_column_is_named_by_the_option(tmp_path, pictures):
    table = pyarrow.table({"id": ["1", "2", "3"], "poster art": pyarrow.array(pictures, pyarrow.binary())})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    named = read_named_images(tmp_path / "t.parquet", columns={"image": "poster art"})
    assert [read_from_parquet(str(address)) for address in named.values()] == pictures


def test_a_catalogue_is_refused_in_one_line(tmp_path, pictures):
    path = written(tmp_path / "t.parquet", pictures, id=["1", "2", "3"], genres=["Drama"] * 3)
    with pytest.raises(CatalogueError, match=r"row 1: the table holds the image itself, which only `posters predict`"):
        read_catalogue(path, tmp_path, min_posters=1)


def test_a_file_that_changed_or_went_away_ends_the_work(tmp_path, pictures):
    path = written(tmp_path / "t.parquet", pictures)
    for column, row, why in (("image", 3, "fewer rows"), ("cover", 0, "no column cover")):
        with pytest.raises(ConfigError, match=rf"the image of row {row} can't be read \(.*{why}.*\): check the file"):
            read_from_parquet(parquet_address(path, column, row))
    with pytest.raises(ConfigError, match=r"none\.parquet: the image of row 0 can't be read"):
        read_from_parquet(parquet_address(tmp_path / "none.parquet", "image", 0))
    written(tmp_path / "empty.parquet", [None])
    with pytest.raises(ImageError, match="the row has no image"):
        read_from_parquet(parquet_address(tmp_path / "empty.parquet", "image", 0))
