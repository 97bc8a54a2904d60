"""Shapes of tables and folders: one for each split, one for each genre, a row for each genre, posters of one film."""

import json

import pytest

from posters.catalogue import Poster
from posters.errors import CatalogueError


def splits(catalogue):
    return {poster.id: (poster.genres, poster.split) for poster in catalogue}


class TestMetadataWithMarks:
    @pytest.mark.parametrize("name", ["metadata.csv", "_classes.csv"])
    def test_in_the_folder_itself(self, desk, name):
        desk.images("a.jpg", "b.jpg", folder="ds")
        key = "file_name" if name == "metadata.csv" else "filename"
        desk.table(f"ds/{name}", f"{key}, Drama, War\na.jpg, 1, 0\nb.jpg, 1, 1\n")
        catalogue = desk.read("ds")
        assert catalogue.genres == (("Drama",), ("Drama", "War"))
        assert catalogue.problems == ()

    def test_roboflow(self, desk):
        for split, image, marks in (("train", "a", "1, 1"), ("valid", "b", "1, 0"), ("test", "a", "0, 1")):
            desk.images(f"{image}.jpg", folder=f"ds/{split}")
            desk.table(f"ds/{split}/_classes.csv", f"filename, Action, Drama\n{image}.jpg, {marks}\n")
        assert splits(desk.read("ds")) == {
            "train/a": (("Action", "Drama"), "train"),
            "valid/b": (("Action",), "validation"),
            "test/a": (("Drama",), "test"),
        }

    def test_a_list_of_lines_with_marks(self, desk):
        desk.images("a.jpg", folder="ds")
        desk.table("ds/metadata.jsonl", '{"file_name": "a.jpg", "Drama": true, "War": false, "dress": true}')
        assert desk.read("ds").genres == (("Drama", "dress"),)


@pytest.mark.parametrize("key", ["path", "file_name", "src", "url"])
def test_an_image_that_is_an_object_is_its_path(desk, key):
    desk.images("a.jpg", "b.jpg")
    desk.table("t.jsonl", json.dumps({"image": {"bytes": None, key: "a.jpg"}, "labels": ["War"]}))
    assert [poster.image for poster in desk.read("t.jsonl")] == ["a.jpg"]


def test_an_image_that_is_an_object_without_a_path_is_refused(desk):
    desk.images("a.jpg")
    desk.table("t.jsonl", '{"image": {"bytes": "a.jpg"}, "labels": ["War"]}')
    with pytest.raises(CatalogueError, match="row 1: the image must be text"):
        desk.read("t.jsonl")


def test_a_column_may_hold_one_or_more(desk):
    desk.images("a.jpg")
    desk.table("t.csv", "Poster,Genre(s)\na.jpg,Drama|War\n")
    assert desk.read("t.csv").genres == (("Drama", "War"),)


class TestSplitFiles:
    @pytest.mark.parametrize("validation", ["val", "valid", "validation", "dev"])
    def test_a_table_for_each_split(self, desk, validation):
        desk.images("a.jpg", "b.jpg", "c.jpg")
        desk.table("train.csv", "image,genres\na.jpg,Drama|War\n")
        desk.table(f"{validation}.csv", "image,Drama,War\nb.jpg,1,0\n")
        desk.table("test.jsonl", '{"id": "c", "genres": ["War"]}')
        catalogue = desk.read(".")
        assert catalogue.dialect == "splitfiles"
        assert splits(catalogue) == {
            "a": (("Drama", "War"), "train"),
            "b": (("Drama",), "validation"),
            "c": (("War",), "test"),
        }

    def test_images_may_be_beside_the_tables(self, desk):
        desk.images("a.jpg", "b.jpg", folder="set")
        desk.table("set/train.csv", "image,genres\na.jpg,Drama\n")
        desk.table("set/test.csv", "image,genres\nb.jpg,Drama\n")
        assert desk.read("set").image_root == desk.folder / "set"

    def test_a_row_is_named_with_its_file(self, desk):
        desk.images("a.jpg")
        desk.table("train.csv", "image,genres\na.jpg,Drama\n")
        desk.table("test.csv", "image,genres\na.jpg,Drama\n")
        message = desk.refusal(".")
        assert "train.csv row 2" in message
        assert "test.csv row 2" in message

    def test_a_file_that_is_no_table_is_named(self, desk):
        desk.images("a.jpg")
        desk.table("train.csv", "image,genres\na.jpg,Drama\n")
        desk.table("test.csv", "one,two\n1,2\n")
        message = desk.refusal(".")
        assert "test.csv" in message
        assert "one, two" in message


class TestGenreFolders:
    def put(self, desk, path, data=b"x"):
        desk.table(f"films/{path}", data)

    def test_copies_are_one_poster_and_namesakes_are_two(self, desk):
        self.put(desk, "Drama/heat.jpg")
        self.put(desk, "Crime/heat.jpg")
        self.put(desk, "Drama/1.jpg", b"one")
        self.put(desk, "Horror/1.jpg", b"another")
        self.put(desk, "Drama/.DS_Store")
        self.put(desk, "Drama/._heat.jpg")
        self.put(desk, "Horror/Thumbs.db")
        catalogue = desk.read("films")
        assert (catalogue.dialect, catalogue.problems) == ("folders", ())
        assert catalogue.posters == (
            Poster("heat", "Crime/heat.jpg", ("Crime", "Drama")),
            Poster("Drama/1", "Drama/1.jpg", ("Drama",)),
            Poster("Horror/1", "Horror/1.jpg", ("Horror",)),
        )

    def test_below_a_folder_for_each_split(self, desk):
        for path in ("train/Drama/a.jpg", "train/War/a.jpg", "valid/Drama/b.png", "test/War/c.webp"):
            self.put(desk, path)
        assert splits(desk.read("films")) == {
            "a": (("Drama", "War"), "train"),
            "b": (("Drama",), "validation"),
            "c": (("War",), "test"),
        }

    def test_genres_go_by_their_names(self, desk):
        self.put(desk, "science fiction/a.jpg")
        self.put(desk, "drama/b.jpg")
        assert desk.read("films").genre_names == ("Drama", "Sci-Fi")

    @pytest.mark.parametrize(
        "paths", [["images/a.jpg", "posters/b.jpg"], ["Drama/a.jpg"], ["Drama/a.txt", "War/b.txt"]]
    )
    def test_other_folders_are_not_taken_for_genres(self, desk, paths):
        for path in paths:
            self.put(desk, path)
        assert "no dialect recognises it" in desk.refusal("films")

    def test_a_folder_with_a_table_is_not_one_of_genres(self, desk):
        self.put(desk, "Drama/a.jpg")
        self.put(desk, "War/a.jpg")
        self.put(desk, "films.csv", b"image,genres\n")
        assert "no dialect recognises it" in desk.refusal("films")


def test_the_root_of_mmimdb(desk):
    for id, genre in (("0000001", "Drama"), ("0000002", "War")):
        desk.images(f"{id}.jpeg", folder="mmimdb/dataset")
        desk.table(f"mmimdb/dataset/{id}.json", json.dumps({"genres": [genre]}))
    desk.table("mmimdb/split.json", '{"train": ["0000001"], "dev": ["0000002"], "test": []}')
    catalogue = desk.read("mmimdb")
    assert splits(catalogue) == {"0000001": (("Drama",), "train"), "0000002": (("War",), "validation")}
    assert all(catalogue.image_path(poster).is_file() for poster in catalogue)


class TestRowForEachGenre:
    def test_genres_are_united_without_a_word(self, desk):
        desk.images("a.jpg", "b.jpg")
        desk.table("t.csv", "image,genre\na.jpg,Drama\na.jpg,War\nb.jpg,Drama\n")
        catalogue = desk.read("t.csv")
        assert catalogue.genres == (("Drama", "War"), ("Drama",))
        assert catalogue.problems == ()

    def test_a_row_that_repeats_another_is_counted(self, desk):
        desk.images("a.jpg")
        desk.table("t.csv", "image,genre\na.jpg,Drama\na.jpg,War\na.jpg,War\n")
        assert [problem.cause for problem in desk.read("t.csv").problems] == ["repeat"]

    def test_a_few_repeated_ids_are_a_problem_as_before(self, desk):
        desk.images("a.jpg", "b.jpg", "c.jpg")
        desk.table("t.csv", "image,genre\na.jpg,Drama\na.jpg,War\nb.jpg,Drama\nc.jpg,War\n")
        assert [problem.cause for problem in desk.read("t.csv").problems] == ["genres differ"]


class TestPostersOfOneFilm:
    @pytest.mark.parametrize("key", ["movie_id", "imdb_id", "tconst", "film_id", "tmdbId"])
    def test_they_are_posters_of_one_group(self, desk, key):
        desk.images("a.jpg", "b.jpg", "c.jpg")
        desk.table("t.csv", f"{key},image,genres\n7,a.jpg,Drama\n7,b.jpg,Drama\n8,c.jpg,War\n")
        assert desk.read("t.csv").posters == (
            Poster("7/a", "a.jpg", ("Drama",), group="7"),
            Poster("7/b", "b.jpg", ("Drama",), group="7"),
            Poster("8", "c.jpg", ("War",)),
        )

    def test_a_row_for_each_genre_of_them(self, desk):
        desk.images("a.jpg", "b.jpg")
        desk.table("t.csv", "movie_id,image,genre\n7,a.jpg,Drama\n7,a.jpg,War\n7,b.jpg,Drama\n7,b.jpg,War\n")
        assert splits(desk.read("t.csv")) == {"7/a": (("Drama", "War"), None), "7/b": (("Drama", "War"), None)}

    def test_an_id_of_a_poster_is_one_posters(self, desk):
        desk.images("a.jpg", "b.jpg")
        desk.table("t.csv", "id,image,genres\n7,a.jpg,Drama\n7,b.jpg,Drama\n")
        assert "give each poster its own id" in desk.refusal("t.csv")
