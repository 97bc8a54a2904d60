"""Calibration: rises, keeps every ranking, brings probabilities nearer to the truth, and is read back as written."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from posters.calibration import Calibration, CalibrationCurve, cross_calibrated, fit_calibration, no_calibration
from posters.calibration.calibration import logit
from posters.calibration.fit import fit_isotonic, fit_platt, fit_temperature
from posters.errors import ScoresError
from posters.metrics import average_precision, log_loss, roc_auc
from posters.scores import Scores

KNOTS = ((0.0, 0.0), (0.2, 0.1), (0.7, 0.6), (1.0, 1.0))
CURVES = (CalibrationCurve(), CalibrationCurve("platt", (1.5, -0.3)), CalibrationCurve("isotonic", knots=KNOTS))


def drawn(posters, prevalence, distortion, seed=0):
    """Scores whose true log odds are `distortion` times what they say."""
    random = np.random.default_rng(seed)
    said = random.normal(np.log(prevalence / (1 - prevalence)) / distortion, 1.2, posters)
    y_true = random.random(posters) < 1 / (1 + np.exp(-distortion * said))
    return y_true.astype(np.uint8), 1 / (1 + np.exp(-said))


def scores_of(*columns, ids=""):
    y_true, y_score = (np.stack(values, axis=1) for values in zip(*columns, strict=True))
    names = tuple(f"genre {g}" for g in range(len(columns)))
    return Scores(tuple(f"{ids}{row}" for row in range(len(y_true))), names, y_score, y_true)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.method)
def test_a_curve_rises_and_stays_between_0_and_1(curve):
    p = np.linspace(0, 1, 2001)
    calibrated = curve(p)
    assert (np.diff(calibrated) > 0).all()
    assert calibrated.min() >= 0
    assert calibrated.max() <= 1


def test_platt_by_hand():
    # logit(0.8) = log 4; twice that, less log 4, is log 4 again.
    assert CalibrationCurve("platt", (2.0, -np.log(4)))(np.array([0.8])) == pytest.approx([0.8])
    assert CalibrationCurve("platt", (1.0, np.log(4)))(np.array([0.5])) == pytest.approx([0.8])


def test_probabilities_come_nearer_to_the_truth_on_other_posters():
    columns = [drawn(2000, prevalence, 2.0, seed) for seed, prevalence in enumerate((0.4, 0.1))]
    calibration = fit_calibration(scores_of(*columns))
    y_true, y_score = drawn(20000, 0.4, 2.0, seed=9)
    calibrated = calibration.curves[0](y_score)
    truth = 1 / (1 + np.exp(-2.0 * np.log(y_score / (1 - y_score))))
    assert log_loss(y_true, calibrated) < 0.99 * log_loss(y_true, y_score)
    assert np.abs(calibrated - truth).mean() < 0.2 * np.abs(y_score - truth).mean()


def test_what_is_calibrated_already_is_left_alone():
    calibration = fit_calibration(scores_of(drawn(3000, 0.3, 1.0, 4), drawn(3000, 0.1, 1.0, 5)))
    assert calibration.changes_nothing
    assert calibration.fitted_on == "validation, 3000 posters"


def test_a_rare_genre_keeps_its_probabilities():
    y_true, y_score = drawn(500, 0.4, 3.0)
    rare = np.zeros(500, np.uint8)
    rare[np.argsort(y_score)[-9:]] = 1
    calibration = fit_calibration(scores_of((y_true, y_score), (rare, y_score)))
    assert calibration.curves[1] == CalibrationCurve()
    assert calibration.curves[0].method != "identity"


def overconfident(rows, shares, seed=0):
    """Scores whose logits are twice what they should be, for genres of different shares."""
    rng = np.random.default_rng(seed)
    z = rng.normal(logit(np.array(shares)), 1.5, (rows, len(shares)))
    y_true = (rng.uniform(size=z.shape) < 1 / (1 + np.exp(-z))).astype(np.int8)
    ids, names = tuple(map(str, range(rows))), tuple(f"genre {number}" for number in range(len(shares)))
    return Scores(ids, names, 1 / (1 + np.exp(-2 * z)), y_true)


def test_the_temperature_is_the_best_of_all():
    scores = overconfident(300, [0.3, 0.1, 0.05])
    slopes = np.exp(np.linspace(-3, 3, 6001))
    z = logit(scores.y_score)
    losses = [np.logaddexp(0, slope * z).sum() - (scores.y_true * slope * z).sum() for slope in slopes]
    # Pulled to 1 by as much as one positive.
    best = slopes[np.argmin(losses + np.log(slopes) ** 2)]
    assert fit_temperature(scores.y_true, scores.y_score).parameters == (pytest.approx(best, rel=1e-2), 0.0)


def test_genres_too_rare_for_a_curve_share_the_temperature_of_all():
    """Three of four have fewer than ten positives, which show nothing by themselves."""
    scores = overconfident(250, [0.006, 0.4, 0.006, 0.006])
    assert sorted(scores.y_true.sum(axis=0))[2] < 10
    curves = fit_calibration(scores).curves
    assert len(set(curves)) == 1
    assert curves[0].parameters == (pytest.approx(0.5, abs=0.12), 0.0)


def test_a_genre_that_needs_a_curve_of_its_own_gets_one():
    scores = overconfident(2000, [0.3, 0.3, 0.3])
    shifted = np.copy(scores.y_score)
    shifted[:, 1] = 1 / (1 + np.exp(-(logit(shifted[:, 1]) + 3)))
    curves = fit_calibration(replace(scores, y_score=shifted)).curves
    assert curves[1].parameters == pytest.approx((0.5, -1.5), abs=0.15)
    for other in (curves[0], curves[2]):
        assert other.parameters == pytest.approx((0.5, 0.0), abs=0.1)


def test_unknown_labels_have_no_part_in_the_temperature():
    scores = overconfident(300, [0.3, 0.2])
    hidden = np.random.default_rng(1).random(scores.y_true.shape) < 0.4
    partly = np.where(hidden, -1, scores.y_true)
    other = np.where(hidden, 1 - scores.y_score, scores.y_score)
    assert fit_temperature(partly, scores.y_score) == fit_temperature(partly, other)


def test_platt_agrees_with_logistic_regression_on_the_logit():
    """Where there are plenty of posters, so that the pull towards changing nothing weighs little."""
    y_true, y_score = drawn(180, 0.5, 2.5)
    y_true[:20] ^= 1
    big = np.tile(y_true, 30), np.tile(y_score, 30)
    curve = fit_platt(big[0].astype(int), big[1])
    logits = np.log(big[1] / (1 - big[1]))[:, None]
    oracle = LogisticRegression(C=np.inf, tol=1e-8).fit(logits, big[0])
    assert curve.parameters == pytest.approx((oracle.coef_[0, 0], oracle.intercept_[0]), abs=0.02)


def test_platt_of_a_rare_genre_is_pulled_towards_changing_nothing():
    """Perfectly separated posters would make the slope infinite; a grid finds what the pull makes of it."""
    y_true = np.array([1] * 10 + [0] * 30)
    logits = np.concatenate([np.linspace(0.1, 2, 10), np.linspace(-3, -0.1, 30)])
    slopes, shifts = np.meshgrid(np.linspace(0, 3, 301), np.linspace(-2, 2, 401))
    said = 1 / (1 + np.exp(-(np.exp(slopes)[..., None] * logits + shifts[..., None])))
    likelihood = np.log(np.where(y_true, said, 1 - said)).sum(axis=-1)
    best = np.argmax(likelihood - slopes**2 - shifts**2)
    slope, shift = fit_platt(y_true, 1 / (1 + np.exp(-logits))).parameters
    assert (np.log(slope), shift) == pytest.approx((slopes.flat[best], shifts.flat[best]), abs=0.01)
    assert 1 < slope < 20


def test_isotonic_passes_through_the_middles_of_scikit_learns_steps():
    y_true, y_score = drawn(1000, 0.4, 2.0)
    curve = fit_isotonic(y_true.astype(int), y_score)
    steps = IsotonicRegression(y_min=0, y_max=1).fit_transform(y_score, y_true)
    for level in np.unique(steps)[1:-1]:
        assert curve(np.array([y_score[steps == level].mean()])) == pytest.approx([level])


@pytest.mark.parametrize("head_room", [0.4, 0.6])
def test_no_ranking_figure_changes(head_room):
    columns = [drawn(1500, head_room, 2.0, 1), drawn(1500, 0.05, 0.5, 2), drawn(1500, 0.003, 2.0, 3)]
    scores = scores_of(*columns)
    calibration = fit_calibration(scores)
    assert not calibration.changes_nothing
    calibrated = calibration.of(scores)
    for figure in (average_precision, roc_auc):
        np.testing.assert_allclose(
            figure(scores.y_true, scores.y_score), figure(scores.y_true, calibrated.y_score), rtol=1e-12
        )


def test_posters_of_one_group_are_in_one_fold():
    """Each poster twice: with folds that cut the pairs, cross-validation would prefer what fits chance best."""
    y_true, y_score = drawn(300, 0.5, 1.0, 11)
    scores = scores_of((np.repeat(y_true, 4), np.repeat(y_score, 4)))
    groups = np.repeat(np.arange(300), 4)
    assert fit_calibration(scores, groups).changes_nothing


def test_posters_of_one_group_alone_keep_their_probabilities():
    """No other posters could show that something else is better."""
    scores = scores_of(drawn(600, 0.5, 2.0))
    groups = np.zeros(600, int)
    assert fit_calibration(scores, groups).changes_nothing
    np.testing.assert_array_equal(cross_calibrated(scores, groups).y_score, scores.y_score)


def test_cross_calibrated_scores_are_of_the_posters_that_were_not_fitted_on():
    """A label that is changed doesn't touch its own poster's calibrated score."""
    y_true, y_score = drawn(400, 0.3, 2.5)
    groups = np.arange(400) // 2
    before = cross_calibrated(scores_of((y_true, y_score)), groups).y_score[:, 0]
    assert log_loss(y_true, before) < log_loss(y_true, y_score)
    # A pair of one poster with the genre and one without, so that a swap leaves the folds as they are.
    pair = next(place for place in range(0, 400, 2) if y_true[place] != y_true[place + 1])
    y_true[[pair, pair + 1]] = y_true[[pair + 1, pair]]
    after = cross_calibrated(scores_of((y_true, y_score)), groups).y_score[:, 0]
    np.testing.assert_array_equal(after[[pair, pair + 1]], before[[pair, pair + 1]])
    assert (after != before).sum() > 200


@pytest.mark.slow
def test_what_a_calibration_learns_from_chance_is_not_counted_as_a_gain():
    """Twelve draws that need no calibration: fitted to themselves they seem to gain, cross-validated they don't."""
    seeming, gains = [], []
    for seed in range(12):
        scores = scores_of(drawn(60, 0.5, 1.0, seed))
        before = log_loss(scores.y_true, scores.y_score)
        seeming.append(before - log_loss(scores.y_true, fit_calibration(scores).of(scores).y_score))
        gains.append(before - log_loss(scores.y_true, cross_calibrated(scores).y_score))
    assert np.mean(gains) < 0 < np.mean(seeming)


# --- Plain data ---

curves = (
    st.just(CalibrationCurve())
    | st.builds(lambda a, b: CalibrationCurve("platt", (a, b)), st.floats(0.01, 50), st.floats(-50, 50))
    | st.builds(
        lambda xs: CalibrationCurve(
            "isotonic", knots=((0.0, 0.0), *zip(sorted(xs), sorted(x * x for x in xs), strict=True), (1.0, 1.0))
        ),
        st.lists(st.floats(0.01, 0.99), unique_by=lambda x: round(x, 3), max_size=5),
    )
)


@given(st.lists(curves, min_size=1, max_size=4))
def test_json_gives_the_same_calibration_back(drawn_curves):
    names = tuple(f"genre {place}" for place in range(len(drawn_curves)))
    calibration = Calibration(names, tuple(drawn_curves), "validation, 10 posters")
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict(), allow_nan=False))) == calibration


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "magic"}, "one of identity, platt, isotonic, but got 'magic'"),
        ({"method": "platt"}, "platt has a slope and a shift"),
        ({"parameters": [1.0, 0.0]}, "platt has a slope and a shift"),
        ({"method": "platt", "parameters": [-1.0, 0.0]}, "slope above 0"),
        ({"method": "platt", "parameters": [float("nan"), 0.0]}, "slope above 0"),
        ({"method": "platt", "parameters": [1.0, float("inf")]}, "finite shift"),
        ({"method": "isotonic"}, "knots that rise"),
        ({"method": "isotonic", "knots": [[0, 0], [0.5, 0.7], [0.6, 0.7], [1, 1]]}, "knots that rise"),
        ({"method": "isotonic", "knots": [[0.1, 0], [1, 1]]}, "knots that rise"),
        ({"knots": [[0, 0], [1, 1]]}, "knots that rise"),
        ({"knots": 5}, "can't be read"),
        ({"colour": "red"}, "can't be read"),
    ],
)
def test_what_can_not_be_a_calibration_is_refused(changes, message):
    plain = no_calibration(("Drama",)).to_dict()
    plain["curves"][0] |= changes
    with pytest.raises(ScoresError, match=message):
        Calibration.from_dict(plain)


def test_scores_of_other_genres_are_refused():
    calibration = no_calibration(("Drama", "Comedy"))
    with pytest.raises(ScoresError, match="is for the genres"):
        calibration.of(Scores(("a",), ("Comedy", "Drama"), [[0.5, 0.5]]))
    with pytest.raises(ScoresError, match=r"shape \(N, 2\)"):
        calibration.apply(np.zeros((3, 3)))
    with pytest.raises(ScoresError, match="needs y_true"):
        fit_calibration(Scores(("a",), ("Drama",), [[0.5]]))


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.method)
def test_scores_near_0_and_1_stay_in_order(curve):
    small = np.array([0.0, 1e-30, 1e-12, 5e-8, 9.9e-8, 1e-7, 1.1e-7, 1e-6], np.float32)
    large = np.float32(1) - np.float32(2**-24) * np.array([3, 2, 1, 0], np.float32)
    calibrated = curve(np.concatenate([small, large]))
    assert (np.diff(calibrated) > 0).all()
    assert (calibrated[0], calibrated[-1]) == (0, 1)


def test_a_platt_curve_is_the_sigmoid_of_its_paper_from_1e_7_to_1_minus_1e_7():
    z = np.linspace(-16, 16, 101)
    p = 1 / (1 + np.exp(-z))
    expected = 1 / (1 + np.exp(-(1.5 * z - 0.3)))
    assert CURVES[1](p) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(
    st.floats(0.05, 50),
    st.floats(-8, 8),
    st.one_of(st.floats(0, 1, exclude_max=True, width=32), st.floats(0, 30).map(lambda z: 1 / (1 + np.exp(-z)))),
)
@example(3.0, 0.0, 1 - 2e-7)
@example(50.0, -8.0, 0.999)
@example(50.0, 0.0, 1e-30)
def test_no_two_scores_of_a_network_are_tied_by_a_steep_curve(slope, shift, p):
    """The sigmoid of three times a logit of 16 is 1 to the last bit, and so are all surer ones."""
    p = min(np.float32(p), np.nextafter(np.float32(1), np.float32(0)))
    lower, higher = CalibrationCurve("platt", (slope, shift))(np.array([p, np.nextafter(p, np.float32(1))]))
    assert 0 <= lower < higher <= 1
