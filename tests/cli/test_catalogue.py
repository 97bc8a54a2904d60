"""`posters catalogue`: what it prints, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters._base.text import WIDTH, columns
from posters.catalogue import Poster
from posters.cli.catalogue import first_rows
from tests.cli.running import GENRES


class TestCatalogue:
    def test_it_counts_each_genre(self, posters, table):
        outcome = posters("catalogue", table, "--min-posters", 1)
        assert outcome.code == 0
        assert [line.split() for line in outcome.out.splitlines()] == [[name, "1"] for name in GENRES]
        assert outcome.err.startswith(f"{table} (plain): 3 posters of 3 rows, 4 genres")

    def test_its_options_reach_the_reader(self, posters, table, tmp_path):
        (table.parent / "images").rename(tmp_path / "elsewhere")
        options = ["--min-posters", 2, "--images", tmp_path / "elsewhere", "--dialect", "plain"]
        outcome = posters("catalogue", table, *options, "--alias", " Horror = Drama ", "--alias", "Comedy=Drama")
        assert [line.split() for line in outcome.out.splitlines()] == [["Drama", "2"]]

    def test_it_shows_the_first_rows_as_they_were_understood(self, posters, table):
        rows = "\n".join(f"{number},dusk.png,Western,Film {number},19{number},train" for number in range(50, 60))
        table.write_text(f"id,image,genre,title,year,split\n{rows}\n")
        shown = posters("catalogue", table, "--min-posters", 1).err.splitlines()[-7:-1]
        assert [line.split("  ") for line in shown[1:]] == [
            [str(number), "dusk.png", f"Film {number}", f"19{number}", "Western", "train"] for number in range(50, 55)
        ]
        assert shown[0].split() == ["id", "image", "title", "year", "genres", "split"]
        assert posters("catalogue", table, "--min-posters", 1, "--rows", 7).err.count("dusk.png") == 7
        assert "dusk.png" not in posters("catalogue", table, "--min-posters", 1, "--rows", 0).err

    def test_it_draws_a_sheet(self, posters, table, tmp_path):
        (table.parent / "images" / "night.png").write_text("no image")
        outcome = posters("catalogue", table, "--min-posters", 1, "--sheet", tmp_path / "sheet.jpg")
        assert outcome.code == 0
        assert outcome.err.endswith(f"wrote {tmp_path / 'sheet.jpg'}; 1 poster of it can't be read\n")
        assert (tmp_path / "sheet.jpg").read_bytes()[:2] == b"\xff\xd8"

    def test_the_dialects(self, posters):
        import posters as package

        outcome = posters("catalogue", "--dialects")
        assert (outcome.code, outcome.err) == (0, "")
        assert [line.split()[0] for line in outcome.out.splitlines()] == list(package.dialect_names())
        assert all(len(line.split()) > 3 for line in outcome.out.splitlines())

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "which table? posters catalogue TABLE"),
            (["nowhere.csv"], "nowhere.csv: there is no such table"),
            (["TABLE", "--min-posters", "0"], "min_posters"),
            (["TABLE", "--min-posters", "few"], "--min-posters"),
            (["TABLE", "--dialect", "klingon"], "there is no dialect 'klingon'"),
            (["TABLE", "--images", "nowhere"], "nowhere: there is no such image folder"),
            (["TABLE", "--alias", "Suspense"], "--alias must be OTHER=GENRE, but got 'Suspense'"),
            (["TABLE", "--alias", "=Thriller"], "--alias must be OTHER=GENRE, but got '=Thriller'"),
            (["TABLE", "--alias", "A=Drama", "--alias", "A=War"], "--alias gives 'A' both 'Drama' and 'War'"),
            (["TABLE"], "no genre has 20 posters"),
            (["TABLE", "--rows", "-1"], "--rows must be 0 or more, but got -1"),
            (["TABLE", "--sheet", "sheet.txt"], "sheet.txt: a sheet is a picture: name it .jpg, .jpeg, .png, .webp"),
        ],
        ids=" ".join,
    )
    def test_what_it_refuses(self, posters, table, arguments, says):
        assert says in posters("catalogue", *(table if word == "TABLE" else word for word in arguments)).refusal


@given(st.lists(st.builds(Poster, st.text(), st.text(), st.lists(st.text()).map(tuple), st.none() | st.text())))
def test_any_poster_is_one_line_of_a_terminal(rows):
    lines = list(first_rows(rows))
    assert len(lines) == (len(rows) + 3 if rows else 0)
    assert all(columns(line) <= WIDTH and (line.isprintable() or not line) for line in lines)
