"""Several tables as one catalogue: what one of them does not use is unknown there, and equal ids are not enough."""

import pandas as pd
import pytest

from posters import read_catalogue
from posters.catalogue.catalogue import store_catalogue, stored_catalogue
from posters.cli import main
from posters.errors import CatalogueError

IMDB = "image,genres\na.jpg,Drama|War\nb.jpg,Drama\nc.jpg,War\n"
TMDB = "image,genres\nd.jpg,Drama|TV Movie\ne.jpg,TV Movie|Kids\n"


@pytest.fixture
def shop(desk):
    """Images of different bytes in the folder that both tables use."""
    for name in "abcde":
        desk.table(f"images/{name}.jpg", name)
    desk.table("first.csv", IMDB)
    desk.table("second.csv", TMDB)
    return desk


def together(desk, *tables, **options):
    return read_catalogue([desk.folder / table for table in tables], **{"min_posters": 1, "report": False, **options})


def labels(catalogue):
    return {poster.id: (poster.genres, poster.unknown) for poster in catalogue}


def test_a_genre_that_a_table_does_not_use_is_unknown_for_its_posters(shop):
    catalogue = together(shop, "first.csv", "second.csv")
    assert catalogue.genre_names == ("Drama", "Kids", "TV Movie", "War")
    assert labels(catalogue) == {
        "a": (("Drama", "War"), ("Kids", "TV Movie")),
        "b": (("Drama",), ("Kids", "TV Movie")),
        "c": (("War",), ("Kids", "TV Movie")),
        "d": (("Drama", "TV Movie"), ("War",)),
        "e": (("Kids", "TV Movie"), ("War",)),
    }
    assert catalogue.known_counts() == {"Drama": 5, "Kids": 2, "TV Movie": 2, "War": 3}


def test_the_union_is_reported(shop, messages):
    together(shop, "first.csv", "second.csv", report=True)
    lines = [line.strip() for line in messages[0].splitlines()]
    first, second = (str(shop.folder / name) for name in ("first.csv", "second.csv"))
    assert lines[0].startswith(f"{first} + {second} (plain): 5 posters of 5 rows, 4 genres, 8 of 20 labels unknown")
    assert f"{first} (plain): 3 posters of 3 rows, 2 genres; unknown there: Kids, TV Movie" in lines
    assert f"{second} (plain): 2 posters of 2 rows, 3 genres; unknown there: War" in lines


def test_genres_of_all_tables_go_by_one_name(shop):
    shop.table("first.csv", "image,genres\na.jpg,Science Fiction\n")
    shop.table("second.csv", "image,genres\nb.jpg,sci-fi|War\n")
    assert labels(together(shop, "first.csv", "second.csv")) == {
        "a": (("Sci-Fi",), ("War",)),
        "b": (("Sci-Fi", "War"), ()),
    }


def test_posters_are_counted_over_all_tables(shop):
    assert together(shop, "first.csv", "second.csv", min_posters=3).genre_names == ("Drama",)


def test_the_same_file_under_one_id_is_one_poster_of_which_both_tables_tell(shop, messages):
    shop.table("second.csv", "image,genres,title\na.jpg,Drama|Kids,Heat\ne.jpg,Kids,\n")
    catalogue = together(shop, "first.csv", "second.csv", report=True)
    assert labels(catalogue)["a"] == (("Drama", "Kids", "War"), ())
    assert catalogue.posters[0].title == "Heat"
    assert "1 row: an earlier table has the same poster, united (a in second, row 2)" in messages[0]


def test_tables_that_differ_in_a_genre_that_both_use_are_united_and_reported(shop):
    shop.table("second.csv", "image,genres\na.jpg,Drama|Kids\ne.jpg,War\n")
    catalogue = together(shop, "first.csv", "second.csv")
    assert labels(catalogue)["a"] == (("Drama", "Kids", "War"), ())
    reasons = [problem.reason for problem in catalogue.problems]
    assert "an earlier table has the same poster with other genres, united" in reasons


@pytest.mark.parametrize("same_bytes", [True, False])
def test_images_beside_each_table_unite_if_they_have_the_same_bytes(desk, same_bytes):
    for place, genre in (("one", "Drama"), ("two", "War")):
        desk.table(f"{place}/posters.csv", f"image,genres\n7.jpg,{genre}\n{place}.jpg,{genre}\n")
        desk.table(f"{place}/images/7.jpg", "same" if same_bytes else place)
        desk.table(f"{place}/images/{place}.jpg", place)
    catalogue = together(desk, "one/posters.csv", "two/posters.csv")
    assert all(catalogue.image_path(poster).is_file() for poster in catalogue)
    found = labels(catalogue)
    if same_bytes:
        assert found["7"] == (("Drama", "War"), ())
        assert len(catalogue) == 3
    else:
        other = f"{desk.folder / 'two' / 'posters.csv'}/7"
        assert (found["7"], found[other]) == ((("Drama",), ("War",)), (("War",), ("Drama",)))
        # Perhaps two posters of one film.
        assert {poster.group for poster in catalogue if poster.id.endswith("7")} == {"7"}
        assert any("another picture under the same id" in problem.reason for problem in catalogue.problems)


def test_an_unknown_genre_of_one_table_is_known_by_the_other_if_it_lists_it(shop):
    shop.table("first.csv", "image,genres,unknown\na.jpg,Drama,War\nb.jpg,War,\n")
    shop.table("second.csv", "image,genres\na.jpg,War\nd.jpg,Drama\n")
    assert labels(together(shop, "first.csv", "second.csv"))["a"] == (("Drama", "War"), ())


def test_a_poster_without_genres_stays_left_out(shop):
    shop.table("second.csv", "image,genres\nd.jpg,\ne.jpg,Kids\n")
    catalogue = together(shop, "first.csv", "second.csv")
    assert "d" not in catalogue.ids
    assert any(str(problem) == "1 row: no genre is named (d in second, row 2)" for problem in catalogue.problems)


def test_frames_and_files_may_be_mixed(shop):
    frame = pd.DataFrame({"image": ["d.jpg"], "genres": ["Kids"]})
    catalogue = read_catalogue([shop.folder / "first.csv", frame], shop.folder / "images", min_posters=1, report=False)
    assert labels(catalogue)["d"] == (("Kids",), ("Drama", "War"))


def test_one_table_in_a_list_is_that_table(shop):
    assert together(shop, "first.csv").posters == shop.read("first.csv").posters
    assert together(shop, "first.csv").table == shop.folder / "first.csv"


def test_what_can_not_be_united_is_refused(shop):
    with pytest.raises(CatalogueError, match=r"first.csv is named twice: name each table once"):
        together(shop, "first.csv", "first.csv")
    with pytest.raises(CatalogueError, match="the list of tables is empty"):
        read_catalogue([])
    shop.table("first.csv", "image,genres,split\na.jpg,War,train\n")
    shop.table("second.csv", "image,genres,split\na.jpg,War,test\n")
    with pytest.raises(CatalogueError, match="first, row 2 and second, row 2 are the same poster 'a', but split"):
        together(shop, "first.csv", "second.csv")


def test_corrections_are_of_the_united_posters(shop):
    corrections = shop.table("c.csv", "id,genre,change,accept\nd,War,add,yes\ne,War,remove,yes\n")
    found = labels(together(shop, "first.csv", "second.csv", corrections=corrections))
    assert found["d"] == (("Drama", "TV Movie", "War"), ())
    assert found["e"] == (("Kids", "TV Movie"), ())


def test_commands_take_several_tables(shop, capsys):
    tables = [str(shop.folder / name) for name in ("first.csv", "second.csv")]
    assert main(["catalogue", *tables, "--min-posters", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Drama             3 of 5 known",
        "Kids              1 of 2 known",
        "TV Movie          2 of 2 known",
        "War               2 of 3 known",
    ]


def test_a_poster_knows_its_tables(shop):
    shop.table("second.csv", TMDB + "a.jpg,TV Movie\n")
    catalogue = together(shop, "first.csv", "second.csv")
    assert {poster.id: poster.tables for poster in catalogue} == {
        "a": ("first", "second"),
        "b": ("first",),
        "c": ("first",),
        "d": ("second",),
        "e": ("second",),
    }
    assert catalogue.ids_of_tables(["second"]) == {"a", "d", "e"}
    of_second = catalogue.weights({"second": 0.25})
    assert {id for id, weight in zip(catalogue.ids, of_second, strict=True) if weight == 0.25} == (
        catalogue.ids_of_tables(["second"]) - catalogue.ids_of_tables(["first"])
    )
    assert set(of_second) == {0.25, 1.0}
    assert catalogue.weights({}) is None
    assert catalogue.ids_of_tables([]) == catalogue.ids_of_tables(["first", "second"]) == set(catalogue.ids)


def test_tables_of_one_name_are_told_apart_by_the_ends_of_their_paths(shop):
    for folder, text in (("imdb", "image,genres\na.jpg,War\n"), ("tmdb", "image,genres\nb.jpg,War\n")):
        shop.table(f"{folder}/posters.csv", text)
    catalogue = together(shop, "imdb/posters.csv", "tmdb/posters.csv", images=shop.folder / "images")
    assert catalogue.ids_of_tables(["tmdb/posters.csv"]) == {"b"}
    with pytest.raises(CatalogueError, match=r"'posters.csv' names 2 of the catalogue's tables: the tables are .*imdb"):
        catalogue.ids_of_tables(["posters.csv"])
    with pytest.raises(CatalogueError, match="'third' names none of the catalogue's tables"):
        catalogue.weights({"third": 0.5})
    with pytest.raises(CatalogueError, match="'tmdb' names none of the catalogue's tables: only one table was read"):
        read_catalogue(shop.folder / "first.csv", min_posters=1, report=False).ids_of_tables(["tmdb"])


def test_a_stored_catalogue_knows_them_too(shop, tmp_path):
    catalogue = together(shop, "first.csv", "second.csv")
    store_catalogue(catalogue, tmp_path / "catalogue.jsonl")
    assert stored_catalogue(tmp_path / "catalogue.jsonl").posters == catalogue.posters
