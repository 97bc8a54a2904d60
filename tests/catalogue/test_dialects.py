"""The dialects that others invented, each from small files."""

import json

import pytest

from posters.catalogue import DIALECTS, Poster, dialect_names

IMDB_HEADER = "Id,Genre,Comedy,Drama,N/A,Sci-Fi"
MOVIEGENRE_HEADER = "imdbId,Imdb Link,Title,IMDB Score,Genre,Poster"


def test_every_dialect_has_a_name_and_a_line_about_it():
    assert set(dialect_names()) == {
        *("plain", "imdb", "moviegenre", "mmimdb", "tmdb", "huggingface", "columns", "splitfiles", "folders"),
        "labelstudio",
    }
    assert all(dialect.description and "\n" not in dialect.description for dialect in DIALECTS)
    assert DIALECTS[-1].name == "plain"


class TestImdb:
    def test_the_list_is_read(self, desk):
        desk.images("tt1.jpg", "tt2.jpg")
        desk.table("t.csv", f"""{IMDB_HEADER}\ntt1,"['Sci-Fi', 'Drama']",0,1,0,1\ntt2,['Comedy'],1,0,0,0\n""")
        catalogue = desk.read("t.csv")
        assert catalogue.dialect == "imdb"
        assert catalogue.posters == (
            Poster("tt1", "tt1.jpg", ("Drama", "Sci-Fi")),
            Poster("tt2", "tt2.jpg", ("Comedy",)),
        )

    @pytest.mark.parametrize("marks", ["0,1,0,0", "1,1,0,1", "0,0,0,0"])
    def test_columns_that_say_otherwise_are_refused(self, desk, marks):
        desk.images("tt1.jpg", "tt2.jpg")
        desk.table("t.csv", f"""{IMDB_HEADER}\ntt2,['Comedy'],1,0,0,0\ntt1,"['Sci-Fi', 'Drama']",{marks}\n""")
        message = desk.refusal("t.csv")
        assert "row 3" in message
        assert "Sci-Fi, Drama" in message
        assert desk.read("t.csv", dialect="plain").genres == (("Comedy",), ("Drama", "Sci-Fi"))

    def test_a_listed_genre_without_a_column_is_refused(self, desk):
        desk.images("tt1.jpg")
        desk.table("t.csv", f"""{IMDB_HEADER}\ntt1,"['Drama', 'War']",0,1,0,0\n""")
        assert "War" in desk.refusal("t.csv")

    def test_marks_are_0_or_1(self, desk):
        desk.images("tt1.jpg")
        desk.table("t.csv", f"{IMDB_HEADER}\ntt1,['Drama'],0,perhaps,0,0\n")
        message = desk.refusal("t.csv")
        assert "row 2" in message
        assert "Drama holds 'perhaps'" in message

    def test_the_table_may_be_json(self, desk):
        desk.images("tt1.jpg")
        desk.table("t.json", '[{"Id": "tt1", "Genre": ["War"], "War": 1, "Drama": 0}]')
        assert (desk.read("t.json").dialect, desk.read("t.json").genres) == ("imdb", (("War",),))
        desk.table("t.json", '[{"Id": "tt1", "Genre": ["War"], "War": [1], "Drama": 0}]')
        assert "row 1: the column War holds" in desk.refusal("t.json")

    def test_a_list_that_is_none_is_refused(self, desk):
        desk.images("tt1.jpg")
        desk.table("t.csv", f"{IMDB_HEADER}\ntt1,['Drama,0,1,0,0\n")
        assert 'row 2: "[\'Drama" begins like a list' in desk.refusal("t.csv")


class TestColumns:
    @pytest.mark.parametrize("marks", ["0,1", "0.0,1.0", "False,True", " 0 , 1 "])
    def test_a_column_of_marks_for_each_genre(self, desk, marks):
        desk.images("a.jpg", "b.jpg")
        desk.table("t.csv", f"filename,votes,Sci-Fi,Drama\na.jpg,7,{marks}\nb.jpg,1,1,1\n")
        catalogue = desk.read("t.csv")
        assert catalogue.dialect == "columns"
        assert catalogue.posters == (Poster("a", "a.jpg", ("Drama",)), Poster("b", "b.jpg", ("Drama", "Sci-Fi")))

    def test_an_unknown_genre_is_one_if_it_holds_marks_alone(self, desk):
        desk.images("a.jpg", "b.jpg")
        desk.table("t.csv", "id,Drama,War,heist,year,votes\na,1,0,0,1995,0\nb,0,1,1,1996,2\n")
        catalogue = desk.read("t.csv")
        assert catalogue.genre_names == ("Drama", "War", "heist")
        assert [poster.year for poster in catalogue] == [1995, 1996]

    def test_other_names_of_genres_are_merged(self, desk):
        desk.images("a.jpg")
        desk.table("t.csv", "id,Science Fiction,Biopic\na,1,1\n")
        assert desk.read("t.csv").genres == (("Biography", "Sci-Fi"),)

    def test_a_row_without_a_mark_is_counted(self, desk):
        desk.images("a.jpg", "b.jpg")
        desk.table("t.csv", "id,Drama,War\na,1,0\nb,0,0\n")
        assert [str(problem) for problem in desk.read("t.csv").problems] == ["1 row: no genre is named (b in row 3)"]

    @pytest.mark.parametrize("mark", ["2", "perhaps", "-", "0.5"])
    def test_a_genre_that_holds_something_else_is_refused(self, desk, mark):
        desk.images("a.jpg")
        desk.table("t.csv", f"id,Drama,War\na,1,{mark}\n")
        assert f"row 2: the column War holds '{mark}', not 0 or 1" in desk.refusal("t.csv")

    def test_a_row_that_is_too_short_is_refused_as_that(self, desk):
        desk.images("a.jpg")
        desk.table("t.csv", "id,Drama,War\na,1\n")
        assert "row 2 has 2 fields" in desk.refusal("t.csv").replace(": has", " has")

    def test_the_table_may_be_json(self, desk):
        desk.images("a.jpg")
        desk.table("t.json", '[{"id": "a", "Drama": true, "War": 0, "Crime": 1}]')
        assert desk.read("t.json").genres == (("Crime", "Drama"),)

    def test_numbered_columns(self, desk):
        desk.images("a.jpg", "b.jpg")
        desk.table("t.csv", "id,Genre 1,Genre 2,genre_3\na,Drama,,SF\nb,War,Drama,\n")
        assert desk.read("t.csv").dialect == "columns"
        assert desk.read("t.csv").genres == (("Drama", "Sci-Fi"), ("Drama", "War"))

    def test_numbered_columns_in_json(self, desk):
        desk.images("a.jpg")
        desk.table("t.json", '[{"id": "a", "genre1": "Drama", "genre2": null}]')
        assert desk.read("t.json").genres == (("Drama",),)
        desk.table("t.json", '[{"id": "a", "genre1": "Drama", "genre2": true}]')
        assert "row 1" in desk.refusal("t.json")

    def test_a_table_with_both_is_not_guessed_at(self, desk):
        desk.images("a.jpg")
        desk.table("t.csv", "id,genre1,genre2,Drama,War\na,Drama,War,1,0\n")
        assert "no dialect recognises it" in desk.refusal("t.csv")

    def test_a_list_of_genres_comes_first(self, desk):
        desk.images("a.jpg")
        desk.table("t.csv", "id,genres,genre1,genre2\na,Drama,War,\n")
        assert (desk.read("t.csv").dialect, desk.read("t.csv").genres) == ("plain", (("Drama",),))


class TestMovieGenre:
    def test_it_is_latin_1_and_genres_are_joined(self, desk):
        desk.images("114709.jpg")
        row = "114709,http://www.imdb.com/title/tt114709,Amélie (2001),8.3,Comedy|Romance,https://host/M/MV5._V1_.jpg"
        desk.table("MovieGenre.csv", f"{MOVIEGENRE_HEADER}\n{row}\n".encode("latin-1"))
        catalogue = desk.read("MovieGenre.csv")
        assert catalogue.dialect == "moviegenre"
        assert catalogue.posters == (Poster("114709", "114709.jpg", ("Comedy", "Romance"), "Amélie", 2001),)

    @pytest.mark.parametrize(
        ("files", "image"),
        [
            (["4709.jpg", "tt0004709.jpg", "x.jpg"], "4709.jpg"),
            (["tt0004709.jpg", "x.jpg"], "tt0004709.jpg"),
            (["x.jpg"], "x.jpg"),
        ],
    )
    def test_the_image_goes_by_three_names(self, desk, files, image):
        desk.images(*files)
        desk.table("t.csv", f"{MOVIEGENRE_HEADER}\n4709,,Heat,8,Crime,https://host/a/x.jpg\n")
        assert desk.read("t.csv").posters[0].image == image


class TestMmImdb:
    def folder(self, desk, split_at=None, **films):
        for id, genres in films.items():
            desk.images(f"{id[1:]}.jpeg", folder="mm")
            desk.table(
                f"mm/{id[1:]}.json", json.dumps({"genres": genres, "title": "Heat", "year": 1995, "plot": ["x"]})
            )
        if split_at:
            splits = {"train": ["0000008"], "dev": ["0000005"], "test": ["0000009"]}
            desk.table(split_at, json.dumps(splits))

    @pytest.mark.parametrize("split_at", ["mm/split.json", "split.json"])
    def test_films_and_their_split(self, desk, split_at):
        self.folder(desk, split_at, _0000005=["Drama", "Sci-Fi"], _0000008=["Drama"])
        catalogue = desk.read("mm")
        assert catalogue.dialect == "mmimdb"
        assert catalogue.image_root == desk.folder / "mm"
        assert catalogue.posters == (
            Poster("0000005", "0000005.jpeg", ("Drama", "Sci-Fi"), "Heat", 1995, None, "validation"),
            Poster("0000008", "0000008.jpeg", ("Drama",), "Heat", 1995, None, "train"),
        )
        assert [str(problem) for problem in catalogue.problems] == [
            "1 row: there is no such film in the folder (0000009 in split.json)"
        ]

    def test_a_split_is_not_needed(self, desk):
        self.folder(desk, _0000005=["Drama"])
        assert desk.read("mm").posters[0].split is None

    def test_films_without_genres_are_counted(self, desk):
        self.folder(desk, _1=["Drama"], _2=None)
        assert [str(problem) for problem in desk.read("mm").problems] == ["1 row: no genre is named (2 in 2.json)"]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("[1]", ["must be a JSON object"]),
            ("{", ["not JSON"]),
            ("[" * 100_000, ["not JSON", "deep"]),
            ('{"genres": [true]}', ["2.json", "True"]),
        ],
    )
    def test_a_film_that_is_no_film_is_named(self, desk, text, words):
        self.folder(desk, _1=["Drama"], _2=["Drama"])
        desk.table("mm/2.json", text)
        message = desk.refusal("mm")
        assert "2.json" in message
        assert all(word in message for word in words)

    @pytest.mark.parametrize(
        ("split", "words"),
        [
            ('{"train": ["1"], "test": ["1"]}', ["'1'", "train", "test"]),
            ('{"trian": ["1"]}', ["trian"]),
            ('{"train": "1"}', ["list of ids"]),
            ("[]", ["JSON object"]),
        ],
    )
    def test_a_split_that_is_none_is_refused(self, desk, split, words):
        self.folder(desk, _1=["Drama"])
        desk.table("mm/split.json", split)
        message = desk.refusal("mm")
        assert all(word in message for word in ["split.json", *words])


FILM = {"id": 862, "genres": [{"id": 16, "name": "Animation"}, {"id": 878, "name": "Science Fiction"}]}
FILM |= {"poster_path": "/rhIRb.jpg", "title": "Toy Story", "release_date": "1995-10-30", "adult": False}


class TestTmdb:
    def check(self, desk, table):
        desk.images("rhIRb.jpg")
        catalogue = desk.read(table)
        assert catalogue.dialect == "tmdb"
        assert catalogue.posters == (Poster("862", "rhIRb.jpg", ("Animation", "Sci-Fi"), "Toy Story", 1995),)
        assert [problem.examples for problem in catalogue.problems] == [("Science Fiction -> Sci-Fi on 1 row",)]

    def test_json(self, desk):
        desk.table("t.json", json.dumps([FILM], indent=1))
        self.check(desk, "t.json")

    def test_json_lines(self, desk):
        desk.table("t.jsonl", json.dumps(FILM) + "\n\n")
        self.check(desk, "t.jsonl")

    @pytest.mark.parametrize("spell", [json.dumps, repr])
    def test_csv(self, desk, spell):
        genres = spell(FILM["genres"]).replace('"', '""')
        header = "adult,id,genres,poster_path,release_date,title"
        desk.table("t.csv", f'{header}\nFalse,862,"{genres}",/rhIRb.jpg,1995-10-30,Toy Story\n')
        self.check(desk, "t.csv")

    def test_posters_may_be_saved_by_id(self, desk):
        desk.images("862.png")
        desk.table("t.json", json.dumps([FILM]))
        assert desk.read("t.json").posters[0].image == "862.png"

    def test_no_poster_path_is_no_poster(self, desk):
        desk.images("rhIRb.jpg")
        desk.table("t.json", json.dumps([FILM, FILM | {"id": 9, "poster_path": None}]))
        assert str(desk.read("t.json").problems[0]) == "1 row: no image is named (9 in row 2)"

    def test_rows_broken_in_two_are_counted(self, desk):
        desk.images("a.jpg")
        rows = "1,\"[{'name': 'War'}]\",/a.jpg,A\n2,\"[{'name': 'War'}]\"\n rest,of it\n"
        desk.table("t.csv", f"id,genres,poster_path,title\n{rows}")
        assert [str(problem) for problem in desk.read("t.csv").problems] == [
            "2 rows: fewer fields than the header (2 in row 3, rest in row 4)"
        ]

    def test_a_path_may_not_leave_through_the_second_slash(self, desk):
        desk.images("a.jpg")
        desk.table("t.json", json.dumps([FILM | {"poster_path": "//etc/passwd"}]))
        assert "row 1: the image '//etc/passwd'" in desk.refusal("t.json")


class TestHuggingFace:
    @pytest.mark.parametrize("table", ["hf", "hf/metadata.csv"])
    def test_csv_in_the_folder(self, desk, table):
        desk.images("a.jpg", "val/b.jpg", folder="hf")
        desk.table("hf/metadata.csv", 'file_name,genres\na.jpg,"Drama, War"\nval/b.jpg,"[\'War\']"\n')
        catalogue = desk.read(table)
        assert catalogue.dialect == "huggingface"
        assert catalogue.image_root == desk.folder / "hf"
        assert catalogue.posters == (
            Poster("a", "a.jpg", ("Drama", "War")),
            Poster("val/b", "val/b.jpg", ("War",), split="validation"),
        )

    @pytest.mark.parametrize("key", ["genres", "genre", "labels"])
    def test_json_lines(self, desk, key):
        desk.images("a.jpg", folder="hf")
        desk.table("hf/metadata.jsonl", json.dumps({"file_name": "a.jpg", key: ["War", "Drama"]}))
        assert desk.read("hf").genres == (("Drama", "War"),)

    def test_a_folder_a_side(self, desk):
        for split in ("train", "validation", "test"):
            desk.images("0.jpg", folder=f"hf/{split}")
            desk.table(f"hf/{split}/metadata.jsonl", '{"file_name": "0.jpg", "genres": "War"}')
        catalogue = desk.read("hf")
        assert [(poster.id, poster.image, poster.split) for poster in catalogue] == [
            ("test/0", "test/0.jpg", "test"),
            ("train/0", "train/0.jpg", "train"),
            ("validation/0", "validation/0.jpg", "validation"),
        ]

    def test_a_sides_rows_are_named_with_their_file(self, desk):
        desk.images("0.jpg", folder="hf/train")
        desk.images("secret.jpg", folder="hf")
        desk.table("hf/train/metadata.csv", "file_name,genres\n0.jpg,War\n../secret.jpg,War\n")
        message = desk.refusal("hf")
        assert "train/metadata.csv row 3" in message
        assert "../secret.jpg" in message

    def test_an_absolute_path_is_not_taken_for_one_below_the_side(self, desk):
        desk.images("0.jpg", folder="hf/train")
        desk.table("hf/train/metadata.csv", "file_name,genres\n/data/0.jpg,War\n")
        assert "'/data/0.jpg'" in desk.refusal("hf")

    def test_a_metadata_file_without_genres_is_named(self, desk):
        desk.images("0.jpg", folder="hf/train")
        desk.table("hf/train/metadata.csv", "file_name,text\n0.jpg,War\n")
        message = desk.refusal("hf")
        assert "metadata.csv" in message
        assert "file_name, text" in message


class TestChoosing:
    def test_a_dialect_goes_by_its_owners_spelling(self, desk):
        desk.images("a.jpg")
        desk.table("t.csv", "id,poster_path,genres\n1,/a.jpg,War\n")
        assert desk.read("t.csv", dialect="TMDB").dialect == "tmdb"

    def test_an_unknown_dialect_lists_the_known(self, desk):
        desk.table("t.csv", "id,image,genres\n1,a.jpg,War\n")
        message = desk.refusal("t.csv", dialect="klingon")
        assert "klingon" in message
        assert all(name in message for name in dialect_names())

    @pytest.mark.parametrize("dialect", ["imdb", "moviegenre", "mmimdb", "tmdb", "huggingface"])
    def test_a_dialect_that_does_not_fit_says_what_it_needs(self, desk, dialect):
        desk.table("t.csv", "id,image,genres\n1,a.jpg,War\n")
        message = desk.refusal("t.csv", dialect=dialect)
        assert f"not {dialect}, which needs" in message
        assert "id, image, genres" in message

    def test_the_more_particular_dialect_comes_first(self, desk):
        desk.images("a.jpg", folder="hf")
        desk.table("hf/metadata.csv", "file_name,id,genres,poster_path,Comedy,War\na.jpg,1,War,/b.jpg,0,1\n")
        assert desk.read("hf/metadata.csv").dialect == "huggingface"
        assert desk.read("hf/metadata.csv", dialect="plain", images=desk.folder / "hf").dialect == "plain"
