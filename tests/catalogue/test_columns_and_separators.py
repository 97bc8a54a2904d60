"""Columns that the caller names, separators, and other usual names of columns."""

import pytest

from posters.catalogue import Poster, read_catalogue
from posters.catalogue.read import read_named_images
from posters.errors import CatalogueError


def test_named_columns_are_read(desk):
    desk.images("a.jpg", "b.jpg")
    desk.table("t.csv", "Cover Art,Shelf,genres,When\na.jpg,Drama|War,x,1995\nb.jpg,Drama,y,1996\n")
    columns = {"image": "cover_art", "genres": "Shelf", "year": "when"}
    catalogue = desk.read("t.csv", columns=columns)
    assert catalogue.posters == (
        Poster("a", "a.jpg", ("Drama", "War"), year=1995),
        Poster("b", "b.jpg", ("Drama",), year=1996),
    )


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"picture": "image"}, ["'picture'", "id, image, genres"]),
        ({"image": "cover"}, ["no column is called 'cover'", "id, image, genres, Genres"]),
        ({"genres": "genres"}, ["2 columns are called 'genres'"]),
    ],
)
def test_columns_that_can_not_be_named_are_refused(desk, columns, words):
    desk.images("a.jpg")
    desk.table("t.csv", "id,image,genres,Genres\n1,a.jpg,War,War\n")
    message = desk.refusal("t.csv", columns=columns)
    assert all(word in message for word in words)


def test_a_folder_has_no_columns(desk):
    desk.images("1.jpeg", folder="mm")
    desk.table("mm/1.json", '{"genres": ["War"]}')
    assert "a folder has no columns" in desk.refusal("mm", columns={"genres": "tags"})


def test_images_of_a_table_are_found_by_a_named_column(desk):
    desk.images("a.jpg")
    table = desk.table("t.csv", "cover,key\na.jpg,7\n")
    found = read_named_images(table, columns={"id": "key", "image": "cover"})
    assert found == {"7": desk.folder / "images" / "a.jpg"}


@pytest.mark.parametrize("separator", [" & ", "&", " + ", " / ", " and ", "::"])
def test_a_separator_splits_cells_that_are_no_lists(desk, separator):
    desk.images("a.jpg", "b.jpg", "c.jpg")
    desk.table("t.csv", f"image,genres\na.jpg,Drama{separator}Film-Noir\nb.jpg,\"['War', 'Drama']\"\nc.jpg,War\n")
    catalogue = desk.read("t.csv", separator=separator)
    assert catalogue.genres == (("Drama", "Film-Noir"), ("Drama", "War"), ("War",))
    assert not [problem for problem in catalogue.problems if problem.cause == "joined genres"]


@pytest.mark.parametrize(
    "header",
    [
        "Poster_Link,Series_Title,Released_Year,Genre",
        "poster_url,primaryTitle,startYear,genres",
        "image_name,title,year,tags",
        "thumbnail,name,release_date,labels",
        "image_id,movie_title,release_year,label",
    ],
)
def test_usual_names_of_columns(desk, header):
    desk.images("heat.jpg")
    desk.table("t.csv", f'{header}\nhttps://host/x/heat.jpg,Heat,1995,"Crime, Drama"\n')
    (poster,) = desk.read("t.csv").posters
    assert (poster.image, poster.title, poster.year, poster.genres) == ("heat.jpg", "Heat", 1995, ("Crime", "Drama"))


@pytest.mark.parametrize(
    ("column", "words", "splits"),
    [
        ("set", ("train", "valid", "test"), ("train", "validation", "test")),
        ("subset", ("training", "dev", "testing"), ("train", "validation", "test")),
        ("is_valid", ("False", "True", "0"), ("train", "validation", "train")),
        ("is_valid", ("0.0", "1.0", "1"), ("train", "validation", "validation")),
    ],
)
def test_usual_names_of_the_split(desk, column, words, splits):
    desk.images("a.jpg", "b.jpg", "c.jpg")
    rows = "".join(f"{name}.jpg,Drama,{word}\n" for name, word in zip("abc", words, strict=True))
    desk.table("t.csv", f"image,genres,{column}\n{rows}")
    assert tuple(poster.split for poster in desk.read("t.csv")) == splits


def test_numbers_of_tmdb_are_its_genres(desk):
    desk.images("a.jpg", "b.jpg")
    desk.table("t.json", '[{"id": 1, "poster_path": "/a.jpg", "genre_ids": [18, 878]}, '
                         '{"id": 2, "poster_path": "/b.jpg", "genre_ids": [18, 4711]}]')  # fmt: skip
    catalogue = desk.read("t.json")
    assert catalogue.genres == (("Drama", "Sci-Fi"), ("Drama",))
    assert any("4711" in str(problem) for problem in catalogue.problems)


def test_a_separator_that_is_nothing_is_refused(desk):
    desk.images("a.jpg")
    table = desk.table("t.csv", "image,genres\na.jpg,War\n")
    with pytest.raises(CatalogueError, match="separator"):
        read_catalogue(table, separator="")
