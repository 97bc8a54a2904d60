"""The one list of names under which an image is looked for, in every dialect."""

import os
import shutil
import unicodedata
from pathlib import Path

import pytest

from posters.catalogue.image_folder import ImageFolder

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Amélie.jpg") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    ("file", "cell", "id"),
    [
        ("a.jpg", "images/a.jpg", "1"),
        ("a.jpg", "./images/a.jpg", "1"),
        ("x/a.jpg", "images/x/a.jpg", "1"),
        ("a.jpg", "images\\a.jpg", "1"),
        (COMPOSED, DECOMPOSED, "1"),
        (DECOMPOSED, COMPOSED, "1"),
        (DECOMPOSED, COMPOSED.removesuffix(".jpg"), "1"),
        ("862.jpg", "862.0", "1"),
        ("a.jpg", "/a.jpg", "1"),
        ("a.webp", "a.jpg", "1"),
        ("a.JPEG", "a.png", "1"),
        ("862.jpg", "https://host/p/MV5B.jpg", "862"),
        ("862.jpg", "https://host/p/MV5B.jpg", "862.0"),
        ("tt0000862.jpg", "https://host/p/MV5B.jpg", "862"),
        ("tt0113277.jpg", "", "113277"),
        ("113277.jpg", "https://host/p/MV5B.jpg", "tt0113277"),
        ("0113277.jpg", "https://host/p/MV5B.jpg", "tt0113277"),
        ("tt11866324.jpg", "https://host/p/MV5B.jpg", "11866324"),
        ("MV5B.jpg", "https://host/p/MV5B.jpg?w=9", "862"),
    ],
)
def test_an_image_is_found_under_what_people_also_write(desk, file, cell, id):
    desk.images(file)
    desk.table("t.csv", f"id,image,genres\n{id},{cell},War\n")
    if cell:
        (poster,) = desk.read("t.csv").posters
        assert desk.read("t.csv").image_path(poster).is_file()
    assert ImageFolder(desk.folder / "images").find([cell], id=id) == file


def test_an_absolute_path_inside_the_folder_is_found(desk):
    folder = desk.images("a.jpg", "x/b.jpg")
    desk.table("t.csv", f"id,image,genres\n1,{folder / 'a.jpg'},War\n2,{folder / 'x' / 'b.jpg'},War\n")
    assert [poster.image for poster in desk.read("t.csv")] == ["a.jpg", "x/b.jpg"]


def test_the_name_as_it_is_comes_first(desk):
    folder = desk.images("1.jpg", "a.jpg", "a.webp", "tt0000001.jpg")
    assert ImageFolder(folder).find(["a.jpg"], id="1") == "a.jpg"
    assert ImageFolder(folder).find(["b.jpg"], id="1") == "1.jpg"


def test_an_image_under_another_name_is_counted(desk):
    desk.images("a.webp", "b.jpg", DECOMPOSED)
    desk.table("t.csv", f"id,image,genres\n1,a.jpg,War\n2,b.JPG,War\n3,{COMPOSED},War\n")
    (problem,) = desk.read("t.csv").problems
    assert str(problem) == "1 row: the image has another name than in the table (a.jpg in row 2, found as a.webp)"


def test_files_of_the_system_are_never_posters(desk):
    desk.images("a.jpg", "._a.jpg", ".DS_Store", "Thumbs.db", "desktop.ini")
    desk.table("t.csv", "id,image,genres\n1,a.jpg,War\n2,.DS_Store,War\n3,._a.jpg,War\n4,Thumbs.db,War\n")
    catalogue = desk.read("t.csv")
    assert catalogue.ids == ("1",)
    (problem,) = catalogue.problems
    assert (problem.cause, problem.count) == ("missing image", 3)


def test_a_loop_of_links_hides_one_entry_only(desk):
    folder = desk.images("a.jpg")
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    assert ImageFolder(folder).find(["loop.jpg"]) is None
    assert ImageFolder(folder).find(["a.jpg"]) == "a.jpg"


def test_a_link_to_itself_hides_no_folder(desk):
    for genre, name in (("War", "a.jpg"), ("Drama", "b.jpg")):
        desk.images(name, folder=f"films/{genre}")
        (desk.folder / "films" / genre / "loop.jpg").symlink_to("loop.jpg")
        os.mkfifo(desk.folder / "films" / genre / "pipe.jpg")
    (desk.folder / "films" / "Loop").symlink_to("Loop")
    assert sorted(desk.read("films").ids) == ["a", "b"]


def test_a_link_may_not_lead_out_of_the_folder_of_the_table(desk, tmp_path_factory):
    secret = tmp_path_factory.mktemp("home") / "secret.jpg"
    shutil.copy(desk.images("a.jpg") / "a.jpg", secret)
    (desk.folder / "images" / "b.jpg").symlink_to(secret)
    desk.table("t.csv", "id,image,genres\n1,a.jpg,War\n2,b.jpg,War\n")
    catalogue = desk.read("t.csv", max_lost=1)
    assert catalogue.ids == ("1",)
    assert [problem.cause for problem in catalogue.problems] == ["missing image"]


@pytest.mark.parametrize("name", ["images", "Images", "posters", "Posters"])
def test_image_folders_beside_the_table(desk, name):
    desk.images("a.jpg", folder=name)
    desk.table("t.csv", "image,genres\na.jpg,War\n")
    assert desk.read("t.csv").image_root == Path(desk.folder / name)
