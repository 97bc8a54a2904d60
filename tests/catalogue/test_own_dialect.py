"""A dialect of one's own, added through public names."""

import pytest

from posters import dialect_names, read_catalogue
from posters.catalogue import ColumnMap, TableDialect, register_dialect, unregister_dialect
from posters.errors import CatalogueError

SHELF = ColumnMap(id=("sku",), image=("cover",), genres=("shelf",))


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "heat.jpg").touch()
    (tmp_path / "t.csv").write_text("sku,cover,shelf\n7,heat.jpg,Crime|Drama\n")
    yield tmp_path / "t.csv"
    unregister_dialect("shop")


def dialect(name="shop"):
    return TableDialect(name, "our shop", "the columns sku, cover and shelf", column_map=SHELF, fits=SHELF.fits)


def test_it_is_recognised_and_can_be_named(shop):
    with pytest.raises(CatalogueError, match="no dialect recognises it"):
        read_catalogue(shop, min_posters=1)
    register_dialect(dialect())
    assert dialect_names()[0] == "shop"
    for name in (None, "shop", "Shop"):
        catalogue = read_catalogue(shop, min_posters=1, dialect=name, report=False)
        assert (catalogue.dialect, catalogue.genres) == ("shop", (("Crime", "Drama"),))


@pytest.mark.parametrize(("name", "reason"), [("plain", "already"), ("Shop", "lower-case"), ("my-shop", "letters")])
def test_a_name_that_can_not_be_used_is_refused(name, reason):
    with pytest.raises(CatalogueError, match=reason):
        register_dialect(dialect(name))
    assert dialect_names().count(name) <= 1
