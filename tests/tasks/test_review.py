"""Opening a review: what it asks first, what it refuses before any work, and a sample of unseen posters."""

from dataclasses import replace

import numpy as np
import pytest

from posters.catalogue import Catalogue, Poster, read_catalogue
from posters.classifier import load_classifier
from posters.errors import ReviewError
from posters.runs import Run
from posters.tasks.review import open_review, unlabelled_catalogue
from tests.cli.conftest import finished_run, table
from tests.tasks.test_label_doubts import draw

__all__ = ["finished_run", "table"]


@pytest.fixture
def catalogue(golden, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("id,image,genres\n1,dusk.png,Western\n2,night.png,Comedy|Horror\n3,ghost.png,Drama\n")
    return read_catalogue(table, images=golden / "posters", min_posters=1, report=False)


@pytest.fixture
def classifier(golden):
    return load_classifier(golden / "classifier", interpreters=1)


def test_a_random_sample_records_what_the_classifier_predicts(catalogue, classifier, tmp_path):
    review = open_review(catalogue, tmp_path / "db", classifier, order="random", sample=2, cache=tmp_path / "cache")
    assert len(review.queue.posters) == 2
    item = review.next_item("ann")
    review.decide(item.poster.id, dict.fromkeys(review.genre_names, "no"), "ann")
    assert review.measurement().recall.interval is None
    (kept,) = review.store.standing("random")
    assert kept.shown["predicted"] == list(classifier.predict(catalogue.image_path(item.poster)).genres)


def test_an_unreadable_poster_is_an_item_with_its_reason(catalogue, classifier, tmp_path):
    moved = replace(catalogue, image_root=tmp_path)
    review = open_review(moved, tmp_path / "db", classifier, order="random", cache=tmp_path / "cache")
    assert "there is no such file" in str(review.item("1").prediction.error)


def test_a_database_that_can_not_be_used_is_refused_before_any_work(catalogue, classifier, tmp_path):
    with pytest.raises(ReviewError, match="is a folder"):
        open_review(catalogue, tmp_path, classifier, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_likely_label_errors_come_first_and_then_every_other_poster(tmp_path):
    wrong = {"3", "31", "12"}
    rows = []
    for number in range(48):
        draw(tmp_path / f"{number}.png", number)
        western = (number % 2 == 1) != (str(number) in wrong)
        genres = ("Western",) if western else ("Drama",)
        rows.append(Poster(str(number), f"{number}.png", (*genres, "War") if number == 7 else genres))
    catalogue = Catalogue(tuple(rows), ("Drama", "War", "Western"), tmp_path)
    review = open_review(catalogue, tmp_path / "db", load_classifier(), cache=tmp_path / "cache")
    assert set(review.queue.posters[:3]) == wrong
    assert sorted(review.queue.posters) == sorted(catalogue.ids)
    item = review.next_item("ann")
    assert item.questions[0].doubt in ("missing", "false")
    # Too rare to be doubted, but not forgotten.
    assert [q.label for q in review.item("7").questions if q.genre == "War"] == ["yes"]


def test_a_classifier_that_has_seen_every_poster_is_not_measured_on_them(finished_run, tmp_path):
    run = Run(finished_run)
    classifier = load_classifier(run.path)
    seen = run.catalogue().among(["1", "2"])
    with pytest.raises(ReviewError, match="has seen every poster"):
        open_review(seen, tmp_path / "db", classifier, order="random", cache=tmp_path / "cache")


def test_posters_that_the_classifier_has_seen_are_left_out_of_a_sample(finished_run, tmp_path, messages):
    run = Run(finished_run)
    review = open_review(
        run.catalogue(), tmp_path / "db", load_classifier(run.path), order="random", cache=tmp_path / "cache"
    )
    assert review.queue.posters == ("3",)
    assert any("2 of 3 posters left out of the sample" in line for line in messages)


def test_posters_without_labels_begin_with_the_predictions_the_most_uncertain_first(golden, classifier, tmp_path):
    images = {path.stem: path for path in sorted((golden / "posters").glob("*.png"))}
    catalogue = unlabelled_catalogue(images, classifier)
    review = open_review(catalogue, tmp_path / "db", classifier, order="uncertain")
    item = review.next_item("ann")
    assert [q.genre for q in item.questions if q.predicted] == sorted(
        item.prediction.genres, key=lambda name: -item.prediction.probabilities[name]
    )
    assert {q.label for q in item.questions} == {None}

    def entropy(id):
        p = np.array(list(review.item(id).prediction.probabilities.values()))
        return -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum()

    entropies = [entropy(id) for id in review.queue.posters]
    assert entropies == sorted(entropies, reverse=True)
    assert len(entropies) == len(images)
