"""Tables with a column of marks for each genre, alone or beside a list."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MARKS = {
    "numbers": ("0", "1"),
    "floats": ("0.0", "1.0"),
    "truth": ("False", "True"),
    "words": ("no", "yes"),
    "crosses": ("", "x"),
    "ones": ("", "1"),
    "capitals": ("NO", "X"),
}
GENRES = ("Drama", "War", "Film-Noir", "Sci-Fi")


def table_of(rows, no, yes, prefix="", extra="", names=GENRES):
    """A CSV of posters 0.jpg, 1.jpg, ... whose rows tell which of the genres each has."""
    header = ",".join(["image", *(f"{prefix}{name}" for name in names)]) + (",votes,rating" if extra else "")
    lines = [f"{place}.jpg," + ",".join((no, yes)[mark] for mark in row) + extra for place, row in enumerate(rows)]
    return "\n".join([header, *lines]) + "\n"


@pytest.mark.parametrize("prefix", ["", "genre_", "Genre: ", "is_", "label-"])
@pytest.mark.parametrize(("no", "yes"), MARKS.values(), ids=MARKS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*[st.booleans()] * 4).filter(any), min_size=1, max_size=5))
def test_any_style_of_marks_reads_back(desk, no, yes, prefix, rows):
    desk.images(*(f"{place}.jpg" for place in range(len(rows))))
    desk.table("t.csv", table_of(rows, no, yes, prefix, extra=",1234,7.5"))
    expected = [tuple(sorted(name for name, mark in zip(GENRES, row, strict=True) if mark)) for row in rows]
    catalogue = desk.read("t.csv", report=False)
    assert catalogue.dialect == "columns"
    assert list(catalogue.genres) == expected


@pytest.mark.parametrize("prefix", ["", "label_", "has "])
def test_labels_need_be_no_genres(desk, prefix):
    desk.images("0.jpg", "1.jpg")
    names = ("dress", "glitter", "long sleeve")
    desk.table("t.csv", table_of([(1, 1, 0), (1, 0, 1)], "0", "1", prefix, ",12,3.5", names))
    assert desk.read("t.csv").genres == (("dress", "glitter"), ("dress", "long sleeve"))


def test_numbered_columns_of_marks_keep_their_names(desk):
    desk.images("0.jpg", "1.jpg")
    desk.table("t.csv", table_of([(1, 0), (1, 1)], "0", "1", names=("label_1", "label_2")))
    assert desk.read("t.csv").genres == (("label_1",), ("label_1", "label_2"))


def test_truths_that_are_no_genres_are_none(desk):
    desk.images("0.jpg")
    desk.table("t.csv", "image,Drama,War,adult,video,notes\n0.jpg,1,1,1,1,\n")
    assert desk.read("t.csv").genre_names == ("Drama", "War")


@pytest.mark.parametrize("spell", [repr, "|".join])
@pytest.mark.parametrize(("no", "yes"), MARKS.values(), ids=MARKS)
def test_a_list_beside_marks_must_agree(desk, no, yes, spell):
    desk.images("0.jpg", "1.jpg")
    lists = [["Drama", "War"], ["Drama"]]

    def write(second_war):
        marks = [(yes, yes), (yes, second_war)]
        rows = [f'{n}.jpg,"{spell(lists[n])}",{",".join(marks[n])},7.5,1' for n in range(2)]
        desk.table("t.csv", "\n".join(["image,genres,genre_Drama,genre_War,rating,adult", *rows, ""]))

    write(no)
    assert (desk.read("t.csv").dialect, desk.read("t.csv").genres) == ("imdb", (("Drama", "War"), ("Drama",)))
    write(yes)
    assert "row 3" in desk.refusal("t.csv")
