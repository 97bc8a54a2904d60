"""`to_pandas`, the one name for a result as a DataFrame: each is held against what it was made from."""

import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import posters
from posters.audit import Audit
from posters.audit.kinds import KINDS
from posters.catalogue import Catalogue, Poster
from posters.classifier import Prediction, load_classifier
from posters.drift.drift import DriftSample, measure_drift
from posters.errors import ConfigError, ImageError
from posters.evaluation.comparison import compare
from posters.evaluation.crossvalidation import cross_validation
from posters.evaluation.label_issues import LabelIssue
from posters.review import Decision, measure
from posters.similar import LookAlikes, Neighbour
from tests.evaluation.test_comparison import STRONG, WEAK
from tests.evaluation.test_crossvalidation import Y, films, repeat
from tests.evaluation.test_evaluation import GENRES, PRIOR, SCORES, TUNED

DOCUMENT = Path(__file__).parent.parent / "docs" / "evaluation.md"


@pytest.fixture(scope="module")
def evaluation():
    return posters.evaluate(SCORES, [TUNED], PRIOR, samples=20)


def test_an_evaluation_has_a_row_for_each_genre_predictor_and_label_issue(evaluation):
    frame = evaluation.to_pandas()
    assert list(frame.index) == list(GENRES)
    drama = evaluation.genres[1]
    row = frame.loc["Drama"]
    decided = drama.decisions[evaluation.default_rule]
    assert (row["average_precision"], row["low"], row["f1"]) == (
        drama.average_precision,
        drama.interval.low,
        decided.f1,
    )
    assert math.isnan(frame.loc["N/A", "average_precision"])
    assert frame["average_precision"].dtype == float
    predictors = evaluation.to_pandas("predictors")
    assert predictors.loc[("model", "f1"), "macro_map"] == evaluation.of("model", "f1").figures["macro_map"].value
    assert len(predictors) == len(evaluation.predictors)
    issues = evaluation.to_pandas("label_issues")
    assert issues.to_dict("records") == [asdict(issue) for issue in evaluation.label_issues]
    assert set(issues.columns) == set(LabelIssue.__dataclass_fields__)
    with pytest.raises(ConfigError, match="there is no DataFrame of 'genre': did you mean genres"):
        evaluation.to_pandas("genre")


def test_predictions_are_a_row_each_and_one_is_a_row_for_each_genre(golden):
    classifier = load_classifier(golden / "classifier")
    files = sorted((golden / "posters").glob("*.png"))
    found = list(classifier.predict_many([*files, "none.jpg"]))
    frame = classifier.predict_many([*files, "none.jpg"]).to_pandas()
    assert list(frame["poster"]) == [*map(str, files), "none.jpg"]
    assert [tuple(genres) for genres in frame["genres"]] == [each.genres for each in found]
    assert list(frame.columns) == ["poster", "genres", "novelty", "error", *classifier.genre_names]
    np.testing.assert_array_equal(
        frame[list(classifier.genre_names)].to_numpy()[:-1], [list(each.probabilities.values()) for each in found[:-1]]
    )
    assert frame[list(classifier.genre_names)].iloc[-1].isna().all()
    assert "none.jpg" in frame["error"].iloc[-1]
    one = found[0].to_pandas()
    assert dict(one["probability"]) == found[0].probabilities
    assert tuple(one.index[one["predicted"]]) == found[0].genres


def test_what_was_taken_from_predictions_is_not_in_their_frame(golden):
    classifier = load_classifier(golden / "classifier")
    found = classifier.predict_many(["none.jpg", "gone.jpg"])
    assert str(next(found).error).startswith("none.jpg")
    assert list(found.to_pandas()["poster"]) == ["gone.jpg"]
    assert list(found) == []


def test_an_audit_has_a_row_for_each_finding():
    found = KINDS["tiny-image"].finding("a.jpg: 40 x 60 pixels", ids=("a",), images=("a.jpg",))
    frame = Audit("t.csv", "images", posters=1, genres=1, splits=False, findings=(found,)).to_pandas()
    assert frame.to_dict("records") == [found.to_dict()]
    empty = Audit("t.csv", "images", posters=1, genres=1, splits=False, findings=()).to_pandas()
    assert (len(empty), list(empty.columns)) == (0, list(frame.columns))


@pytest.mark.parametrize("labelled", [True, False])
def test_drift_has_a_row_for_each_genre(labelled):
    rng = np.random.default_rng(7)
    y_true = rng.integers(0, 2, (60, 2)) if labelled else None
    scores = posters.Scores(tuple(map(str, range(60))), ("Drama", "War"), rng.random((60, 2)), y_true)
    sample = DriftSample("a", rng.normal(size=(60, 4)).astype(np.float32), scores)
    drift = measure_drift(sample, sample, lambda y_score: (y_score > 0.5).astype(np.uint8))
    frame = drift.to_pandas()
    assert list(frame["distance"]) == [genre.distance for genre in drift.genres]
    assert ("share_new" in frame) == labelled
    for each in drift.labels:
        assert frame.loc[each.name, "share_reference"] == each.reference


def test_a_comparison_has_a_row_for_each_run_and_genre():
    comparison = compare({"weak": WEAK, "strong": STRONG}, samples=50)
    frame = comparison.to_pandas()
    strong = comparison.runs[1]
    whole = frame.loc[("strong", "macro mAP")]
    assert (whole["average_precision"], whole["verdict"]) == (strong.macro_map, strong.against_first.verdict)
    for genre in strong.genres:
        row = frame.loc[("strong", genre.name)]
        assert (row["average_precision"], row["positives"]) == (genre.average_precision, genre.positives)
        if genre.against_first:
            assert (row["difference"], row["high"]) == (
                genre.against_first.difference,
                genre.against_first.interval.high,
            )
    assert frame.loc["weak", "difference"].isna().all()


def test_a_cross_validation_has_a_row_for_each_fold():
    found = cross_validation([repeat(Y), repeat(Y, seed=2)], films(Y), samples=20)
    frame = found.to_pandas()
    assert frame.loc[("model", 1, 2), "macro_map"] == found.of("model").of_folds[1][2]
    assert len(frame) == sum(len(folds) for each in found.predictors for folds in each.of_folds)


def test_a_measurement_has_a_row_for_each_figure():
    shown = {"classifier": "tagger", "predicted": ["War"]}
    decided = Decision(1, "tt1", "ann", "", "random", "decided", {"War": "yes", "Drama": "yes"}, shown)
    found = measure([decided])
    frame = found.to_pandas()
    assert (frame.loc["precision", "value"], frame.loc["recall", "value"]) == (1.0, 0.5)
    assert frame.loc["recall", "high"] == found.recall.interval.high
    assert math.isnan(frame.loc["agreement", "value"])
    assert dict(frame["posters"]) == {"precision": 1, "recall": 1, "agreement": 0}


def test_look_alikes_have_a_row_for_each_neighbour():
    near = Neighbour("alien", Path("alien.jpg"), 0.93, same_picture=False)
    frame = LookAlikes("query.jpg", (near,)).to_pandas()
    assert frame.to_dict("records") == [
        {"name": "alien", "path": Path("alien.jpg"), "similarity": 0.93, "same_picture": False}
    ]
    assert len(LookAlikes("none.jpg", error=ImageError("none.jpg: gone")).to_pandas()) == 0


def test_every_result_that_has_it_is_in_the_document():
    """And nothing else is: the table is the one place where they are named."""
    results = (
        *(Catalogue, Prediction, type(load_classifier().predict_many([])), type(SCORES), posters.Evaluation, Audit),
        *(posters.CrossValidation, LookAlikes),
    )
    from posters.drift import Drift
    from posters.evaluation.comparison import Comparison
    from posters.review import Measurement

    text = DOCUMENT.read_text(encoding="utf-8").split("## As DataFrames")[1].split("\n## ")[0]
    for result in (*results, Drift, Comparison, Measurement):
        assert callable(result.to_pandas)
        name = "Scores" if result is type(SCORES) else result.__name__
        assert f"`{name}`" in text, name


def test_a_catalogue_has_a_row_for_each_poster():
    catalogue = Catalogue((Poster("tt1", "a.jpg", ("War",)),), ("War",), Path())
    assert catalogue.to_pandas()["genres"].tolist() == [["War"]]
