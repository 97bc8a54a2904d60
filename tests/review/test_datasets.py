"""What was decided, as folders for Label Studio, FiftyOne and Hugging Face's datasets.

`scripts/review_formats.py` has these programs themselves read the folders; here our own reader does, and the formats
are checked against their documents.
"""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posters.catalogue import Catalogue, Poster, read_catalogue
from posters.errors import ReviewError
from posters.review import Decision, write_dataset
from posters.review.datasets import copy_images, label_studio_interface, label_studio_root, label_studio_tasks


def read(path, **options):
    return read_catalogue(path, min_posters=1, report=False, max_lost=1, **options)


@pytest.fixture
def catalogue(opening):
    return opening().catalogue


def decided(number, poster, reviewer, genres, kind="decided"):
    return Decision(number, poster, reviewer, "2026-11-28T09:00:00+00:00", "doubts", kind, genres, {})


DECISIONS = [
    decided(1, "tt1", "ann", {"Crime": "yes", "Drama": "no", "Comedy": "unknown"}),
    decided(2, "tt2", "ann", {"Horror": "yes", "Comedy": "yes"}),
    decided(3, "tt2", "ben", {"Horror": "yes", "Comedy": "no"}),
    decided(4, "tt3", "ben", {}, kind="skipped"),
]


def test_label_studio_gets_a_task_for_each_poster_and_an_annotation_for_each_decision(catalogue, tmp_path):
    write_dataset(tmp_path / "out", "label-studio", catalogue, DECISIONS)
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
    assert [(each["data"]["poster_id"], len(each["annotations"])) for each in tasks] == [
        ("tt1", 1),
        ("tt2", 2),
        ("tt3", 0),
    ]
    # What the table has is what an annotator begins with.
    assert [each["predictions"][0]["result"][0]["value"]["choices"] for each in tasks] == [
        ["Crime", "Drama"],
        ["Horror"],
        ["Comedy"],
    ]
    for address in (each["data"]["image"] for each in tasks):
        assert (label_studio_root(catalogue) / parse_qs(urlsplit(address).query)["d"][0]).is_file()


def test_each_control_and_choice_of_a_task_is_in_the_labelling_interface(catalogue):
    interface = ElementTree.fromstring(label_studio_interface(catalogue.genre_names))
    controls = {each.get("name"): {choice.get("value") for choice in each} for each in interface.iter("Choices")}
    [image] = interface.iter("Image")
    for task in label_studio_tasks(catalogue, DECISIONS):
        assert str(image.get("value")).removeprefix("$") in task["data"]
        for result in (each for done in task["annotations"] + task["predictions"] for each in done["result"]):
            assert (result["to_name"], result["type"]) == (image.get("name"), "choices")
            assert controls[result["from_name"]] >= set(result["value"]["choices"])


def test_the_tasks_of_label_studio_are_a_table_again(catalogue, tmp_path):
    write_dataset(tmp_path / "out", "label-studio", catalogue, DECISIONS)
    again = read(tmp_path / "out" / "tasks.json", images=catalogue.image_root)
    assert [(each.id, each.genres, each.title) for each in again] == [
        ("tt1", ("Crime",), "Heat"),
        ("tt2", ("Horror",), "Alien"),
    ]


def test_posters_without_labels_have_no_predictions(catalogue):
    bare = tuple(replace(each, genres=(), unknown=catalogue.genre_names) for each in catalogue)
    tasks = label_studio_tasks(replace(catalogue, posters=bare), DECISIONS[:1])
    assert [task["predictions"] for task in tasks] == [[], [], []]
    assert tasks[0]["annotations"][0]["result"][0]["value"]["choices"] == ["Crime"]


def test_fiftyone_gets_images_and_lists_of_classes(catalogue, tmp_path):
    write_dataset(tmp_path / "out", "fiftyone", catalogue)
    labels = json.loads((tmp_path / "out" / "labels.json").read_text())
    assert labels["labels"] == {"1": ["Crime", "Drama"], "2": ["Horror"], "3": ["Comedy"]}
    assert labels["classes"] == list(catalogue.genre_names)
    assert {path.stem for path in (tmp_path / "out" / "data").iterdir()} == set(labels["labels"])


@pytest.mark.parametrize("splits", [("train", "train", "test"), ("train", None, None), (None, None, None)])
def test_an_image_folder_is_read_back_as_it_was(catalogue, tmp_path, splits):
    posters = tuple(replace(each, split=split, year=1995) for each, split in zip(catalogue, splits, strict=True))
    catalogue = replace(catalogue, posters=(replace(posters[0], unknown=("Horror",)), *posters[1:]))
    write_dataset(tmp_path / "out", "huggingface", catalogue)
    again = {each.id: each for each in read(tmp_path / "out")}
    assert again.keys() == set(catalogue.ids)
    for poster in catalogue:
        assert replace(again[poster.id], image=poster.image) == poster
    assert (tmp_path / "out" / "train").is_dir() == all(splits)


def test_a_column_has_one_type_in_all_splits(catalogue, tmp_path):
    splits = zip(catalogue, ("train", "train", "test"), strict=True)
    posters = [replace(each, split=split, year=1995 if split == "test" else None) for each, split in splits]
    posters[0] = replace(posters[0], unknown=("Horror",))
    write_dataset(tmp_path / "out", "huggingface", replace(catalogue, posters=tuple(posters)))
    rows = [
        json.loads(line)
        for path in (tmp_path / "out").rglob("metadata.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert {tuple((name, type(cell)) for name, cell in row.items()) for row in rows} == {
        tuple((name, list if name == "genres" else str) for name in rows[0])
    }


def test_a_split_without_genres_is_no_folder_of_its_own(catalogue, tmp_path):
    posters = (replace(catalogue[0], split="train"), replace(catalogue[1], split="test", genres=()))
    write_dataset(tmp_path / "out", "huggingface", replace(catalogue, posters=posters))
    assert (tmp_path / "out" / "metadata.jsonl").is_file()


def test_a_folder_with_something_in_it_stays_as_it_is(catalogue, tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ReviewError, match="exists already: choose another export"):
        write_dataset(tmp_path, "fiftyone", catalogue)
    assert (tmp_path / "mine.txt").is_file()


@pytest.mark.parametrize("kind", ["fiftyone", "huggingface"])
def test_without_an_image_nothing_is_written(catalogue, tmp_path, kind):
    (catalogue.image_root / "2.jpg").unlink()
    with pytest.raises(ReviewError, match=r"2\.jpg: can't be copied \(No such file or directory\): nothing is written"):
        write_dataset(tmp_path / "out", kind, catalogue)
    assert not (tmp_path / "out").exists()


def test_images_of_other_folders_are_below_what_label_studio_serves(tmp_path):
    posters = (Poster("a", str(tmp_path / "x" / "1.jpg"), ()), Poster("b", str(tmp_path / "y" / "1.jpg"), ()))
    catalogue = Catalogue(posters, (), Path())
    assert label_studio_root(catalogue) == tmp_path
    addresses = [task["data"]["image"] for task in label_studio_tasks(catalogue, [])]
    assert addresses == ["/data/local-files/?d=x/1.jpg", "/data/local-files/?d=y/1.jpg"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(["a/1.jpg", "b/1.jpg", "b/1.png", "B/1.JPG", "1-1.jpg", "2-1.jpg"]), unique=True))
def test_no_two_images_have_one_name(tmp_path_factory, names):
    root, folder = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("out")
    for number, name in enumerate(names):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(str(number))
    copied = copy_images(Catalogue(tuple(Poster(name, name, ()) for name in names), (), root), folder)
    assert len({Path(name).stem.casefold() for name in copied.values()}) == len(names)
    assert [(folder / copied[name]).read_text() for name in names] == [str(number) for number in range(len(names))]
