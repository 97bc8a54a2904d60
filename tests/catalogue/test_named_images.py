"""The images that a table names: all of them, in its order, whatever it says of genres."""

import pytest

from posters.catalogue.read import read_named_images
from posters.errors import CatalogueError, ImageError


@pytest.fixture
def shop(tmp_path):
    """A folder with `table.csv` to be written, and `images` beside it."""
    images = tmp_path / "images"
    images.mkdir()
    for name in ("a.jpg", "b.png"):
        (images / name).touch()
    return tmp_path


def named(shop, text, **options):
    (shop / "table.csv").write_text(text)
    return read_named_images(shop / "table.csv", **options)


@pytest.mark.parametrize(
    "text",
    ["id,image\n2,b.png\n1,a.jpg\n", "id,image,genres\n2,b.png,Drama\n1,a.jpg,\n", "ID;File\n2;b.png\n1;a.jpg\n"],
)
def test_genres_are_not_needed(shop, text):
    assert list(named(shop, text).items()) == [("2", shop / "images/b.png"), ("1", shop / "images/a.jpg")]


def test_images_are_looked_for_by_id_where_none_are_named(shop):
    assert named(shop, "id,title\na,Alien\n") == {"a": shop / "images/a.jpg"}


def test_a_missing_image_is_where_it_was_looked_for(shop):
    assert named(shop, "id,image\n1,c.jpg\n2,d\n") == {"1": shop / "images/c.jpg", "2": shop / "images/d.jpg"}


def test_rows_of_one_id_are_one_poster(shop):
    assert list(named(shop, "id,image,genres\n1,a.jpg,Drama\n1,a.jpg,War\n2,b.png,War\n")) == ["1", "2"]


def test_a_row_that_names_no_image_that_can_be_one_says_so(shop):
    lost, outside, whole = named(shop, "id,image\n1,\n2,../a.jpg\n3,a.jpg\n").values()
    assert isinstance(lost, ImageError)
    assert str(lost) == f"{shop / 'table.csv'}: row 2: no image is named"
    assert isinstance(outside, ImageError)
    assert "row 3: the image '../a.jpg' would leave the image folder" in str(outside)
    assert whole == shop / "images/a.jpg"


def test_the_folder_of_the_images_may_be_given(shop, tmp_path):
    (tmp_path / "scans").mkdir()
    assert named(shop, "id,image\n1,a.jpg\n", images=tmp_path / "scans") == {"1": tmp_path / "scans/a.jpg"}


def test_a_table_that_names_neither_is_refused(shop):
    with pytest.raises(CatalogueError, match="no dialect recognises it: its columns are title"):
        named(shop, "title\nAlien\n")
    with pytest.raises(CatalogueError, match="there is no dialect 'shop'"):
        named(shop, "id,image\n1,a.jpg\n", dialect="shop")
