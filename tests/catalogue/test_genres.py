"""Genre cells to names, and names to genres."""

import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posters.catalogue.genre_cells import clean_name, parse_genres
from posters.catalogue.genre_names import ALIASES, IMDB_GENRES, GenreNames, count_spellings, genre_key
from posters.catalogue.problems import ProblemLog
from posters.errors import CatalogueError

WORDS = st.text(st.characters(exclude_characters="|;,[]{}()"), min_size=1).map(clean_name).filter(bool)
ANYTHING = st.text() | st.text("[]{}'\"\\,|; aN/\n\0\ud800")
JSON_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("name"), inner),
    max_leaves=8,
)


def numpy_2(names):
    return f"[{', '.join(map(numpy_scalar, names))}]"


def numpy_scalar(name):
    return f"np.str_({name!r})" if isinstance(name, str) else repr(name)


def settle(spellings, aliases=None):
    log = ProblemLog()
    return GenreNames(aliases).settle(spellings, log), log.problems()


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
        ("('Drama', 'War')", ("Drama", "War")),
        ("('Drama',)", ("Drama",)),
        ("(Drama, War)", ("Drama", "War")),
        ('{Drama,"Film Noir"}', ("Drama", "Film Noir")),
        ("[Drama, War]", ("Drama", "War")),
        ("['Drama' 'War']", ("Drama", "War")),
        ("['Drama'\n 'War']", ("Drama", "War")),
        ("[np.str_('Drama'), np.str_('War')]", ("Drama", "War")),
        ("array(['Drama', 'War'], dtype='<U5')", ("Drama", "War")),
        ("array(['Drama', 'War'], dtype=object)", ("Drama", "War")),
        ("frozenset({'War'})", ("War",)),
        ("set()", ()),
        ("['Drama', nan]", ("Drama", "none")),
        ("['Drama', None]", ("Drama", "none")),
        ('["Drama", null]', ("Drama", "none")),
        ('["Drama", NaN]', ("Drama", "NaN")),
        ("['nan', 'Nan of the North']", ("nan", "Nan of the North")),
        ("[18, 35]", ("18", "35")),
        ([18, 35], ("18", "35")),
        ("Drama\nWar", ("Drama", "War")),
        ("Drama\r\nSword, Sandal", ("Drama", "Sword, Sandal")),
    ],
)
def test_cells(cell, names):
    assert parse_genres(cell) == names


@pytest.mark.parametrize(
    "brackets", ["<>", "\u00ab\u00bb", "\u3010\u3011", "\u300c\u300d", "\uff08\uff09", "\uff3b\uff3d"]
)
@pytest.mark.parametrize("comma", [", ", "\u3001", "\uff0c"])
def test_brackets_and_commas_of_other_keyboards_are_no_part_of_a_name(brackets, comma):
    assert parse_genres(f"{brackets[0]}Drama{comma}War{brackets[1]}") == ("Drama", "War")
    assert parse_genres(f"{brackets[0]}Drama{brackets[1]}") == ("Drama",)


@pytest.mark.parametrize("cell", ["<NA>", "Drama <3", "<b>Drama</b>", "<Drama\u300d", "<"])
def test_not_all_that_begins_with_such_a_bracket_is_a_list(cell):
    assert parse_genres(cell) == (cell,)


@pytest.mark.parametrize("cell", ["['Drama' 'War', 'Crime']", "['Drama", "[", "{'a': 1}", "[[1]]", "['a'] x"])
def test_a_list_that_is_none_is_refused(cell):
    with pytest.raises(CatalogueError):
        parse_genres(cell)


@given(st.lists(WORDS.filter(lambda word: "'" not in word), min_size=1), st.sampled_from([" & ", " + ", " / "]))
@example(["Drama", ""], " & ")
@example(["", "Drama", ""], " + ")
def test_any_separator_that_is_named_splits(names, separator):
    names = [name.replace(separator.strip(), "") for name in names]
    assert parse_genres(separator.join(names), separator=separator) == tuple(filter(None, map(clean_name, names)))


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


@given(st.lists(WORDS), st.sampled_from([json.dumps, repr, numpy_2]))
def test_listed_names_come_back(names, spell):
    assert parse_genres(spell(names)) == tuple(names)
    assert names == [] or parse_genres(repr(tuple(names))) == tuple(names)
    assert sorted(parse_genres(repr(set(names)))) == sorted(set(names))
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
        settled, problems = settle({spelling: 8})
        assert settled == {spelling: None}
        assert problems[0].examples == (f"{spelling} on 8 rows".strip(),)

    def test_the_commonest_spelling_of_an_unknown_genre_wins(self):
        settled, problems = settle({"anime": 2, "Anime": 5, "ANIME": 2})
        assert set(settled.values()) == {"Anime"}
        assert [str(problem) for problem in problems] == [
            "2 genres: another spelling of a genre, merged (ANIME -> Anime on 2 rows, anime -> Anime on 2 rows)"
        ]

    def test_a_tie_between_spellings_is_settled_the_same_way_in_any_order(self):
        assert settle({"anime": 1, "Anime": 1})[0] == settle({"Anime": 1, "anime": 1})[0]

    def test_music_is_no_musical(self):
        assert settle({"music": 1, "Musicals": 1})[0] == {"music": "Music", "Musicals": "Musical"}

    @pytest.mark.parametrize(
        "joining", ["/", " / ", "&", " & ", "+", ", ", ";", " and ", " And ", " ", "\u00b7", "\u3001", "\uff0f"]
    )
    def test_genres_joined_in_one_name_stay_one_and_are_reported(self, joining):
        name = f"Drama{joining}Film-Noir"
        settled, (problem,) = settle({name: 2, "Drama": 1})
        assert settled == {name: name, "Drama": "Drama"}
        assert "several genres joined in one name are read as one" in problem.reason
        assert "--separator" in problem.reason
        assert [item.genre for item in problem.items] == [name]

    @pytest.mark.parametrize(
        "name", ["Film-Noir", "Film Noir", "Sci-Fi/Heist", "Sword and Sorcery", "/", "&", "Reality-TV", "War Dramas X"]
    )
    def test_a_name_of_many_words_is_one_genre(self, name):
        assert not [problem for problem in settle({name: 2, "Drama": 1})[1] if problem.cause == "joined genres"]

    def test_genres_of_the_table_may_be_joined_too(self):
        _, (problem,) = settle({"Heist & Anime": 1, "Heist": 3, "Anime": 2})
        assert problem.examples == ("Heist & Anime on 1 row",)

    def test_no_genre_of_imdb_is_joined(self):
        assert settle(dict.fromkeys(IMDB_GENRES, 1))[1] == ()

    def test_numbers_of_tmdb_become_its_names(self):
        settled, problems = settle({"18": 3, "878": 1, "10759": 1, "4711": 2})
        assert settled == {"18": "Drama", "878": "Sci-Fi", "10759": "Action & Adventure", "4711": None}
        assert [problem.count for problem in problems if problem.cause == "not a genre"] == [1]

    def test_numbers_of_somebody_else_stay(self):
        numbers = {str(number): 5 for number in range(21)}
        assert settle(numbers)[0] == {number: number for number in numbers}

    def test_an_alias_settles_a_slash(self):
        log = ProblemLog()
        GenreNames({"Action/War": "War"}).settle({"Action/War": 1}, log)
        assert [problem.cause for problem in log.problems()] == ["alias"]

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
