"""The estimators as scikit-learn's own tools use them, against its own logistic regression."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from posters.classifier import load_classifier
from posters.errors import ImageError, ScoresError
from posters.sklearn import PosterClassifier, PosterFeatures
from tests.store.conftest import draw

N = 24
Y = np.array([[number % 2, number % 3 == 0] for number in range(N)], int)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Posters whose ground tells the first genre, and whose size of squares tells the second."""
    folder, rng = tmp_path_factory.mktemp("posters"), np.random.default_rng(0)
    for number in range(N):
        ground = np.array([220, 60, 20] if Y[number, 0] else [20, 60, 200])
        shape = (12, 8, 3) if Y[number, 1] else (3, 2, 3)
        pixels = np.clip(ground + rng.normal(0, 40, shape), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).resize((64, 96), Image.Resampling.NEAREST).save(folder / f"{number}.png")
    return [folder / f"{number}.png" for number in range(N)]


@pytest.fixture(scope="module")
def fitted(paths):
    return PosterClassifier(strength=0.1).fit(paths, Y)


def test_features_are_those_of_the_classifier(paths):
    features = PosterFeatures().fit_transform(paths[:2])
    np.testing.assert_array_equal(features, [load_classifier().features(path) for path in paths[:2]])


def test_it_is_scikit_learns_logistic_regression_on_the_rooted_features(paths, fitted):
    x = PosterFeatures().transform(paths)
    x = StandardScaler().fit_transform(np.sign(x) * np.abs(x) / np.sqrt(np.abs(x) + 1e-3))
    expected = [LogisticRegression(C=0.1, max_iter=500).fit(x, genre).predict_proba(x)[:, 1] for genre in Y.T]
    np.testing.assert_allclose(fitted.predict_proba(paths), np.stack(expected, axis=1), atol=2e-3)


def test_it_learns_and_predicts_names_or_an_array(paths, fitted):
    assert fitted.classes_.tolist() == [0, 1]
    decisions = fitted.predict(paths)
    assert set(np.unique(decisions)) == {0, 1}
    assert decisions.sum(axis=1).min() == 1
    assert fitted.score(paths, Y) > 0.95
    names = [[name for name, has in zip(("Warm", "Fine"), row, strict=True) if has] for row in Y]
    by_name = PosterClassifier(strength=0.1).fit(paths, names)
    assert by_name.classes_.tolist() == ["Fine", "Warm"]
    np.testing.assert_allclose(by_name.predict_proba(paths)[:, ::-1], fitted.predict_proba(paths), atol=1e-6)
    assert [("Fine" in found, "Warm" in found) for found in by_name.predict(paths)] == [
        (bool(fine), bool(warm)) for warm, fine in decisions
    ]
    frame = PosterClassifier(strength=0.1).fit(paths, pd.DataFrame(Y, columns=["Warm", "Fine"]))
    assert frame.classes_.tolist() == ["Warm", "Fine"]
    assert by_name.score(paths, names) == pytest.approx(fitted.score(paths, Y))
    assert PosterClassifier().fit(paths, Y.tolist()).classes_.tolist() == [0, 1]


def test_unknown_labels_teach_nothing(paths):
    hidden = Y.copy()
    hidden[::5, 1] = -1
    other = PosterClassifier(strength=0.1).fit(paths, hidden)
    assert np.ptp(other.predict_proba(paths)[:, 1]) > 0


def test_scikit_learns_own_tools_take_it(paths):
    assert clone(PosterClassifier(strength=0.5)).get_params() == {"classifier": "posters", "strength": 0.5}
    scores = cross_val_score(PosterClassifier(strength=0.1), paths, Y, cv=3)
    assert scores.shape == (3,)
    assert scores.mean() > Y.mean(axis=0).mean() + 0.1
    search = GridSearchCV(PosterClassifier(), {"strength": [1e-5, 0.1]}, cv=2).fit(paths, Y)
    assert set(search.best_params_) == {"strength"}
    pipeline = make_pipeline(PosterFeatures(), StandardScaler(), MultiOutputClassifier(LogisticRegression()))
    assert pipeline.fit(paths, Y).predict(paths).shape == Y.shape


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (["Drama"] * N, "a list of names, and not one text"),
        ([["Drama"]] * (N - 1), f"there are {N} posters, but labels for {N - 1}"),
        ([[0, 2]] * N, "must be 0, 1, or -1"),
        ([[0, 1], [0]] * (N // 2), "rows of numbers of one length"),
    ],
)
def test_labels_that_are_none_are_refused(paths, labels, reason):
    with pytest.raises(ScoresError, match=reason):
        PosterClassifier().fit(paths, labels)


def test_a_poster_that_can_not_be_read_is_refused(paths, tmp_path):
    draw(tmp_path / "a.png", 0)
    with pytest.raises(ImageError, match=r"1 of 2 posters can't be read: none\.png: there is no such file"):
        PosterFeatures().transform([tmp_path / "a.png", "none.png"])
