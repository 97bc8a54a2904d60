"""Genre cells to names, and names to genres."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.catalogue.genre_names import ALIASES, IMDB_GENRES, GenreNames, count_spellings, genre_key
from posters.catalogue.genres import clean_name, parse_genres
from posters.catalogue.tally import Tally
from posters.errors import CatalogueError

WORDS = st.text(st.characters(exclude_characters="|;,[]{}"), min_size=1).map(clean_name).filter(bool)
ANYTHING = st.text() | st.text("[]{}'\"\\,|; aN/\n\0\ud800")
JSON_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("name"), inner),
    max_leaves=8,
)


def settle(spellings, aliases=None):
    tally = Tally()
    return GenreNames(aliases).settle(spellings, tally), tally.losses()


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("", ()),
        (None, ()),
        ("[]", ()),
        ("Drama", ("Drama",)),
        (" Drama | Sci-Fi |", ("Drama", "Sci-Fi")),
        ("Action, Adventure;War", ("Action, Adventure", "War")),
        ("Science   Fiction", ("Science Fiction",)),
        ("(no genres listed)", ("(no genres listed)",)),
        ("['Drama', \"Children's\"]", ("Drama", "Children's")),
        ("['a\\d']", ("a\\d",)),
        ('["Drama", "War"]', ("Drama", "War")),
        ("{'War'}", ("War",)),
        ("{'id': 1, 'name': 'War'}", ("War",)),
        ('[{"name": "War"}, {"name": " "}]', ("War",)),
        (["War", {"name": "Drama"}], ("War", "Drama")),
        ("Cafe\u0301", ("Caf\u00e9",)),
    ],
)
def test_cells(cell, names):
    assert parse_genres(cell) == names


@given(ANYTHING | JSON_DATA)
def test_any_cell_gives_clean_names_or_is_refused(cell):
    try:
        names = parse_genres(cell)
    except CatalogueError:
        return
    assert all(name and name == clean_name(name) for name in names)


@given(st.lists(WORDS), st.sampled_from("|;,"))
def test_joined_names_come_back(names, separator):
    assert parse_genres(separator.join(names)) == tuple(names)


@given(st.lists(WORDS), st.sampled_from([json.dumps, repr]))
def test_listed_names_come_back(names, spell):
    assert parse_genres(spell(names)) == tuple(names)
    assert parse_genres(spell([{"name": name} for name in names])) == tuple(names)


@given(st.text())
def test_a_clean_name_stays_as_it_is(text):
    assert clean_name(clean_name(text)) == clean_name(text)


class TestNames:
    @pytest.mark.parametrize(
        "spelling", ["Sci-Fi", "sci-fi", "SCI FI", "scifi", "Science Fiction", "science-fiction", "SF"]
    )
    def test_science_fiction_has_one_name(self, spelling):
        assert settle({spelling: 1})[0] == {spelling: "Sci-Fi"}

    @pytest.mark.parametrize("spelling", ["N/A", "n/a", "None", "", "nan", "\\N", "-", "(no genres listed)", "Unknown"])
    def test_placeholders_name_no_genre(self, spelling):
        settled, losses = settle({spelling: 8})
        assert settled == {spelling: None}
        assert losses[0].examples == (f"{spelling} on 8 rows".strip(),)

    def test_the_commonest_spelling_of_an_unknown_genre_wins(self):
        settled, losses = settle({"anime": 2, "Anime": 5, "ANIME": 2})
        assert set(settled.values()) == {"Anime"}
        assert [str(loss) for loss in losses] == [
            "2 genres: another spelling of a genre, merged (ANIME -> Anime on 2 rows, anime -> Anime on 2 rows)"
        ]

    def test_a_tie_between_spellings_is_settled_the_same_way_in_any_order(self):
        assert settle({"anime": 1, "Anime": 1})[0] == settle({"Anime": 1, "anime": 1})[0]

    def test_music_is_no_musical(self):
        assert settle({"music": 1, "Musicals": 1})[0] == {"music": "Music", "Musicals": "Musical"}

    def test_genres_joined_by_a_slash_are_one_and_said_to_be(self):
        tally = Tally()
        spellings = {"Action/War": 2, "Drama / SF": 1, "Sci-Fi/Heist": 1, "/": 1, "Drama": 1}
        settled = GenreNames().settle(spellings, tally)
        assert settled == {name: name for name in spellings}
        (loss,) = tally.losses()
        assert "joined by a slash are read as one" in loss.reason
        assert [item.genre for item in loss.items] == ["Action/War", "Drama / SF"]

    def test_an_alias_settles_a_slash(self):
        tally = Tally()
        GenreNames({"Action/War": "War"}).settle({"Action/War": 1}, tally)
        assert [loss.cause for loss in tally.losses()] == ["alias"]

    def test_users_aliases_come_first(self):
        aliases = {"suspense": "Thriller", "Sci-Fi": "Fantasy", "N/A": "Other"}
        settled, _ = settle(dict.fromkeys(["Suspense", "Science Fiction", "sci-fi", "N/A", "War"], 1), aliases)
        assert settled == {
            "Suspense": "Thriller", "Science Fiction": "Fantasy", "sci-fi": "Fantasy", "N/A": "Other", "War": "War",
        }  # fmt: skip

    def test_users_may_turn_an_alias_round(self):
        settled, _ = settle(dict.fromkeys(["Sci-Fi", "science fiction", "SF"], 1), {"Sci-Fi": "Science Fiction"})
        assert set(settled.values()) == {"Science Fiction"}

    def test_the_table_of_aliases_leads_to_genres(self):
        assert set(ALIASES.values()) <= set(IMDB_GENRES)
        assert not set(map(genre_key, ALIASES)) & set(map(genre_key, IMDB_GENRES))

    def test_a_name_counts_once_a_row(self):
        assert count_spellings([("War", "War"), ("War", "Drama"), ()]) == {"War": 2, "Drama": 1}

    @given(st.dictionaries(st.sampled_from(["War", "war", "SF", "Anime", "anime", "N/A", "x", "X"]), st.integers(1, 9)))
    def test_settling_does_not_depend_on_order(self, spellings):
        shuffled = list(spellings.items())
        random.Random(0).shuffle(shuffled)
        assert settle(spellings) == settle(dict(shuffled))
