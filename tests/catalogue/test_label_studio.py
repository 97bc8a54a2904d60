"""Exports of Label Studio, as its own converter (label-studio-sdk 2.0) writes them."""

import csv
import io
import json

import pytest

from posters.catalogue import Poster


def annotation(genres=(), unknown=(), **others):
    controls = {"genres": list(genres), "unknown": list(unknown)}
    result = [
        {"from_name": name, "to_name": "poster", "type": "choices", "value": {"choices": chosen}}
        for name, chosen in controls.items()
        if chosen
    ]
    return {"id": 1, "completed_by": 1, "result": result, "was_cancelled": False, **others}


def task(number, *annotations, **data):
    data = {"image": f"/data/local-files/?d={number}.jpg", "poster_id": f"tt{number}", "title": f"Film {number}"} | data
    return {"id": 100 + number, "data": data, "annotations": list(annotations), "project": 3}


def brief(number, genres=None, annotation_id: int | None = 1, **others):
    """A row of JSON-MIN: one annotation; a single choice is text, several are an object, none is nothing."""
    chosen = {} if genres is None else {"genres": genres}
    about = {"annotator": 1, "annotation_id": annotation_id, "created_at": "2026-11-28", "lead_time": 2.5}
    return {**task(number)["data"], "id": 100 + number, **chosen, **about, **others}


TWO = {"choices": ["Crime", "Drama"]}
FULL = [
    task(1, annotation(["Crime", "Drama"])),
    task(2, annotation(["Crime", "Drama"]), annotation(["Drama"])),
    task(3, annotation(["War"], ["Drama"]), annotation(["Crime"], was_cancelled=True)),
]
BRIEF = [brief(1, TWO), brief(2, TWO), brief(2, "Drama", 2), brief(3, "War", unknown="Drama")]
READ = (
    Poster("tt1", "1.jpg", ("Crime", "Drama"), "Film 1"),
    Poster("tt2", "2.jpg", ("Drama",), "Film 2", unknown=("Crime",)),
    Poster("tt3", "3.jpg", ("War",), "Film 3", unknown=("Drama",)),
)


def as_csv(rows):
    columns = dict.fromkeys(name for row in rows for name in row)
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    texts = [{name: json.dumps(cell) if isinstance(cell, dict) else cell for name, cell in row.items()} for row in rows]
    writer.writerows(texts)
    return file.getvalue().replace('{""choices"": [""Crime"", ""Drama""]}', '{""choices"":[""Crime"",""Drama""]}')


@pytest.mark.parametrize(
    ("name", "text"),
    [("full.json", json.dumps(FULL)), ("min.json", json.dumps(BRIEF)), ("export.csv", as_csv(BRIEF))],
)
def test_json_json_min_and_csv_are_one_catalogue(desk, name, text):
    desk.images("1.jpg", "2.jpg", "3.jpg")
    desk.table(name, text)
    catalogue = desk.read(name)
    assert (catalogue.dialect, catalogue.posters) == ("labelstudio", READ)


@pytest.mark.parametrize(
    "rows",
    [
        [*FULL, task(4), task(5, annotation(["War"], was_cancelled=True))],
        [*BRIEF, brief(4, annotation_id=None), brief(5, annotation_id=None)],
    ],
)
def test_tasks_that_nobody_has_annotated_are_counted(desk, rows):
    desk.images("1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg")
    desk.table("t.json", json.dumps(rows))
    catalogue = desk.read("t.json")
    assert catalogue.posters == READ
    assert "2 rows: not annotated in Label Studio" in "\n".join(map(str, catalogue.problems))


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/data/local-files/?d=films/heat%201.jpg", "films/heat 1.jpg"),
        ("/data/upload/3/1a2b3c4d-heat.jpg", "heat.jpg"),
        ("/data/upload/3/1a2b3c4d-heat.jpg", "1a2b3c4d-heat.jpg"),
        ("https://example.org/posters/heat.jpg", "heat.jpg"),
        ("heat.jpg", "heat.jpg"),
    ],
)
def test_images_are_found_by_what_label_studio_calls_them(desk, address, file):
    desk.images(file)
    row = {"id": 1, "data": {"picture": address}, "annotations": [annotation(["War"])]}
    if address == "heat.jpg":
        row["data"] = {"image": address}
    desk.table("t.json", json.dumps([row]))
    assert desk.read("t.json")[0].image == file


@pytest.mark.parametrize("name", ["choice", "shelf"])
def test_a_control_of_another_name_is_taken_if_it_is_the_only_one(desk, name):
    desk.images("1.jpg")
    done = annotation(["War"])
    done["result"][0]["from_name"] = name
    desk.table("t.json", json.dumps([task(1, done)]))
    assert desk.read("t.json").genres == (("War",),)


def test_what_can_not_be_read_is_refused_in_one_line(desk):
    desk.images("1.jpg")
    both = annotation(["War"])
    both["result"] = [dict(both["result"][0], from_name=name) for name in ("mood", "shelf")]
    refusals = {
        "it has several: mood and shelf: call one of them genres": [task(1, both)],
        "from a control of choices, but it has none": [task(1, annotation())],
        "row 1: no image is named in": [task(1, annotation(["War"]), image=None)],
        "row 2: is no task of Label Studio's JSON export": [
            task(1, annotation(["War"])),
            dict(task(2), annotations=[7]),
        ],
        "row 1: is no task": [{"data": "1.jpg", "annotations": []}],
        "would leave the image folder": [task(1, annotation(["War"]), image="/data/local-files/?d=../1.jpg")],
    }
    for reason, rows in refusals.items():
        desk.table("t.json", json.dumps(rows))
        assert reason in desk.refusal("t.json"), reason
