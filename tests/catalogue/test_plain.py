"""The plain dialect, and what it shares with the other tables."""

import pytest

from posters.catalogue import Poster


def genres_by_id(catalogue):
    return {poster.id: poster.genres for poster in catalogue}


@pytest.mark.parametrize("separator", ["|", ";", ", "])
def test_genres_are_joined_by_any_separator(desk, separator):
    desk.images("a.jpg", "b.jpg")
    joined = separator.join(["Drama", "Comedy"])
    desk.table("t.csv", f'id,image,genres\n1,a.jpg,"{joined}"\n2,b.jpg,Drama\n')
    catalogue = desk.read("t.csv")
    assert catalogue.dialect == "plain"
    assert catalogue.genre_names == ("Comedy", "Drama")
    assert catalogue.posters == (Poster("1", "a.jpg", ("Comedy", "Drama")), Poster("2", "b.jpg", ("Drama",)))
    assert catalogue.problems == ()


@pytest.mark.parametrize("separator", [";", "\t"])
def test_columns_are_separated_by_what_the_header_has(desk, separator):
    desk.images("a.jpg")
    desk.table("t.csv", separator.join(["id", "image", "genres"]) + "\n" + separator.join(["1", "a.jpg", "Drama,War"]))
    assert desk.read("t.csv").genres == (("Drama", "War"),)


@pytest.mark.parametrize(
    "header",
    ["ID,Image,Genres", " id , filename,GENRE", "imdb_id,File Name,genre", "Id,poster,labels", "id,path,genres"],
)
def test_columns_go_by_many_names(desk, header):
    desk.images("a.jpg")
    desk.table("t.csv", f"{header}\n7,a.jpg,Drama\n")
    assert desk.read("t.csv").posters == (Poster("7", "a.jpg", ("Drama",)),)


def test_ids_stay_the_text_that_they_are(desk):
    desk.images("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    desk.table("t.csv", "id,image,genres\n007,a.jpg,War\n123.0,b.jpg,War\nNA,c.jpg,War\n1e5,d.jpg,War\n")
    assert desk.read("t.csv").ids == ("007", "123.0", "NA", "1e5")


def test_titles_that_look_like_nothing_survive(desk):
    desk.images("a.jpg", "b.jpg", "c.jpg")
    desk.table("t.csv", "id,image,genres,title\n1,a.jpg,War,None\n2,b.jpg,War,NA\n3,c.jpg,War,nan\n")
    assert [poster.title for poster in desk.read("t.csv")] == ["None", "NA", "nan"]


@pytest.mark.parametrize(
    ("columns", "values", "title", "year"),
    [
        ("title,year", "Heat,1995", "Heat", 1995),
        ("title,release_date", "Heat,1995-12-15", "Heat", 1995),
        ("title", "Heat (1995)", "Heat", 1995),
        ("title,year", "Heat,", "Heat", None),
        ("title,year", "Blade Runner 2049,2017.0", "Blade Runner 2049", 2017),
        ("title", "2001 (A Space Odyssey)", "2001 (A Space Odyssey)", None),
        ("title", "(1995)", "(1995)", None),
        ("year", "1994-1998", None, 1994),
    ],
)
def test_title_and_year(desk, columns, values, title, year):
    desk.images("a.jpg")
    desk.table("t.csv", f"id,image,genres,{columns}\n1,a.jpg,Crime,{values}\n")
    assert [(poster.title, poster.year) for poster in desk.read("t.csv")] == [(title, year)]


def test_groups_and_sides(desk):
    words = ["train", "Validation", "val", "dev", "TEST", ""]
    desk.images(*[f"{i}.jpg" for i in range(6)])
    rows = "\n".join(f"{i},{i}.jpg,War,film {i // 2},{word}" for i, word in enumerate(words))
    desk.table("t.csv", f"id,image,genres,group,split\n{rows}\n")
    catalogue = desk.read("t.csv")
    assert [poster.split for poster in catalogue] == ["train", "validation", "validation", "validation", "test", None]
    assert [poster.group for poster in catalogue][:3] == ["film 0", "film 0", "film 1"]


def test_without_an_id_column_the_image_gives_the_id(desk):
    desk.images("tt1.jpg", "old/tt2.v2.png")
    desk.table("t.csv", "image,genres\ntt1.jpg,War\nold/tt2.v2.png,War\n")
    assert desk.read("t.csv").ids == ("tt1", "old/tt2.v2")


def test_without_an_image_column_the_image_is_found_by_id(desk):
    desk.images("1.JPG", "2.webp", "3.txt", "4.jpg", "4.png")
    desk.table("t.csv", "id,genres\n1,War\n2,War\n3,War\n4,War\n")
    catalogue = desk.read("t.csv")
    assert [poster.image for poster in catalogue] == ["1.JPG", "2.webp", "4.jpg"]
    assert [(problem.kind, problem.count, problem.examples) for problem in catalogue.problems] == [
        ("row", 1, ("3.jpg in row 4",)),
        ("image", 1, ("4.png",)),
    ]


def test_image_names_forgive_the_extension_only(desk):
    desk.images("a.JPG", "b.jpeg", "c.jpg", "c.JPG")
    desk.table("t.csv", "id,image,genres\n1,a.jpg,War\n2,b,War\n3,c.JPG,War\n")
    assert [poster.image for poster in desk.read("t.csv")] == ["a.JPG", "b.jpeg", "c.JPG"]


def test_images_lie_in_folders_too(desk):
    desk.images("x/a.jpg", "y/b.jpg", "unused/z.jpg")
    desk.table("t.csv", "id,image,genres\n1,./x//a.jpg,War\n2,y\\b.jpg,War\n3,http://host/c/z.jpg?size=1,War\n")
    catalogue = desk.read("t.csv")
    assert [poster.image for poster in catalogue] == ["x/a.jpg", "y/b.jpg"]
    assert catalogue.problems[0].examples == ("http://host/c/z.jpg?size=1 in row 4",)
    assert all(catalogue.image_path(poster).is_file() for poster in catalogue)


def test_addresses_give_the_file_name(desk):
    desk.images("a.jpg")
    desk.table("t.csv", "id,poster,genres\n1,https://host/size/a.jpg?x=/y.jpg,War\n")
    assert [poster.image for poster in desk.read("t.csv")] == ["a.jpg"]


@pytest.mark.parametrize("folder", ["images", "posters"])
def test_images_are_looked_for_beside_the_table(desk, folder):
    desk.images("a.jpg", folder=folder)
    table = desk.table("t.csv", "id,image,genres\n1,a.jpg,War\n")
    catalogue = desk.read("t.csv")
    assert catalogue.image_root == desk.folder / folder
    assert catalogue.table == table


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_text(desk):
    desk.images("a.jpg")
    desk.table("t.csv", b"\xef\xbb\xbfid,image,genres\r\n1,a.jpg,War\r\n\r\n")
    assert desk.read("t.csv").genres == (("War",),)


def test_blank_lines_do_not_shift_row_numbers(desk):
    desk.images("a.jpg", "c.jpg")
    desk.table("t.csv", "id,image,genres\n\n1,a.jpg,War\n\n2,b.jpg,War\n3,c.jpg,War\n\n")
    catalogue = desk.read("t.csv")
    assert catalogue.ids == ("1", "3")
    assert catalogue.problems[0].examples == ("b.jpg in row 5",)


@pytest.mark.parametrize("blank", ["\n", "\r\n\n", "  \n", ";;\n"])
def test_blank_lines_above_the_header_are_skipped(desk, blank):
    desk.images("a.jpg")
    desk.table("t.csv", f"{blank}id;image;genres\n1;a.jpg;War|Drama\n2;b.jpg;War\n")
    catalogue = desk.read("t.csv")
    assert catalogue.genres == (("Drama", "War"),)
    assert catalogue.problems[0].examples == (f"b.jpg in row {3 + blank.count(chr(10))}",)


def test_what_is_not_utf8_is_latin_1_and_said_to_be(desk, capsys):
    desk.images("a.jpg")
    desk.table("t.csv", "id,image,genres,title\n1,a.jpg,Comedy,Amélie\n".encode("cp1252"))
    assert desk.read("t.csv").posters[0].title == "Amélie"
    assert "not UTF-8" in capsys.readouterr().err


def test_bytes_that_even_windows_1252_lacks_are_latin_1(desk):
    desk.images("a.jpg")
    desk.table("t.csv", b"id,image,genres,title\n1,a.jpg,Comedy,\x81\xe9\n")
    assert desk.read("t.csv").posters[0].title == "\x81é"


def test_a_plain_table_may_be_json(desk):
    desk.images("a.jpg", "b.jpg")
    desk.table("t.json", '[{"id": 1, "image": "a.jpg", "genres": ["War", "Drama"]}, {"id": "02", "image": "b.jpg"}]')
    catalogue = desk.read("t.json")
    assert genres_by_id(catalogue) == {"1": ("Drama", "War")}
    assert [str(problem) for problem in catalogue.problems] == ["1 row: no genre is named (02 in row 2)"]


def test_symbolic_links_inside_the_folder_are_fine(desk):
    elsewhere = desk.images("real.jpg", folder="elsewhere")
    desk.images().mkdir()
    (desk.folder / "images" / "a.jpg").symlink_to(elsewhere / "real.jpg")
    desk.table("t.csv", "id,image,genres\n1,a.jpg,War\n")
    assert desk.read("t.csv").ids == ("1",)
