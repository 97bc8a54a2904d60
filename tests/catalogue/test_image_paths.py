"""No text in a table makes anybody look outside the image folder."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.catalogue.image_folder import safe_image_path
from posters.errors import CatalogueError

PIECES = st.sampled_from(
    ["..", ".", "/", "\\", "a", "a.jpg", "C:", ":", "\0", " ", "~", "http://", "...", "%2e", "\u2024"]
)
PATHS = st.lists(PIECES).map("".join) | st.text()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a.jpg", "a.jpg"),
        ("x/a.jpg", "x/a.jpg"),
        ("x\\a.jpg", "x/a.jpg"),
        ("./x//a.jpg", "x/a.jpg"),
        ("Amélie (2001).jpg", "Amélie (2001).jpg"),
        ("..hidden.jpg", "..hidden.jpg"),
        ("what.../a.jpg", "what.../a.jpg"),
        ("https://host/a/b.jpg?x=../y#z", "b.jpg"),
        ("file:///etc/passwd", "passwd"),
        ("https://host/", ""),
        ("", ""),
        (".", ""),
    ],
)
def test_accepted(text, path):
    assert safe_image_path(text) == path


@pytest.mark.parametrize(
    "text",
    [
        "..", "../a.jpg", "x/../../a.jpg", "x/..", "..\\a.jpg", "x\\..\\..\\a.jpg", "/etc/passwd", "\\\\server\\a.jpg",
        "\\a.jpg", "C:\\a.jpg", "c:a.jpg", "x/C:/a.jpg", "./C:/a.jpg", "a\0.jpg", ".. /a.jpg", ".../a.jpg",
        "x/.. ./a.jpg", "http://host/..", "http://host/a\\..\\..\\b.jpg", "http://../..",
    ],
)  # fmt: skip
def test_refused(text):
    with pytest.raises(CatalogueError, match="would leave the image folder"):
        safe_image_path(text)


@given(PATHS)
def test_nothing_accepted_resolves_outside_the_folder(text):
    try:
        path = safe_image_path(text)
    except CatalogueError:
        return
    assert "\0" not in path
    for root in (PurePosixPath("/posters"), PureWindowsPath("C:/posters")):
        inside = root / path
        assert inside.parts[: len(root.parts)] == root.parts
        assert not any(part.rstrip(" .") == "" and part.startswith("..") for part in inside.parts)


@given(PATHS)
def test_an_accepted_path_stays_as_it_is(text):
    try:
        path = safe_image_path(text)
    except CatalogueError:
        return
    assert safe_image_path(path) == path


@pytest.mark.parametrize("path", ["../secret.jpg", "x/../../secret.jpg", "..\\secret.jpg", "{folder}/secret.jpg"])
def test_a_table_that_reaches_for_a_file_outside_is_refused(desk, path):
    desk.images("a.jpg")
    desk.images("secret.jpg", folder=".")
    path = path.format(folder=desk.folder)
    desk.table("t.csv", f"id,image,genres\n1,a.jpg,War\n2,{path},War\n")
    message = desk.refusal("t.csv")
    assert "row 3" in message
    assert "secret.jpg" in message


def test_an_id_that_stands_for_an_image_is_held_to_the_same_rule(desk):
    desk.images("a.jpg")
    desk.images("secret.jpg", folder=".")
    desk.table("t.csv", "id,genres\n../secret,War\n")
    assert "'../secret'" in desk.refusal("t.csv")
