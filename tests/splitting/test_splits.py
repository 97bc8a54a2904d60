"""Splits: every poster has one split, no group is cut, each split gets its share of each genre; errors and warnings."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posters.catalogue import SPLITS, Catalogue, Poster
from posters.config import TrainConfig
from posters.errors import ConfigError, SplitError
from posters.splitting.splits import (
    Splits,
    count_genres,
    draw_splits,
    given_splits,
    read_splits,
    splits_by_id,
    splits_table,
    write_splits,
)


def catalogue_of(genres, splits=(), names=("Comedy", "Drama", "Horror")):
    splits = [*splits, *[None] * (len(genres) - len(splits))]
    posters = tuple(
        Poster(f"tt{row:04}", f"{row}.jpg", tuple(sorted(own)), split=split)
        for row, (own, split) in enumerate(zip(genres, splits, strict=True))
    )
    return Catalogue(posters, names, Path("images"))


def some_genres(count, seed=0):
    """Drama for half of them, Comedy for a third, Horror for a tenth."""
    draws = np.random.default_rng(seed).random((count, 3))
    names = np.array(["Comedy", "Drama", "Horror"])
    return [names[row < (0.33, 0.5, 0.1)].tolist() for row in draws]


# Drawing a split


def test_a_drawn_split_has_every_poster_once_in_the_catalogues_order():
    catalogue = catalogue_of(some_genres(400))
    splits = draw_splits(catalogue, validation=0.2, test=0.1, seed=3)
    assert sorted(splits.train + splits.validation + splits.test) == list(catalogue.ids)
    for split in SPLITS:
        assert list(splits.ids(split)) == sorted(splits.ids(split))
    assert [len(splits.ids(split)) for split in SPLITS] == pytest.approx([280, 80, 40], abs=4)
    assert (splits.seed, splits.fingerprint) == (3, catalogue.fingerprint())
    assert splits == draw_splits(catalogue, validation=0.2, test=0.1, seed=3)
    assert splits != draw_splits(catalogue, validation=0.2, test=0.1, seed=4)


def test_a_drawn_split_cuts_no_group(messages):
    groups = np.random.default_rng(0).integers(0, 120, 400)
    catalogue = catalogue_of(some_genres(400))
    splits = draw_splits(catalogue, groups).by_id()
    by_group = {(int(group), splits[id]) for group, id in zip(groups, catalogue.ids, strict=True)}
    assert len(by_group) == len(set(groups.tolist()))
    assert messages == []


@pytest.mark.parametrize("given_names", [("test",), ("validation",), ("validation", "test")])
def test_splits_of_the_table_are_kept_and_the_others_drawn_from_training(given_names):
    given = [given_names[row % len(given_names)] if row < 100 else "train" for row in range(600)]
    catalogue = catalogue_of(some_genres(600), given)
    splits = draw_splits(catalogue)
    found = splits.by_id()
    for poster, split in zip(catalogue, given, strict=True):
        assert found[poster.id] == split or (split == "train" and found[poster.id] not in given_names)
    for split in {"validation", "test"} - set(given_names):
        assert len(splits.ids(split)) == pytest.approx(500 * 0.15 / 0.85, abs=3)
    assert (splits.seed is None) == (len(given_names) == 2)


def test_posters_without_a_split_are_drawn_like_those_for_training():
    catalogue = catalogue_of(some_genres(300), ["train"] * 100 + ["test"] * 50)
    splits = draw_splits(catalogue)
    assert set(splits.test) == {f"tt{row:04}" for row in range(100, 150)}
    assert set(splits.train) & {f"tt{row:04}" for row in range(150, 300)}


def test_leaks_between_splits_of_the_table_are_counted(messages):
    catalogue = catalogue_of([["Drama", "Comedy", "Horror"]] * 60, ["test"] * 20 + ["validation"] * 20)
    draw_splits(catalogue, np.arange(60) % 30)
    assert messages == ["30 films or pictures are in more than one split: the test scores will be too good"]


# Given splits


FOUR = catalogue_of([["Drama"], ["Drama", "Comedy"], ["Comedy"], ["Drama"]], names=("Comedy", "Drama"))
SPLITS_OF_FOUR = {"tt0000": "train", "tt0001": "validation", "tt0002": "test", "tt0003": "train"}


def test_a_given_split_is_kept(messages):
    splits = given_splits(FOUR, SPLITS_OF_FOUR)
    assert splits == Splits(("tt0000", "tt0003"), ("tt0001",), ("tt0002",), None, FOUR.fingerprint())
    assert splits.by_id() == SPLITS_OF_FOUR
    assert messages == [
        "the train split has no poster of Comedy",
        "the test split has no poster of Drama",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nm1": "train", "nm2": "test"}, "name 2 posters that are not in the catalogue, such as 'nm1'"),
        ({"tt0003": "tset"}, "a split is one of train, validation, test, but got 'tset' for the poster 'tt0003'"),
        ({"tt0003": None}, "a split is one of train, validation, test, but got None for the poster 'tt0003'"),
        ({"tt0001": "train"}, "the validation split has no posters: take a larger share or more posters (validation"),
        ({"tt0000": "test", "tt0003": "test"}, "the train split has no posters"),
    ],
)
def test_a_given_split_that_cannot_be_used_is_refused(changes, message):
    with pytest.raises(SplitError) as caught:
        given_splits(FOUR, {**SPLITS_OF_FOUR, **changes})
    assert message in str(caught.value)


def test_a_split_without_any_genre_is_refused():
    catalogue = catalogue_of([["Drama"], ["Drama"], []])
    with pytest.raises(SplitError, match="no poster of the test split has a genre"):
        given_splits(catalogue, dict(zip(catalogue.ids, SPLITS, strict=True)))


def test_a_warning_counts_posters_that_no_given_split_names(messages):
    splits = given_splits(FOUR, {id: split for id, split in SPLITS_OF_FOUR.items() if id != "tt0003"})
    assert "tt0003" not in splits.by_id()
    assert messages[0] == "1 posters of the catalogue are in no split, and are not used"


def test_leaks_of_a_given_split_are_counted(messages):
    given_splits(FOUR, SPLITS_OF_FOUR, np.array([1, 1, 2, 2]))
    assert messages[-1] == "2 films or pictures are in more than one split: the test scores will be too good"


def test_a_poster_that_was_left_out_leaks_nothing(messages):
    given_splits(FOUR, {id: split for id, split in SPLITS_OF_FOUR.items() if id != "tt0003"}, np.array([0, 1, 2, 2]))
    assert not any("more than one split" in message for message in messages)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_posters_for_three_splits_are_refused(count):
    with pytest.raises(SplitError, match="split has no posters"):
        draw_splits(catalogue_of([["Drama"]] * count))


def test_a_poster_has_one_split():
    with pytest.raises(SplitError, match="the poster 'b' is listed more than once"):
        Splits(("a", "b"), ("b",), ("c",), None, "")
    with pytest.raises(SplitError, match="a split is one of train, validation, test, but got 'dev'"):
        Splits(("a",), ("b",), ("c",), None, "").ids("dev")


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
def test_splits_round_trip_with_any_ids(tmp_path_factory, ids):
    splits = Splits(tuple(ids[2:]), (ids[0],), (ids[1],), 0, "")
    path = tmp_path_factory.mktemp("split") / "split.csv"
    write_splits(splits, path)
    assert read_splits(path) == splits.by_id()


def test_a_split_made_by_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "split.csv"
    path.write_bytes(b"\xef\xbb\xbfid,split,note\r\na,train,\r\n\r\nb,test,good\r\n")
    assert read_splits(path) == {"a": "train", "b": "test"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,split\na,train\nb,tset\n", "row 3: 'tset' is no split: use train, validation (val, dev) or test"),
        ("id,split\na\n", "row 2: must be an id and a split"),
        ("id,split\n,train\n", "row 2: must be an id and a split"),
        ("id,split\na,train\na,test\n", "row 3: the poster 'a' is listed twice"),
        ("id,split\na,train\n\na,test\n", "row 4: the poster 'a' is listed twice"),
    ],
)
def test_a_damaged_split_is_refused_by_file_and_row(tmp_path, content, message):
    path = tmp_path / "split.csv"
    path.write_text(content)
    with pytest.raises(SplitError) as caught:
        read_splits(path)
    assert str(caught.value).startswith(f"{path}, {message}")


@pytest.mark.parametrize(
    ("content", "columns"),
    [("name,split\na,train\n", "name, split"), ("id;split\na;train\n", "id;split"), ("", "none")],
)
def test_a_table_with_other_columns_is_refused(tmp_path, content, columns):
    path = tmp_path / "split.csv"
    path.write_text(content)
    with pytest.raises(SplitError) as caught:
        read_splits(path)
    assert str(caught.value) == f"{path}: splits have the columns id and split, but this has {columns}"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'id,split\n"' + b"a" * 200_000 + b'",train\n', None])
def test_a_split_that_cannot_be_read_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "split.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SplitError, match="the splits can't be read") as caught:
        read_splits(path)
    assert "\n" not in str(caught.value)


def test_the_table_counts_posters_and_genres_of_each_split():
    splits = given_splits(FOUR, SPLITS_OF_FOUR)
    assert splits_table(FOUR, splits).splitlines() == [
        "              train  validation        test",
        "posters           2           1           1",
        "Comedy            0           1           1",
        "Drama             2           1           0",
    ]
    counts = count_genres(FOUR, splits)
    assert sum((Counter(of_split) for of_split in counts.values()), Counter()) == FOUR.genre_counts()


def test_the_table_counts_only_posters_of_the_split():
    splits = given_splits(FOUR, {id: split for id, split in SPLITS_OF_FOUR.items() if id != "tt0003"})
    assert count_genres(FOUR, splits)["train"] == {"Comedy": 0, "Drama": 1}
    wide = replace(FOUR, genre_names=("Comedy", "Drama", "Film noir and gangsters"))
    assert len({len(line) for line in splits_table(wide, splits).splitlines()}) == 1


# --- Without test posters, and split files of others ---


def test_there_may_be_no_test_posters():
    many = catalogue_of([["Drama"]] * 20)
    splits = draw_splits(many, validation=0.2, test=0)
    assert (len(splits.train), len(splits.validation), splits.test) == (16, 4, ())
    given = {"tt0000": "train", "tt0003": "train", "tt0002": "train", "tt0001": "validation"}
    assert given_splits(FOUR, given).test == ()


def test_validation_posters_are_needed_and_the_message_gives_the_reason():
    with pytest.raises(SplitError, match=r"the validation split has no posters.*choose the epoch"):
        given_splits(FOUR, {"tt0000": "train", "tt0001": "test"})
    with pytest.raises(ConfigError, match=r"can do without test posters alone \(test=0\)"):
        TrainConfig(validation=0)


@pytest.mark.parametrize("word", ["val", "valid", "VAL", "dev", "development", "validation"])
@pytest.mark.parametrize("columns", ["id,split", "Filename,Set", "image,subset", "file_name,side"])
def test_a_split_file_may_use_the_words_of_others(tmp_path, word, columns):
    path = tmp_path / "splits.csv"
    path.write_text(f"{columns}\na,train\nb,{word}\nc,test\n")
    assert read_splits(path) == {"a": "train", "b": "validation", "c": "test"}


def test_a_split_file_may_name_the_images():
    rows = [
        Poster("1", "covers/heat.jpg", ("Drama",)),
        Poster("2", "alien.jpg", ("Drama",)),
        Poster("3", "x/a.png", ("Drama",)),
    ]
    films = Catalogue((*rows, Poster("4", "y/a.png", ("Drama",))), ("Drama",), Path())
    given = {"heat.jpg": "train", "images/alien.jpg": "val", "x/a.png": "test", "a.png": "train"}
    found = splits_by_id(given, films)
    # Two posters have an image called a.png: nobody knows which is meant.
    assert found == {"1": "train", "2": "val", "3": "test", "a.png": "train"}
    with pytest.raises(SplitError, match=r"not in the catalogue, such as 'a\.png'"):
        given_splits(films, given)
    del given["a.png"]
    assert given_splits(films, given).by_id() == {"1": "train", "2": "validation", "3": "test"}
    with pytest.raises(SplitError, match="the poster '1' is listed more than once"):
        splits_by_id({"1": "train", "heat.jpg": "test"}, films)


def test_an_id_that_looks_like_an_image_is_an_id():
    films = Catalogue((Poster("b.jpg", "a.jpg", ()), Poster("a.jpg", "b.jpg", ())), ("Drama",), Path())
    assert splits_by_id({"a.jpg": "train", "b.jpg": "test"}, films) == {"a.jpg": "train", "b.jpg": "test"}


# --- Splits that go on from others ---


def test_kept_posters_stay_and_only_others_are_drawn():
    many = catalogue_of([["Drama"]] * 60)
    kept = dict(zip(many.ids[:20], ["train"] * 14 + ["validation"] * 3 + ["test"] * 3, strict=True))
    splits = draw_splits(many, kept=kept)
    assert all(splits.by_id()[id] == split for id, split in kept.items())
    # The other 40 by the shares.
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (14 + 28, 3 + 6, 3 + 6)


def test_a_group_follows_its_kept_poster_and_a_divided_one_is_train():
    many = catalogue_of([["Drama"]] * 40)
    groups = np.arange(40)
    groups[[0, 1]], groups[[2, 3]] = 100, 101
    kept = {many.ids[0]: "test", many.ids[2]: "validation", many.ids[3]: "train"}
    by_id = draw_splits(many, groups, kept=kept).by_id()
    assert [by_id[id] for id in many.ids[:4]] == ["test", "test", "train", "train"]


def test_splits_of_the_table_win_over_kept_ones():
    rows = (replace(poster, split="test") if n < 4 else poster for n, poster in enumerate(TWENTY))
    table = Catalogue(tuple(rows), ("Drama",), Path())
    assert set(draw_splits(table, kept={TWENTY[0].id: "train"}).test) == {poster.id for poster in TWENTY[:4]}


TWENTY = catalogue_of([["Drama"]] * 20).posters


@settings(deadline=None)
@given(
    content=st.text(max_size=80)
    | st.lists(st.sampled_from(["id", "split", "filename", ",", "\n", "a", "val", '"']), max_size=20).map("".join)
)
def test_any_split_file_is_read_or_refused_in_one_line(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "splits.csv"
    path.write_text(content, encoding="utf-8", newline="")
    try:
        found = read_splits(path)
    except SplitError as refused:
        found = {}
        told = str(refused)
    else:
        told = ""
    assert "\n" not in told
    assert set(found.values()) <= set(SPLITS)
    assert all(found)
