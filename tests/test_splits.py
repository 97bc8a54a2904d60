"""Splits: every poster has one side, no group is cut, each side gets its share of each genre; errors and warnings."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posters.catalogue import SIDES, Catalogue, Poster, read_catalogue
from posters.errors import SplitError
from posters.splits import (
    Split,
    count_genres,
    draw_split,
    given_split,
    read_sides,
    split_table,
    write_split,
)
from posters.stratify import stratify

SHARES = (0.7, 0.15, 0.15)


def catalogue_of(genres, sides=(), names=("Comedy", "Drama", "Horror")):
    sides = [*sides, *[None] * (len(genres) - len(sides))]
    posters = tuple(
        Poster(f"tt{row:04}", f"{row}.jpg", tuple(sorted(own)), side=side)
        for row, (own, side) in enumerate(zip(genres, sides, strict=True))
    )
    return Catalogue(posters, names, Path("images"))


def some_genres(count, seed=0):
    """Drama for half of them, Comedy for a third, Horror for a tenth."""
    draws = np.random.default_rng(seed).random((count, 3))
    names = np.array(["Comedy", "Drama", "Horror"])
    return [names[row < (0.33, 0.5, 0.1)].tolist() for row in draws]


def deviation(y, sides, shares=SHARES):
    """How far the genres' shares on each side are from what they should be, on average."""
    of_genre = np.stack([y[sides == side].sum(axis=0) for side in range(len(shares))]) / y.sum(axis=0)
    return float(np.abs(of_genre - np.array(shares)[:, None]).mean())


# Stratification


@given(
    y=hnp.arrays(np.uint8, st.tuples(st.integers(0, 40), st.integers(1, 6)), elements=st.integers(0, 1)),
    cuts=st.lists(st.floats(0.05, 1), min_size=1, max_size=4),
    seed=st.integers(0, 5),
    data=st.data(),
)
@settings(deadline=None)
def test_every_row_has_a_side_and_no_group_is_cut(y, cuts, seed, data):
    groups = data.draw(hnp.arrays(np.int64, len(y), elements=st.integers(-3, 10)))
    sides = stratify(y, groups, np.array(cuts) / sum(cuts), seed)
    assert sides.shape == (len(y),)
    assert ((sides >= 0) & (sides < len(cuts))).all()
    for group in np.unique(groups):
        assert len(set(sides[groups == group].tolist())) == 1


@pytest.mark.parametrize("shares", [(0.7, 0.15, 0.15), (0.5, 0.5), (0.9, 0.05, 0.05), (0.98, 0.01, 0.01)])
@pytest.mark.parametrize("group_size", [1, 3])
def test_shares_are_kept_on_sizeable_data(shares, group_size):
    y = (np.random.default_rng(0).random((3000, 20)) < np.geomspace(0.01, 0.5, 20)).astype(np.uint8)
    sides = stratify(y, np.arange(3000) // group_size, shares, seed=0)
    assert np.abs(np.bincount(sides) / 3000 - shares).max() < 0.01
    assert deviation(y, sides, shares) < 0.01


def test_genres_are_shared_out_much_better_than_by_chance_on_the_real_set(shared):
    catalogue = read_catalogue(shared / "imdb-posters" / "posters.csv", report=False)
    y = catalogue.multi_hot()
    sides = stratify(y, np.arange(len(y)), SHARES, seed=0)
    chance = np.random.default_rng(0)
    by_chance = [deviation(y, chance.choice(3, len(y), p=SHARES)) for _ in range(20)]
    assert deviation(y, sides) < min(by_chance) / 5
    assert np.abs(np.bincount(sides) / len(y) - SHARES).max() < 0.005


@pytest.mark.parametrize("positives", [3, 4, 5, 7])
@pytest.mark.parametrize("seed", range(5))
def test_a_rare_genre_stands_on_every_side_if_it_has_enough_posters(positives, seed):
    y = np.zeros((200, 2), np.uint8)
    y[:100, 0] = 1
    y[98 : 98 + positives, 1] = 1
    sides = stratify(y, np.arange(200), SHARES, seed)
    assert set(sides[y[:, 1] == 1].tolist()) == {0, 1, 2}
    assert np.abs(np.bincount(sides) / 200 - SHARES).max() <= 0.01


def test_two_posters_of_a_genre_go_to_training_and_to_another_side():
    y = np.zeros((200, 1), np.uint8)
    y[:2] = 1
    sides = sorted(stratify(y, np.arange(200), SHARES, seed=0)[:2].tolist())
    assert sides[0] == 0
    assert sides[1] in (1, 2)


def test_many_rare_genres_do_not_swell_a_small_side():
    y = np.kron(np.eye(40, dtype=np.uint8), np.ones((3, 1), np.uint8))
    sides = stratify(y, np.arange(120), (0.9, 0.05, 0.05), seed=0)
    assert np.abs(np.bincount(sides) / 120 - (0.9, 0.05, 0.05)).max() < 0.02


def test_a_group_larger_than_a_side_goes_where_there_is_most_room():
    groups = np.where(np.arange(100) < 60, 0, np.arange(100))
    sides = stratify(np.ones((100, 1), np.uint8), groups, SHARES, seed=0)
    assert set(sides[:60].tolist()) == {0}
    assert np.abs(np.bincount(sides) / 100 - SHARES).max() <= 0.02


def test_the_seed_decides():
    y = (np.random.default_rng(0).random((300, 5)) < 0.3).astype(np.uint8)
    groups = np.arange(300) // 2
    first = stratify(y, groups, SHARES, seed=1)
    assert (first == stratify(y, groups, SHARES, seed=1)).all()
    assert (first != stratify(y, groups, SHARES, seed=2)).any()
    assert (first == stratify(y, groups * 7 - 5, SHARES, seed=1)).all(), "numbers of groups are names"


# Drawing a split


def test_a_drawn_split_has_every_poster_once_in_the_catalogues_order():
    catalogue = catalogue_of(some_genres(400))
    split = draw_split(catalogue, validation=0.2, test=0.1, seed=3)
    assert sorted(split.train + split.validation + split.test) == list(catalogue.ids)
    for side in SIDES:
        assert list(split.ids(side)) == sorted(split.ids(side))
    assert [len(split.ids(side)) for side in SIDES] == pytest.approx([280, 80, 40], abs=4)
    assert (split.seed, split.fingerprint) == (3, catalogue.fingerprint())
    assert split == draw_split(catalogue, validation=0.2, test=0.1, seed=3)
    assert split != draw_split(catalogue, validation=0.2, test=0.1, seed=4)


def test_a_drawn_split_cuts_no_group(messages):
    groups = np.random.default_rng(0).integers(0, 120, 400)
    catalogue = catalogue_of(some_genres(400))
    sides = draw_split(catalogue, groups).sides()
    by_group = {(int(group), sides[id]) for group, id in zip(groups, catalogue.ids, strict=True)}
    assert len(by_group) == len(set(groups.tolist()))
    assert messages == []


@pytest.mark.parametrize("given_sides", [("test",), ("validation",), ("validation", "test")])
def test_sides_that_the_table_gives_are_kept_and_the_missing_ones_drawn_from_training(given_sides):
    sides = [given_sides[row % len(given_sides)] if row < 100 else "train" for row in range(600)]
    catalogue = catalogue_of(some_genres(600), sides)
    split = draw_split(catalogue)
    found = split.sides()
    for poster, side in zip(catalogue, sides, strict=True):
        assert found[poster.id] == side or (side == "train" and found[poster.id] not in given_sides)
    for side in {"validation", "test"} - set(given_sides):
        assert len(split.ids(side)) == pytest.approx(500 * 0.15 / 0.85, abs=3)
    assert (split.seed is None) == (len(given_sides) == 2)


def test_posters_without_a_side_are_drawn_along_with_those_for_training():
    catalogue = catalogue_of(some_genres(300), ["train"] * 100 + ["test"] * 50)
    split = draw_split(catalogue)
    assert set(split.test) == {f"tt{row:04}" for row in range(100, 150)}
    assert set(split.train) & {f"tt{row:04}" for row in range(150, 300)}


def test_leaks_over_the_sides_of_the_table_are_counted(messages):
    catalogue = catalogue_of([["Drama", "Comedy", "Horror"]] * 60, ["test"] * 20 + ["validation"] * 20)
    draw_split(catalogue, np.arange(60) % 30)
    assert messages == ["30 films or pictures stand on more than one side of the given split: scores will flatter"]


# A split that somebody else made


FOUR = catalogue_of([["Drama"], ["Drama", "Comedy"], ["Comedy"], ["Drama"]], names=("Comedy", "Drama"))
SIDES_OF_FOUR = {"tt0000": "train", "tt0001": "validation", "tt0002": "test", "tt0003": "train"}


def test_a_given_split_is_kept(messages):
    split = given_split(FOUR, SIDES_OF_FOUR)
    assert split == Split(("tt0000", "tt0003"), ("tt0001",), ("tt0002",), None, FOUR.fingerprint())
    assert split.sides() == SIDES_OF_FOUR
    assert messages == [
        "the train side of the split has no poster of Comedy",
        "the test side of the split has no poster of Drama",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nm1": "train", "nm2": "test"}, "names 2 posters that the catalogue does not have ('nm1')"),
        ({"tt0003": "tset"}, "a side is one of train, validation, test, but got 'tset' for the poster 'tt0003'"),
        ({"tt0003": None}, "a side is one of train, validation, test, but got None for the poster 'tt0003'"),
        ({"tt0002": "train"}, "the test side of the split has no posters: take a larger share or more posters"),
        ({"tt0001": "train"}, "the validation side of the split has no posters"),
        ({"tt0000": "test", "tt0003": "test"}, "the train side of the split has no posters"),
    ],
)
def test_a_given_split_that_cannot_be_used_is_refused(changes, message):
    with pytest.raises(SplitError) as caught:
        given_split(FOUR, {**SIDES_OF_FOUR, **changes})
    assert message in str(caught.value)


def test_a_side_without_any_genre_is_refused():
    catalogue = catalogue_of([["Drama"], ["Drama"], []])
    with pytest.raises(SplitError, match="no poster on the test side of the split has a genre"):
        given_split(catalogue, dict(zip(catalogue.ids, SIDES, strict=True)))


def test_posters_that_a_given_split_does_not_name_are_left_out_aloud(messages):
    split = given_split(FOUR, {id: side for id, side in SIDES_OF_FOUR.items() if id != "tt0003"})
    assert "tt0003" not in split.sides()
    assert messages[0] == "1 posters of the catalogue stand on no side of the given split, and are left out"


def test_leaks_of_a_given_split_are_counted(messages):
    given_split(FOUR, SIDES_OF_FOUR, np.array([1, 1, 2, 2]))
    assert messages[-1] == "2 films or pictures stand on more than one side of the given split: scores will flatter"


def test_a_poster_that_was_left_out_leaks_nothing(messages):
    given_split(FOUR, {id: side for id, side in SIDES_OF_FOUR.items() if id != "tt0003"}, np.array([0, 1, 2, 2]))
    assert not any("more than one side" in message for message in messages)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_posters_for_three_sides_are_refused(count):
    with pytest.raises(SplitError, match="side of the split has no posters"):
        draw_split(catalogue_of([["Drama"]] * count))


def test_a_poster_has_one_side():
    with pytest.raises(SplitError, match="the poster 'b' stands more than once in the split"):
        Split(("a", "b"), ("b",), ("c",), None, "")
    with pytest.raises(SplitError, match="a side is one of train, validation, test, but got 'dev'"):
        Split(("a",), ("b",), ("c",), None, "").ids("dev")


# Files and tables


@given(
    ids=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1),
        min_size=3,
        max_size=9,
        unique=True,
    )
)
@settings(deadline=None)
def test_sides_round_trip_with_any_ids(tmp_path_factory, ids):
    split = Split(tuple(ids[2:]), (ids[0],), (ids[1],), 0, "")
    path = tmp_path_factory.mktemp("split") / "split.csv"
    write_split(split, path)
    assert read_sides(path) == split.sides()


def test_a_split_made_by_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "split.csv"
    path.write_bytes(b"\xef\xbb\xbfid,side,note\r\na,train,\r\n\r\nb,test,good\r\n")
    assert read_sides(path) == {"a": "train", "b": "test"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,side\na,train\nb,dev\n", "row 3: a split has the columns id and side"),
        ("id,side\na\n", "row 2: a split has the columns id and side"),
        ("id,side\n,train\n", "row 2: a split has the columns id and side"),
        ("id,side\na,train\na,test\n", "row 3: the poster 'a' stands in the split twice"),
        ("id,side\na,train\n\na,test\n", "row 4: the poster 'a' stands in the split twice"),
    ],
)
def test_a_damaged_split_is_refused_by_file_and_row(tmp_path, content, message):
    path = tmp_path / "split.csv"
    path.write_text(content)
    with pytest.raises(SplitError) as caught:
        read_sides(path)
    assert str(caught.value).startswith(f"{path}, {message}")


@pytest.mark.parametrize(
    ("content", "columns"), [("name,side\na,train\n", "name, side"), ("id;side\na;train\n", "id;side"), ("", "none")]
)
def test_a_table_with_other_columns_is_no_split(tmp_path, content, columns):
    path = tmp_path / "split.csv"
    path.write_text(content)
    with pytest.raises(SplitError) as caught:
        read_sides(path)
    assert str(caught.value) == f"{path}: a split has the columns id and side, but this has {columns}"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'id,side\n"' + b"a" * 200_000 + b'",train\n', None])
def test_a_split_that_cannot_be_read_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "split.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SplitError, match="the split can't be read") as caught:
        read_sides(path)
    assert "\n" not in str(caught.value)


def test_the_table_counts_posters_and_genres_on_each_side():
    split = given_split(FOUR, SIDES_OF_FOUR)
    assert split_table(FOUR, split).splitlines() == [
        "              train  validation        test",
        "posters           2           1           1",
        "Comedy            0           1           1",
        "Drama             2           1           0",
    ]
    counts = count_genres(FOUR, split)
    assert sum((Counter(of_side) for of_side in counts.values()), Counter()) == FOUR.genre_counts()


def test_the_table_counts_only_posters_of_the_split():
    split = given_split(FOUR, {id: side for id, side in SIDES_OF_FOUR.items() if id != "tt0003"})
    assert count_genres(FOUR, split)["train"] == {"Comedy": 0, "Drama": 1}
    wide = replace(FOUR, genre_names=("Comedy", "Drama", "Film noir and gangsters"))
    assert len({len(line) for line in split_table(wide, split).splitlines()}) == 1
