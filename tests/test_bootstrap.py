"""The bootstrap against rows that are really repeated, and its intervals against a truth that is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import norm
from sklearn.metrics import average_precision_score

from posters.evaluation import bootstrap
from posters.evaluation.bootstrap import (
    centred_interval,
    draw_counts,
    nan_mean,
    normal_interval,
    reflected_interval,
    resampled_average_precision,
    resampled_mean,
    standard_error,
)
from posters.evaluation.interval import Interval
from posters.metrics import average_precision

ALONE = np.arange(40)


def test_as_many_posters_are_drawn_as_there_are():
    counts = draw_counts(ALONE, 50, seed=0)
    assert (counts.shape, counts.dtype.kind) == ((50, 40), "u")
    assert (counts.sum(axis=1) == 40).all()
    # With replacement: the share of posters that stand in no resample is (1 - 1/40)^40 = 0.363.
    assert (counts == 0).mean() == pytest.approx(0.363, abs=0.02)


def test_the_posters_of_a_group_are_drawn_together():
    groups = np.array([7, 3, 7, 3, 7, -1])
    counts = draw_counts(groups, 30, seed=0)
    for number in (7, 3, -1):
        drawn = counts[:, groups == number]
        assert (drawn == drawn[:, :1]).all()
    of_groups = counts[:, [0, 1, 5]]
    assert (of_groups.sum(axis=1) == 3).all()
    assert {0, 1, 2, 3} == set(of_groups.ravel().tolist())


def test_a_seed_gives_the_same_draws_and_another_seed_others():
    assert (draw_counts(ALONE, 5, seed=1) == draw_counts(ALONE, 5, seed=1)).all()
    assert (draw_counts(ALONE, 5, seed=1) != draw_counts(ALONE, 5, seed=2)).any()


def test_no_posters_and_no_genres_have_resamples_too():
    assert draw_counts(np.array([], int), 3, seed=0).shape == (3, 0)
    assert resampled_average_precision(np.ones((4, 0)), np.ones((4, 0)), np.ones((3, 4), int)).shape == (3, 0)


# Few different scores make many ties.
tied = st.integers(1, 25).flatmap(
    lambda posters: st.tuples(
        hnp.arrays(np.uint8, (posters, 2), elements=st.integers(0, 1)),
        hnp.arrays(float, (posters, 2), elements=st.sampled_from([0.0, 0.1, 0.5, 0.9])),
        hnp.arrays(np.uint16, (3, posters), elements=st.integers(0, 4)),
    )
)


@given(drawn=tied)
def test_it_is_the_average_precision_of_repeated_rows(drawn):
    y_true, y_score, counts = drawn
    expected = []
    for count in counts:
        rows = np.repeat(np.arange(len(y_true)), count)
        expected.append(average_precision(y_true[rows], y_score[rows]))
    np.testing.assert_allclose(resampled_average_precision(y_true, y_score, counts), expected, atol=1e-12)


@given(drawn=tied)
def test_it_is_scikit_learns_with_sample_weights(drawn):
    y_true, y_score, counts = drawn
    figures = resampled_average_precision(y_true, y_score, counts)
    for weights, row in zip(counts.astype(float), figures, strict=True):
        for genre in range(2):
            if not weights[y_true[:, genre] == 1].any():
                assert np.isnan(row[genre])
                continue
            wanted = average_precision_score(y_true[:, genre], y_score[:, genre], sample_weight=weights)
            assert row[genre] == pytest.approx(wanted)


def test_resamples_are_the_same_in_blocks_of_any_size(monkeypatch):
    rng = np.random.default_rng(0)
    y_true, y_score, counts = rng.random((30, 2)) < 0.3, rng.random((30, 2)), draw_counts(np.arange(30), 7, seed=0)
    at_once = resampled_average_precision(y_true, y_score, counts)
    monkeypatch.setattr(bootstrap, "_BLOCK", 3)
    assert (resampled_average_precision(y_true, y_score, counts) == at_once).all()


def test_means_by_hand():
    values, counts = np.array([1.0, 3.0, np.nan]), np.array([[1, 1, 5], [3, 1, 0], [0, 0, 2]])
    np.testing.assert_allclose(resampled_mean(values, counts), [2, 1.5, np.nan])
    np.testing.assert_allclose(nan_mean(np.array([[0.2, 0.4], [np.nan, 0.3], [np.nan, np.nan]])), [0.3, 0.3, np.nan])


# 101 resamples of the mean 0.52, from whose quantiles the intervals follow by hand.
RESAMPLES = np.append(np.linspace(0.4, 0.6, 100), 2.52)


def test_each_interval_by_hand():
    low, high = np.quantile(RESAMPLES, [0.1, 0.9])
    assert RESAMPLES.mean() == pytest.approx(0.52)
    assert centred_interval(RESAMPLES, 0.5, level=0.8) == Interval(
        pytest.approx(low - 0.02), pytest.approx(high - 0.02), 0.8
    )
    assert reflected_interval(RESAMPLES, 0.5, level=0.8) == Interval(
        pytest.approx(1 - high), pytest.approx(1 - low), 0.8
    )
    # 1.2816 is the 90% quantile of the normal distribution.
    reach = 1.2816 * RESAMPLES.std(ddof=1)
    wanted = Interval(pytest.approx(-0.1 - reach, abs=1e-4), pytest.approx(-0.1 + reach, abs=1e-4), 0.8)
    assert normal_interval(RESAMPLES, -0.1, level=0.8) == wanted


@pytest.mark.parametrize("interval", [centred_interval, reflected_interval])
def test_an_interval_of_a_figure_lies_between_0_and_1(interval):
    spread = np.linspace(0, 1, 50)
    assert interval(spread, 0.01).low == 0
    assert interval(spread, 0.99).high == 1


@pytest.mark.parametrize("interval", [centred_interval, reflected_interval])
def test_undefined_resamples_are_left_out_until_they_are_the_most(interval):
    values = np.array([0.2, 0.3, 0.4, np.nan, np.nan, np.nan])
    assert interval(values, 0.3) == interval(values[:3], 0.3)
    assert interval(np.append(values, np.nan), 0.3) is None
    assert interval(np.array([]), 0.3) is None


@pytest.mark.parametrize("values", [[], [np.nan], [0.3], [0.3, np.nan], [0.3, 0.3]])
def test_what_never_moves_has_no_error(values):
    assert standard_error(np.array(values)) == 0
    assert normal_interval(np.array(values), 0.1) == Interval(0.1, 0.1, 0.95)


@settings(max_examples=30)
@given(values=hnp.arrays(float, 20, elements=st.floats(0, 1)), estimate=st.floats(0, 1))
def test_an_interval_begins_below_its_end(values, estimate):
    for interval in (centred_interval, reflected_interval, normal_interval):
        made = interval(values, estimate)
        assert made.low <= made.high


# A known population: the scores of positives are normal around the separation, those of the others around 0.


def true_average_precision(prevalence, separation):
    """The precision at a positive's score, integrated over the scores of positives."""
    score = np.linspace(-8, 12, 4001)
    hits, false = prevalence * norm.sf(score - separation), (1 - prevalence) * norm.sf(score)
    return np.trapezoid(hits / (hits + false) * norm.pdf(score - separation), score)


def drawn_posters(rng, prevalence, films, size, separation):
    """Labels and scores (films * size, G); the posters of a film agree in labels, and in scores but for a little."""
    film = np.repeat(np.arange(films), size)
    y_true = (rng.random((films, len(prevalence))) < prevalence)[film]
    own = rng.normal(size=y_true.shape)
    noise = own if size == 1 else np.sqrt(0.9) * rng.normal(size=(films, len(prevalence)))[film] + np.sqrt(0.1) * own
    return y_true.astype(np.uint8), separation * y_true + noise, film


def coverage(films, size, prevalence, separation=1.5, sets=150, samples=200, seed=0):
    """How often the interval of the macro mAP holds the truth: groups drawn, posters drawn, and its percentiles."""
    rng = np.random.default_rng(seed)
    truth = np.mean([true_average_precision(share, separation) for share in prevalence])
    held = {"groups": 0, "posters": 0, "percentiles": 0}
    for number in range(sets):
        y_true, y_score, film = drawn_posters(rng, prevalence, films, size, separation)
        estimate = average_precision(y_true, y_score).mean()
        for name, groups in (("groups", film), ("posters", np.arange(len(film)))):
            macro = nan_mean(resampled_average_precision(y_true, y_score, draw_counts(groups, samples, number)))
            interval = reflected_interval(macro, estimate)
            held[name] += interval.low <= truth <= interval.high
            if name == "groups":
                low, high = np.quantile(macro, [0.025, 0.975])
                held["percentiles"] += low <= truth <= high
    return {name: count / sets for name, count in held.items()}


COMMON = np.array([0.1, 0.2, 0.3, 0.4])


def test_an_interval_holds_the_true_macro_map_nineteen_times_in_twenty():
    # A binomial of 100 draws at 0.95 has a standard deviation of 0.022: this allows three.
    assert coverage(films=150, size=1, prevalence=COMMON, sets=100, samples=150)["groups"] == pytest.approx(
        0.95, abs=0.065
    )


def test_drawing_posters_of_one_film_apart_promises_too_much():
    held = coverage(films=80, size=3, prevalence=COMMON, sets=80, samples=150)
    assert held["groups"] >= 0.95 - 3 * 0.024
    assert held["posters"] < 0.85


@pytest.mark.slow
def test_with_rare_genres_it_holds_the_truth_nearly_as_often_and_percentiles_dont():
    """Of 850 posters with genres of 10 to 340 positives."""
    held = coverage(films=850, size=1, prevalence=np.array([10, 17, 26, 35, 60, 110, 160, 340]) / 850)
    assert 0.88 <= held["groups"] <= 1
    assert held["percentiles"] < held["groups"] - 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("positives", "least"), [(5, 0.80), (10, 0.86), (20, 0.88), (50, 0.90)])
def test_the_interval_of_a_rare_genre_holds_the_truth_nearly_as_often_as_it_says(positives, least):
    """Three standard deviations of 200 draws below what a simulation of 300 had found; see `centred_interval`."""
    rng, prevalence, held = np.random.default_rng(1), np.array([positives / 850]), []
    truth = true_average_precision(prevalence[0], 1.5)
    while len(held) < 200:
        y_true, y_score, film = drawn_posters(rng, prevalence, 850, 1, 1.5)
        if y_true.any():
            resampled = resampled_average_precision(y_true, y_score, draw_counts(film, 200, len(held)))
            interval = centred_interval(resampled[:, 0], float(average_precision(y_true, y_score)[0]))
            held.append(interval.low <= truth <= interval.high)
    assert least <= np.mean(held) <= 0.995
