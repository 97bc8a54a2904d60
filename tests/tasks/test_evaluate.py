"""What `evaluate_run` and `evaluate_classifier` gather beside the scores: baseline, history, what is left out."""

import shutil

import numpy as np
import pytest
from PIL import Image

import posters
from posters.catalogue import Catalogue, Poster
from posters.config import TrainConfig
from posters.errors import RunError, ScoresError
from posters.runs import Run
from posters.scores import Scores, write_scores
from posters.splitting.splits import Splits

GENRES = ("Comedy", "Drama", "Horror", "Western")
POSTERS = (
    Poster("1", "dusk.png", ("Western",), year=1950),
    Poster("2", "night.png", ("Comedy",)),
    Poster("3", "ghost.png", ("Horror",)),
    Poster("4", "dusk.png", ("Drama",)),
)


@pytest.fixture
def images(golden, tmp_path):
    return shutil.copytree(golden / "posters", tmp_path / "images")


@pytest.fixture
def run(golden, images, tmp_path):
    """Finished; its test split is the posters 1 to 3."""
    catalogue = Catalogue(POSTERS, GENRES, images)
    made = Run(tmp_path / "run")
    made.start(TrainConfig(), Splits(("4",), (), ("1", "2", "3"), 0, catalogue.fingerprint()), catalogue)
    shutil.copytree(golden / "classifier", made.classifier)
    return made


def probe_scores(ids):
    """A probe that is sure of the first poster's genre, and knows no other."""
    y_score = np.array([[0.1, 0.1, 0.1, 0.9 if id == "1" else 0.2] for id in ids])
    genres = {poster.id: poster.genres for poster in POSTERS}
    return Scores(ids, GENRES, y_score, np.array([[name in genres[id] for name in GENRES] for id in ids]))


def test_a_run_that_kept_nothing_is_judged_all_the_same(run):
    judged = posters.evaluate_run(run.path)
    assert [row.predictor for row in judged.predictors if row.predictor not in ("model", "prior")] == [
        "two commonest",
        "none",
    ]
    assert (judged.learning, judged.label_issues, judged.ahead_of_baseline) == ((), (), None)
    assert judged.label_issues_from.startswith("the run trained from scratch")
    assert [(row.first_year, row.posters) for row in judged.decades] == [(1950, 1)]
    assert judged == posters.evaluate_run(run.path)


def test_the_probe_is_found_by_poster_whatever_its_order(run):
    write_scores(probe_scores(("3", "4", "1", "2")), run.scores("probe"))
    judged = posters.evaluate_run(run.path)
    baseline = judged.of("logistic regression").figures
    # Western ranks its one poster first of three; three constants score the third that has Comedy, or Horror.
    assert baseline["macro_map"].value == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert judged.ahead_of_baseline is not None


def test_a_probe_of_other_posters_is_refused(run):
    write_scores(probe_scores(("1", "2")), run.scores("probe"))
    with pytest.raises(RunError, match=r"probe.npz lacks posters of this run: remove it"):
        posters.evaluate_run(run.path)


def test_label_issues_are_looked_for_where_a_run_kept_scores(run):
    write_scores(probe_scores(("1", "2", "3", "4")), run.scores("out_of_fold"))
    assert posters.evaluate_run(run.path).label_issues_from.startswith("five logistic regressions")


def test_the_history_is_told(run):
    history = run.path / "history.csv"
    history.write_text("stage,epoch,train_loss,validation_macro_map,seconds\nhead,1,0.5,0.25,3\nnetwork,1,0.4,0.3,9\n")
    found = posters.evaluate_run(run.path).learning
    assert [(epoch.stage, epoch.epoch, epoch.train_loss, epoch.validation_macro_map) for epoch in found] == [
        ("head", 1, 0.5, 0.25),
        ("network", 1, 0.4, 0.3),
    ]
    history.write_text("stage,epoch\nhead,1\n")
    with pytest.raises(RunError, match=r"history.csv: the history can't be read"):
        posters.evaluate_run(run.path)


def test_posters_that_could_not_be_read_are_counted_in_the_report(run, images):
    assert "posters that could not be read" not in posters.evaluate_run(run.path).provenance
    (images / "ghost.png").write_text("no image")
    judged = posters.evaluate_run(run.path)
    assert (judged.posters, judged.provenance["posters that could not be read"]) == (2, 1)


# --- A classifier on any catalogue ---


def test_genres_that_the_classifier_lacks_are_left_out_if_asked_and_named(golden, images, messages):
    strange = (*POSTERS[:3], Poster("5", "dusk.png", ("War",)), Poster("6", "night.png", ("Comedy", "War")))
    catalogue = Catalogue(strange, (*GENRES[:1], "War", *GENRES[1:]), images)
    classifier = posters.load_classifier(golden / "classifier")
    with pytest.raises(ScoresError, match=r"does not know: War; .*aliases.*ignore_unknown_genres"):
        posters.evaluate_classifier(classifier, catalogue)
    judged = posters.evaluate_classifier(classifier, catalogue, ignore_unknown_genres=True)
    assert judged.genre_names == GENRES
    # No poster is lost: the fifth has no other genre, and all four are rightly absent from it.
    assert (judged.posters, judged.posters_without_genres) == (5, 1)
    assert [genre.positives for genre in judged.genres] == [2, 0, 1, 1]
    assert judged.provenance["genres left out"] == ["War"]
    assert any("doesn't know them: War" in message for message in messages)


def test_a_catalogue_without_any_known_genre_is_refused(golden, images):
    catalogue = Catalogue((Poster("1", "dusk.png", ("War",)),), ("War",), images)
    classifier = posters.load_classifier(golden / "classifier")
    with pytest.raises(ScoresError, match="has no genre that the classifier knows, but War"):
        posters.evaluate_classifier(classifier, catalogue, ignore_unknown_genres=True)


def test_a_table_has_no_baseline_and_gives_the_reason_why_no_labels_are_doubted(golden, images):
    classifier = posters.load_classifier(golden / "classifier")
    judged = posters.evaluate_classifier(classifier, Catalogue(POSTERS, GENRES, images), split="held out")
    assert (judged.split, judged.posters, judged.ahead_of_baseline) == ("held out", 4, None)
    assert "genres left out" not in judged.provenance
    # The golden classifier keeps no record of what it has seen.
    assert judged.label_issues == ()
    assert judged.label_issues_from.startswith("the classifier keeps no record of the posters")


def test_labels_of_a_table_are_doubted_by_the_classifier_where_it_has_not_seen_them(tmp_path):
    """Forty drawn posters under the genres that the classifier of the package predicts, but for two."""
    classifier, rows = posters.load_classifier(), []
    for number in range(48):
        pixels = np.random.default_rng(number).integers(0, 256, (9, 6, 3), np.uint8)
        Image.fromarray(pixels).resize((96, 144)).save(tmp_path / f"{number}.png")
        probability = classifier.predict(tmp_path / f"{number}.png").probabilities["Drama"]
        rows.append((probability, f"{number}.png"))
    rows.sort()
    # The likelier half is Drama; but the likeliest is not, and the least likely is.
    dramas = {name for _, name in rows[24:-1]} | {rows[0][1]}
    catalogue = Catalogue(
        tuple(Poster(name, name, ("Drama",) if name in dramas else ("Comedy",)) for _, name in rows),
        ("Comedy", "Drama"),
        tmp_path,
    )
    judged = posters.evaluate_classifier(classifier, catalogue, cache=tmp_path / "cache")
    assert judged.label_issues_from == "the classifier itself, on the 48 posters that it has not seen in training"
    assert (rows[-1][1], "missing") in {
        (issue.id, issue.kind) for issue in judged.label_issues if issue.genre == "Drama"
    }


def test_a_cross_validation_is_no_run_and_its_runs_are_named(tmp_path):
    (tmp_path / "folds.csv").write_text("id,fold\n")
    with pytest.raises(RunError, match="is a cross-validation: name one of its runs, such as"):
        posters.compare_runs([tmp_path, tmp_path / "other"])


def test_a_file_is_no_classifier_though_it_exists(tmp_path):
    (tmp_path / "model.keras").touch()
    with pytest.raises(posters.PostersError, match="it is a file, and a classifier is a directory"):
        posters.load_classifier(tmp_path / "model.keras")
    (tmp_path / "model.onnx").touch()
    with pytest.raises(posters.PostersError, match="tells nothing of its genres"):
        posters.load_classifier(tmp_path / "model.onnx")
