"""What people decided in Label Studio comes back as decisions: who, when, once, and undone as a whole."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posters.errors import PostersError, ReviewError
from posters.review import DecisionStore, import_decisions, undo_import
from posters.review.datasets import label_studio_tasks
from tests.catalogue.test_label_studio import annotation, brief, task


def by(who, genres=(), time="2026-11-28T09:00:00Z", unknown=(), **others):
    about = {"completed_by": who, "created_at": time, "lead_time": 3.5}
    return annotation(genres, unknown, **about | others)


ANN, BEN = {"id": 1, "email": "ann@example.org"}, {"id": 2, "email": "ben@example.org"}
# Of a table with tt1: Crime and Drama, tt2: Horror, tt3: Comedy.
TASKS = [
    task(1, by(ANN, ["Crime"]), by(BEN, ["Crime", "Drama"])),
    task(2, by(ANN, ["Horror"], unknown=["Comedy"])),
    task(3, by(BEN, was_cancelled=True)),
    task(9, by(ANN, ["Crime"])),
]


@pytest.fixture
def write(tmp_path):
    def write_(tasks, name="export.json"):
        (tmp_path / name).write_text(tasks if isinstance(tasks, str) else json.dumps(tasks))
        return tmp_path / name

    return write_


@pytest.fixture
def review(opening):
    return opening()


def standing(store):
    return {(each.poster, each.reviewer): each.genres for each in store.standing()}


def test_who_decided_when_and_what(review, write):
    found = import_decisions(write(TASKS), review.catalogue, review.store)
    no = dict.fromkeys(("Crime", "Drama", "Horror", "Comedy"), "no")
    assert standing(review.store) == {
        ("tt1", "ann@example.org"): no | {"Crime": "yes"},
        ("tt1", "ben@example.org"): no | {"Crime": "yes", "Drama": "yes"},
        ("tt2", "ann@example.org"): no | {"Horror": "yes", "Comedy": "unknown"},
        ("tt3", "ben@example.org"): {},
    }
    assert {each.time for each in review.store.standing()} == {"2026-11-28T09:00:00.000+00:00"}
    assert [each.kind for each in review.store.standing()] == ["decided"] * 3 + ["skipped"]
    assert found.notes == (f"1 task left out: not about a poster of {review.catalogue.name}",)
    assert str(found).startswith("4 decisions taken over of ann@example.org and ben@example.org about 3 posters")


def test_agreement_counts_them_beside_those_of_the_page(review, write):
    import_decisions(write([task(1, by(ANN, ["Crime", "Drama"]), by(BEN, ["Horror"]))]), review.catalogue, review.store)
    review.store.record("tt1", "cy", {"Crime": "yes", "Drama": "yes", "Horror": "no"})
    found = import_decisions(write([task(2, by(ANN, ["Horror"]))]), review.catalogue, review.store)
    # Two agree on each of three genres, and one differs: 1 - (9 - 1) * 6 / (2 * 5 * 4).
    assert (found.agreement, found.judged_twice) == (pytest.approx(-0.2), 1)


def test_what_they_agree_on_corrects_the_table(review, write):
    import_decisions(write(TASKS), review.catalogue, review.store)
    rows = [(row["id"], row["genre"], row["change"], row["accept"]) for row in review.corrections().rows]
    assert rows == [("tt1", "Drama", "remove", ""), ("tt2", "Comedy", "unknown", "yes")]


def test_nothing_is_taken_twice_and_what_was_decided_since_stays(review, write):
    path = write([task(1, by(ANN, ["Crime"], "2026-11-28T09:00:00+02:00"))])
    for expected in (1, 0):
        assert len(import_decisions(path, review.catalogue, review.store).decisions) == expected
    review.store.record("tt1", "ann@example.org", {"Crime": "no"})
    assert import_decisions(path, review.catalogue, review.store).notes[0].startswith("1 decision left out")
    assert standing(review.store) == {("tt1", "ann@example.org"): {"Crime": "no"}}


def test_decisions_that_went_there_with_their_tasks_are_nobody_elses(review, write):
    """Label Studio calls them annotations of whoever imported the tasks."""
    review.store.record("tt1", "ann", {"Crime": "yes", "Drama": "no", "Western": "no"})
    tasks = label_studio_tasks(review.catalogue, review.store.standing())
    for each in tasks:
        for own in each["annotations"]:
            own |= {"id": 5, "completed_by": BEN, "created_at": "2026-11-28T09:00:00Z", "lead_time": None}
    assert import_decisions(write(tasks), review.catalogue, review.store).decisions == ()
    tasks[0]["annotations"].append(by(BEN, ["Crime"]))  # He came to the same by himself.
    assert len(import_decisions(write(tasks), review.catalogue, review.store).decisions) == 1


def test_an_import_is_taken_back_as_a_whole_and_comes_again(review, write):
    before = review.store.record("tt1", "ann@example.org", {"Crime": "unknown"})
    later = f"{int(before.time[:4]) + 1}-01-01T00:00:00Z"
    path = write([task(1, by(ANN, ["Drama"], later), by(BEN, ["Crime"]))])
    import_decisions(path, review.catalogue, review.store)
    assert undo_import(path, review.store) == 2
    assert review.store.standing() == (before,)
    assert len(review.store.history()) == 3
    assert len(import_decisions(path, review.catalogue, review.store).decisions) == 2
    other = write([task(2, by(ANN, ["Horror"]))], "other.json")
    with pytest.raises(ReviewError, match=r"no decision in .*review\.sqlite came from .*other\.json, as it is now"):
        undo_import(other, review.store)


def test_brief_exports_and_posters_by_image(review, write):
    row = brief(1, "Crime", annotator=7, updated_at="2026-11-28T10:00:00") | {
        "poster_id": "",
        "image": "/data/upload/3/1a2b3c4d-1.jpg",
    }
    import_decisions(write([row]), review.catalogue, review.store)
    [found] = review.store.standing()
    assert (found.poster, found.reviewer, found.time) == ("tt1", "7", "2026-11-28T10:00:00.000+00:00")


def test_a_genre_that_was_perhaps_not_asked_for_gets_no_answer(review, write):
    began = {"predictions": [{"result": annotation(["Drama"])["result"]}]}
    found = import_decisions(write([task(1, by(ANN, ["crime"])) | began]), review.catalogue, review.store)
    assert standing(review.store) == {("tt1", "ann@example.org"): {"Crime": "yes", "Drama": "no"}}
    assert "no answer about Comedy and Horror: export.json never names them" in found.notes[0]


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ("id,genres\n1,Crime\n", "is no export of Label Studio: export JSON, JSON-MIN or CSV there"),
        ([task(8, by(ANN, ["Crime"]))], "none of its 1 task is about a poster of "),
        ([task(1, by(None, ["Crime"]))], "row 1: an annotation doesn't tell whose it is"),
        ([task(1, by(ANN, ["Crime"], "yesterday"))], "'yesterday' is no time of an annotation"),
        ([task(1, by(ANN, ["Crime"], "0001-01-01T00:00:00+14:00"))], "is no time of an annotation"),
        ([task(1) | {"annotations": [{"result": 3}]}], "is no task of Label Studio's JSON export"),
        ([task(1)], "genres are read from a control of choices, but it has none"),
        ("[{", "export.json"),
    ],
)
def test_a_foreign_or_damaged_export_is_one_line_and_keeps_nothing(review, write, tasks, words):
    with pytest.raises(PostersError) as caught:
        import_decisions(write(tasks), review.catalogue, review.store)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert review.store.history() == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_damaged_is_one_line_or_whole(review, write, data):
    value = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.none(), max_size=1) | st.just({})
    tasks = json.loads(json.dumps(TASKS[:2]))
    place = tasks
    for _ in range(data.draw(st.integers(1, 7))):
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(place[key], dict | list) or not place[key]:
            break
        parent, place = place, place[key]
    else:
        place, key = parent, key
    place[key] = data.draw(value)
    before = len(review.store.history())
    with suppress(PostersError):
        found = import_decisions(write(tasks), review.catalogue, review.store)
        before += len(found.decisions)
    assert len(review.store.history()) == before


def test_a_database_of_other_posters_is_refused(review, write, tmp_path):
    store = DecisionStore(tmp_path / "other.sqlite")
    store.record("tt77", "ann", {"Crime": "yes"})
    with pytest.raises(ReviewError, match="has decisions about are not in"):
        import_decisions(write(TASKS), review.catalogue, store)
