"""How tables are written down: separators, quotes, encodings, line ends, and the shapes of JSON."""

import csv
import io
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posters.catalogue import Poster

ROWS = [("a.jpg", ("Drama", "War")), ("b.jpg", ("Drama",))]


def genres(desk, name, **options):
    desk.images("a.jpg", "b.jpg")
    return {poster.image: poster.genres for poster in desk.read(name, report=False, **options)}


@pytest.mark.parametrize(
    "text",
    [
        "image|genres\na.jpg|Drama,War\nb.jpg|Drama\n",
        "sep=;\nimage;genres\na.jpg;Drama,War\nb.jpg;Drama\n",
        '"sep=,"\r\nimage,genres\r\na.jpg,Drama|War\r\nb.jpg,Drama\r\n',
        "SEP=\t\nimage\tgenres\na.jpg\tDrama,War\nb.jpg\tDrama\n",
        'image,genres\na.jpg,"Drama,War" \nb.jpg,Drama\n',
        'image,genres\na.jpg , "Drama,War"\t\nb.jpg,"Drama" ',
        '"image" ,"genres" \n"a.jpg" ,"Drama,War"\n"b.jpg" ,"Drama"\n',
        "\n\nimage,genres\na.jpg,Drama|War\n\nb.jpg,Drama\n",
    ],
)
def test_csv_as_people_have_it(desk, text):
    desk.table("t.csv", text)
    assert genres(desk, "t.csv") == dict(ROWS)


def test_spaces_inside_quotes_stay(desk):
    desk.images("a.jpg")
    desk.table("t.csv", 'image,title,genres\na.jpg,"say ""hi"" , you" ,"Drama" \n')
    assert desk.read("t.csv").posters == (Poster("a", "a.jpg", ("Drama",), title='say "hi" , you'),)


def test_imdbs_own_tables_quote_nothing(desk):
    desk.images("tt1.jpg", "tt2.jpg", "tt3.jpg")
    rows = 'tt1\t"Rome\t1990\tDrama\ntt2\tNaples"\t1991\tWar\ntt3\t"Bari"\t\\N\tDrama,War\n'
    desk.table("title.basics.tsv", f"tconst\tprimaryTitle\tstartYear\tgenres\n{rows}")
    found = {poster.id: (poster.title, poster.year, poster.genres) for poster in desk.read("title.basics.tsv")}
    assert found == {
        "tt1": ('"Rome', 1990, ("Drama",)),
        "tt2": ('Naples"', 1991, ("War",)),
        "tt3": ('"Bari"', None, ("Drama", "War")),
    }


def test_a_quote_that_never_closes_is_part_of_a_name_between_tabs(desk):
    desk.images("a.jpg", "b.jpg")
    desk.table("t.tsv", 'image\ttitle\tgenres\na.jpg\t"Rome\tDrama\nb.jpg\tNaples\tWar\n')
    assert [poster.title for poster in desk.read("t.tsv")] == ['"Rome', "Naples"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(desk, encoding):
    desk.images("a.jpg")
    desk.table("t.csv", "image\ttitle\tgenres\na.jpg\tAmélie\tDrama\n".encode(encoding))
    assert desk.read("t.csv").posters[0].title == "Amélie"


def test_a_first_row_of_data_is_called_that(desk):
    desk.images("a.jpg", "b.jpg")
    desk.table("t.csv", "a.jpg,Drama\nb.jpg,War\n")
    assert "first row looks like data: put a header above it" in desk.refusal("t.csv")


@pytest.mark.parametrize(("header", "lacking"), [("cover,genres", "image"), ("image,shelf", "genres")])
def test_a_column_that_lacks_is_named(desk, header, lacking):
    desk.images("a.jpg")
    desk.table("t.csv", f"{header}\na.jpg,Drama\n")
    message = desk.refusal("t.csv")
    assert f'columns={{"{lacking}": "NAME"}}' in message
    assert message.count("columns=") == 1
    assert len(message.removeprefix(str(desk.folder))) < 350


FRAME = pd.DataFrame({"image": [image for image, _ in ROWS], "genres": [list(names) for _, names in ROWS]})


@pytest.mark.parametrize("orient", ["columns", "index", "records", "split", "table"])
def test_what_pandas_writes(desk, orient):
    desk.table("t.json", FRAME.to_json(orient=orient))
    assert genres(desk, "t.json") == dict(ROWS)


@pytest.mark.parametrize(
    "value",
    [
        {"a": ["Drama", "War"], "b": ["Drama", ""]},
        {"a": "Drama|War", "b": "Drama"},
        {"a": {"genres": ["Drama", "War"]}, "b": {"genres": ["Drama"], "title": "B"}},
        {"page": 1, "results": [{"id": "a", "genre_ids": [18, 10752]}, {"id": "b", "genre_ids": [18]}]},
        {"films": [{"image": "a.jpg", "genres": "Drama, War"}, {"image": "b.jpg", "genres": "Drama"}]},
        {"image": ["a.jpg", "b.jpg"], "genres": [["Drama", "War"], ["Drama"]]},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_shapes_of_json(desk, value, indent):
    desk.table("t.json", json.dumps(value, indent=indent))
    assert genres(desk, "t.json") == dict(ROWS)


def test_one_object_is_one_row(desk):
    desk.images("a.jpg")
    desk.table("t.json", json.dumps({"id": "a", "genres": ["Drama", "War"]}, indent=1))
    assert desk.read("t.json").posters == (Poster("a", "a.jpg", ("Drama", "War")),)


NAMES = st.sampled_from(["Drama", "War", "Film-Noir", "Sci-Fi", "Sword and Sorcery"])
TITLES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1)
POSTERS = st.lists(st.tuples(TITLES, st.sets(NAMES, min_size=1)), min_size=1, max_size=5)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    POSTERS,
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_csv_reads_back(desk, posters, separator, quoting, encoding, end, sep_line):
    """Whatever the separator, quoting, encoding and line ends are."""
    desk.images(*(f"{row}.jpg" for row in range(len(posters))))
    file = io.StringIO(newline="")
    rows = csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=end)
    rows.writerow(["image", "title", "genres"])
    rows.writerows([f"{row}.jpg", title, str(sorted(names))] for row, (title, names) in enumerate(posters))
    text = (f"sep={separator}{end}" if sep_line else "") + file.getvalue()
    desk.table("t.csv", text.encode(encoding))
    catalogue = desk.read("t.csv", report=False)
    assert [(poster.title, poster.genres) for poster in catalogue] == [
        (title, tuple(sorted(names))) for title, names in posters
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(POSTERS, st.sampled_from(["records", "split", "index", "columns", "lines"]))
def test_any_json_reads_back(desk, posters, shape):
    desk.images(*(f"{row}.jpg" for row in range(len(posters))))
    records = [
        {"image": f"{row}.jpg", "title": title, "genres": sorted(names)} for row, (title, names) in enumerate(posters)
    ]
    frame = pd.DataFrame(records)
    text = frame.to_json(orient="records", lines=True) if shape == "lines" else frame.to_json(orient=shape)
    desk.table("t.json", text)
    assert [(poster.title, poster.genres) for poster in desk.read("t.json", report=False)] == [
        (title, tuple(sorted(names))) for title, names in posters
    ]
