"""Pictures that are no posters: how they are told, what that promises, and what damaged files do."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from posters import load_classifier
from posters._base.atomic_files import sha256_of
from posters.classifier.novelty import NOVELTY, Novelty, fit_novelty, root_directions
from posters.errors import ClassifierError
from posters.models import CLASSIFIER

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_it_is_the_whitened_distance_of_scikit_learn(rng):
    posters, held, new = rng.random((64, 12)), rng.random((50, 12)), rng.random((20, 12)) ** 4
    pca = PCA(whiten=True).fit(root_directions(posters))
    # PCA divides by N - 1, the fit by N.
    distance = np.linalg.norm(pca.transform(root_directions(np.concatenate([held, new]))), axis=1)
    assert fit_novelty(posters, held).of(new) == pytest.approx(distance[50:] / distance[:50].max(), rel=0.01)


def test_with_pictures_that_are_no_posters_it_orders_as_the_regression_of_scikit_learn(rng):
    posters, others = rng.random((400, 10)), rng.random((40, 10)) ** 3
    novelty = fit_novelty(posters[:200], posters[200:], others)
    rooted = root_directions(posters[:200])
    scale = rooted.std(axis=0) + 1e-4
    x, y = np.concatenate([rooted, root_directions(others)]) / scale, np.repeat([0, 1], [200, 40])
    oracle = LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000).fit(x, y)
    new = rng.random((50, 10)) ** 2
    ours, theirs = novelty.of(new), oracle.decision_function(root_directions(new) / scale)
    above = ours > 0
    assert above.sum() > 10
    assert np.corrcoef(ours[above], theirs[above])[0, 1] == pytest.approx(1, abs=1e-4)
    # Half of the posters lie before the origin.
    assert (novelty.of(posters[:200]) == 0).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("more", [0, 100])
@pytest.mark.parametrize("held", [20, 99, 400, 1000])
def test_one_in_a_hundred_other_posters_is_beyond_it(rng, held, more):
    """The share of new posters beyond the threshold, in the mean over draws: at most 1%, or 1 / (held + 1)."""
    shares = []
    for _ in range(20):
        posters, others = rng.random((200 + held + 500, 6)), rng.random((more, 6)) ** 3 if more else None
        novelty = fit_novelty(posters[:200], posters[200 : 200 + held], others)
        shares.append((novelty.of(posters[200 + held :]) > 1).mean())
    allowed = max(0.01, 1 / (held + 1))
    # Three standard errors of the mean over 20 draws, each with its own threshold.
    assert np.mean(shares) < allowed + 3 * np.std(shares) / np.sqrt(20)


@pytest.mark.parametrize(("posters", "held", "others"), [(15, 100, None), (100, 15, None), (100, 100, 15)])
def test_too_few_make_none(rng, posters, held, others):
    rows = rng.random((posters + held, 4))
    assert fit_novelty(rows[:posters], rows[posters:], None if others is None else rng.random((others, 4))) is None


def test_features_that_are_all_alike_make_none():
    assert fit_novelty(np.ones((50, 4)), np.ones((50, 4))) is None
    assert fit_novelty(np.zeros((50, 4)), np.zeros((50, 4))) is None


@given(arrays(np.float16, st.tuples(st.integers(2, 5), st.integers(1, 9)), elements=st.floats(-100, 100, width=16)))
def test_what_is_written_is_read(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("novelty") / NOVELTY
    Novelty(rows).write(path)
    assert (Novelty.read(path).rows == rows).all()


@given(st.data())
def test_a_damaged_file_is_one_line_or_reads(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("novelty") / NOVELTY
    Novelty(np.ones((3, 8), np.float16)).write(path)
    good = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(good[: data.draw(st.integers(0, len(good)))])
    message = ""
    try:
        assert np.isfinite(Novelty.read(path).rows).all()
    except ClassifierError as error:
        message = str(error)
    assert "\n" not in message


@pytest.mark.parametrize(
    "rows",
    [np.ones((1, 8), np.float16), np.ones(8, np.float16), np.ones((3, 8)), np.full((2, 8), np.nan, np.float16)],
    ids=["an origin alone", "a row", "doubles", "no numbers"],
)
def test_what_is_no_novelty_is_refused(tmp_path, rows):
    np.save(tmp_path / NOVELTY, rows)
    with pytest.raises(ClassifierError, match="damaged"):
        Novelty.read(tmp_path / NOVELTY)


def test_a_header_that_claims_a_terabyte_takes_no_memory(tmp_path):
    path = tmp_path / NOVELTY
    Novelty(np.ones((3, 8), np.float16)).write(path)
    path.write_bytes(path.read_bytes().replace(b"(3, 8), }          ", b"(99999999, 9999), }"))
    with pytest.raises(ClassifierError, match="can't be read"):
        Novelty.read(path)


@pytest.fixture(scope="module")
def classifier():
    return load_classifier()


@pytest.fixture
def pictures():
    rng = np.random.default_rng(7)
    stripes = np.zeros((600, 400, 3), np.uint8)
    stripes[::20] = 255
    return {
        "noise": rng.integers(0, 256, (600, 400, 3), np.uint8),
        "black": np.zeros((600, 400, 3), np.uint8),
        "white": np.full((600, 400, 3), 255, np.uint8),
        "stripes": stripes,
    }


def test_the_classifier_of_the_package_knows_what_is_no_poster(classifier, pictures):
    assert classifier.predict(REPOSITORY / "docs" / "poster.jpg").looks_like_a_poster
    for name, picture in pictures.items():
        found = classifier.predict(picture)
        assert (name, found.looks_like_a_poster, found.novelty > 1) == (name, False, True)


def test_every_way_to_predict_says_the_same(classifier, pictures):
    (one,) = classifier.predict_many([pictures["noise"]])
    (explained,) = classifier.explain_many([pictures["noise"]])
    assert one.novelty == explained.novelty == classifier.predict(pictures["noise"]).novelty
    (unreadable,) = classifier.predict_many(["none.jpg"])
    assert (unreadable.novelty, unreadable.looks_like_a_poster) == (None, None)


def test_a_classifier_without_the_file_can_not_tell(golden, pictures):
    found = load_classifier(golden / "classifier").predict(pictures["noise"])
    assert (found.novelty, found.looks_like_a_poster) == (None, None)


def test_a_file_of_another_network_is_refused(tmp_path, pictures):
    copy = shutil.copytree(CLASSIFIER, tmp_path / "copy")
    Novelty(np.ones((2, 7), np.float16)).write(copy / NOVELTY)
    manifest = json.loads((copy / "classifier.json").read_text())
    manifest["files"][NOVELTY] = sha256_of(copy / NOVELTY)
    (copy / "classifier.json").write_text(json.dumps(manifest))
    with pytest.raises(ClassifierError, match="of another network"):
        load_classifier(copy).predict(pictures["black"])
