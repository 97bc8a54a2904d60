"""Unknown labels (-1), from thresholds to comparisons: against loops over the known cells."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posters.calibration import fit_calibration, no_calibration
from posters.catalogue import Catalogue, Poster
from posters.errors import ScoresError
from posters.evaluation import Context, Evaluation, evaluate
from posters.evaluation.bootstrap import draw_counts, resampled_average_precision
from posters.evaluation.comparison import compare
from posters.evaluation.label_issues import find_label_issues
from posters.metrics import average_precision
from posters.report.html.sections import together
from posters.scores import Scores, read_scores, write_scores
from posters.thresholds import DEFAULT_RULES, NEVER, fit_rule, fixed_thresholds, miss_rate_thresholds

GENRES = ("Drama", "Comedy", "War", "Noir")
PREVALENCE = (0.6, 0.4, 0.25, 0.1)
RULES = (*DEFAULT_RULES, "precision=0.4", "recall=0.3", "miss-rate=0.4")


def drawn(seed=0, posters=400, share=0.4, hide_only=None):
    """Scores that know something, with some labels unknown: only those of one genre, if asked for."""
    random = np.random.default_rng(seed)
    y_true = (random.random((posters, len(GENRES))) < PREVALENCE).astype(np.int8)
    y_score = (0.4 * y_true + 0.6 * random.random(y_true.shape)).round(2).clip(0.01, 0.99)
    gone = random.random(y_true.shape) < share
    if hide_only is not None:
        gone &= np.arange(len(GENRES)) == hide_only
    return Scores([f"tt{row}" for row in range(posters)], GENRES, y_score, np.where(gone, -1, y_true))


def elsewhere(scores, seed=1):
    """The same with other scores wherever the label is unknown."""
    other = np.random.default_rng(seed).random(scores.y_score.shape)
    return replace(scores, y_score=np.where(scores.y_true < 0, other, scores.y_score))


def alone(scores, genre):
    """One genre on the posters for which it is known: what masking must come to."""
    rows = np.flatnonzero(scores.y_true[:, genre] >= 0)
    return Scores(
        tuple(scores.ids[row] for row in rows),
        (GENRES[genre],),
        scores.y_score[rows, genre, None],
        scores.y_true[rows, genre, None],
    )


def evaluated(scores, rules=(), prior=PREVALENCE, context=None):
    rules = rules or (fixed_thresholds(scores.genre_names, 0.4),)
    return evaluate(scores, rules, np.array(prior), context=context, samples=20)


def catalogue_of(scores):
    posters = tuple(Poster(id, f"{id}.jpg", (), year=1950 + row % 40) for row, id in enumerate(scores.ids))
    return Catalogue(posters, scores.genre_names, Path("images"))


def test_scores_keep_what_is_unknown_in_memory_and_on_disk(tmp_path):
    scores = Scores(("a", "b"), ("Drama", "War"), [[0.9, 0.2], [0.4, 0.7]], [[1, -1], [-1, 0]])
    write_scores(scores, tmp_path / "scores.npz")
    again = read_scores(tmp_path / "scores.npz").labelled("a test")
    assert again.y_true.tolist() == [[1, -1], [-1, 0]]
    assert again.known.tolist() == [[True, False], [False, True]]
    with pytest.raises(ScoresError, match="0 and 1 only, or -1 for unknown, but got -2 for poster 'b', genre 'War'"):
        replace(scores, y_true=[[1, -1], [-1, -2]])


# The precision's level is shared by all genres: tests/thresholds checks it.
@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.startswith(("miss-rate", "precision"))])
@pytest.mark.parametrize("seed", range(3))
def test_a_rule_is_fitted_genre_by_genre_on_what_is_known(rule, seed):
    scores = drawn(seed)
    fitted = fit_rule(rule, scores, no_calibration(GENRES))
    loop = [fit_rule(rule, alone(scores, g), no_calibration((name,))).values[0] for g, name in enumerate(GENRES)]
    assert list(fitted.values) == loop
    assert any(value not in (0, 0.5, NEVER) for value in loop) or rule == "fixed"


@pytest.mark.parametrize("target", [0.1, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_the_miss_rate_counts_the_known_genres_of_a_poster(target, seed):
    scores = drawn(seed)
    has = [(p[y == 1], y) for p, y in zip(scores.y_score, scores.y_true, strict=True) if (y == 1).any()]
    best = 0.0
    for t in np.unique(scores.y_score):  # Conformal risk control by its definition.
        loss = np.mean([np.mean(own < t) for own, _ in has])
        if len(has) / (len(has) + 1) * loss + 1 / (len(has) + 1) <= target:
            best = t
    chosen = miss_rate_thresholds(scores, target).values[0]
    levels = np.unique(np.concatenate([own for own, _ in has]))
    # Between two scores of known genres every threshold misses the same ones.
    assert np.searchsorted(levels, chosen, side="left") == np.searchsorted(levels, best, side="left")


def test_the_miss_rate_is_kept_on_new_posters_and_by_chance_on_what_is_hidden():
    rates = []
    for seed in range(30):
        values = np.array(miss_rate_thresholds(drawn(seed, posters=150), 0.2).values)
        fresh, whole = drawn(1000 + seed, posters=600), drawn(1000 + seed, posters=600, share=0)
        for scores in (fresh, whole):
            has = (scores.y_true == 1) & (scores.y_true == 1).any(axis=1, keepdims=True)
            rows = has.any(axis=1)
            rates.append(np.mean((has & (scores.y_score < values))[rows].sum(axis=1) / has[rows].sum(axis=1)))
    assert np.mean(rates[::2]) <= 0.2
    assert np.mean(rates[1::2]) <= 0.21


@pytest.mark.parametrize("rule", RULES)
def test_scores_of_unknown_labels_have_no_part_in_a_rule(rule):
    scores = drawn(4)
    assert fit_rule(rule, scores, no_calibration(GENRES)) == fit_rule(rule, elsewhere(scores), no_calibration(GENRES))


@pytest.mark.parametrize("seed", range(2))
def test_scores_of_unknown_labels_have_no_part_in_a_calibration(seed):
    scores = drawn(seed, posters=1200)
    calibration = fit_calibration(scores)
    assert not calibration.changes_nothing
    assert calibration == fit_calibration(elsewhere(scores))


def test_a_genre_that_nobody_knows_is_decided_like_one_without_positives():
    scores = drawn(0)
    y_true = scores.y_true.copy()
    y_true[:, 3] = -1
    scores = replace(scores, y_true=y_true)
    values = {rule: fit_rule(rule, scores, no_calibration(GENRES)).values[3] for rule in DEFAULT_RULES}
    assert (values["f1"], values["precision=0.8"], values["recall=0.8"]) == (0.5, NEVER, 0)
    # All that is left for it is what all genres share.
    assert fit_calibration(scores).curves[3].parameters[1:] in ((), (0.0,))
    found = evaluated(scores)
    noir = found.genres[3]
    assert (noir.positives, noir.unknown, noir.prevalence, noir.average_precision) == (0, 400, None, None)
    assert found.genre_reliability[3].ece is None
    assert found.without_positives == ("Noir",)
    assert found.without_negatives == ()
    assert Evaluation.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found


def test_every_resample_leaves_out_what_is_unknown():
    scores = drawn(2, posters=60)
    counts = draw_counts(np.arange(60), 12, 0)
    loop = [
        average_precision(np.repeat(scores.y_true, times, axis=0), np.repeat(scores.y_score, times, axis=0))
        for times in counts
    ]
    np.testing.assert_allclose(resampled_average_precision(scores.y_true, scores.y_score, counts), loop)


@pytest.mark.parametrize("genre", range(len(GENRES)))
def test_a_genre_is_evaluated_on_the_posters_for_which_it_is_known(genre):
    scores = drawn(3)
    one = alone(scores, genre)
    own, expected = evaluated(scores), evaluated(one, prior=(PREVALENCE[genre],))
    row, lone = own.genres[genre], expected.genres[0]
    assert replace(row, interval=None, unknown=0) == replace(lone, interval=None)
    assert (own.known(row), row.unknown) == (len(one), len(scores) - len(one))
    assert own.curves[genre] == expected.curves[0]
    assert own.histograms[genre] == expected.histograms[0]
    assert own.genre_reliability[genre] == expected.genre_reliability[0]
    assert own.confusion.found[genre] == expected.confusion.found[0]
    assert own.confusion.missed[genre] == expected.confusion.missed[0]
    assert own.co_occurrence.predicted[genre][genre] == expected.co_occurrence.predicted[0][0]


def test_calibration_error_over_pairs_is_that_of_the_known_pairs():
    scores = drawn(5)
    known = scores.y_true >= 0
    y, p, prior = scores.y_true[known], scores.y_score[known], np.broadcast_to(PREVALENCE, known.shape)[known]
    place = np.minimum((p * 10).astype(int), 9)
    ece = sum(abs(p[place == b].sum() - y[place == b].sum()) for b in range(10)) / len(p)
    found = evaluated(scores).reliability
    assert found.ece == pytest.approx(ece)
    assert found.brier == pytest.approx(np.mean((p - y) ** 2))
    assert found.brier_of_the_prior == pytest.approx(np.mean((prior - y) ** 2))


def test_counts_over_two_genres_leave_out_posters_where_one_is_unknown():
    scores = drawn(6)
    y, predicted = scores.y_true, scores.y_score >= 0.4
    found = evaluated(scores)
    for a in range(4):
        for b in range(4):
            assert found.co_occurrence.true[a][b] == ((y[:, a] == 1) & (y[:, b] == 1)).sum()
            both = predicted[:, a] & predicted[:, b] & (y[:, a] >= 0) & (y[:, b] >= 0)
            assert found.co_occurrence.predicted[a][b] == both.sum()
            if a != b:
                wrong = (y[:, a] == 1) & ~predicted[:, a] & (y[:, b] == 0) & predicted[:, b]
                assert found.confusion.instead[a][b] == wrong.sum()


def test_promises_are_judged_on_what_is_known():
    scores = drawn(7)
    rules = [fit_rule(rule, drawn(8), no_calibration(GENRES)) for rule in ("precision=0.4", "miss-rate=0.3")]
    precision, miss_rate = evaluated(scores, rules).targets
    y, known = scores.y_true, scores.y_true >= 0
    decided = [rule.apply(scores.y_score) == 1 for rule in rules]
    shares = [np.mean(y[known[:, g] & decided[0][:, g], g]) for g in range(4) if (known[:, g] & decided[0][:, g]).any()]
    assert precision.reached == pytest.approx(np.mean(shares))
    rows = (y == 1).any(axis=1)
    missed = ((y == 1) & ~decided[1])[rows].sum(axis=1) / (y == 1)[rows].sum(axis=1)
    assert miss_rate.reached == pytest.approx(missed.mean())
    assert miss_rate.predicted_per_poster == pytest.approx(sum(decided[1][known[:, g], g].mean() for g in range(4)))


@pytest.mark.parametrize("seed", range(6))
def test_an_evaluation_depends_on_no_score_of_an_unknown_label(seed):
    scores = drawn(seed, posters=80)
    # `balanced` weighs a genre against the poster's others, whether or not they are known.
    by_genre = [rule for rule in DEFAULT_RULES if rule != "balanced"]
    rules = [fit_rule(rule, scores, no_calibration(GENRES)) for rule in by_genre]
    one, other = (
        evaluated(each, rules, context=Context(catalogue=catalogue_of(scores), uncalibrated=each, baseline=each))
        for each in (scores, elsewhere(scores, seed))
    )
    # Posters to look at show all that is predicted, with what is unknown beside it.
    assert replace(one, examples=()) == replace(other, examples=())
    assert one.unknown_labels == (scores.y_true < 0).sum()


def test_examples_are_of_known_labels_and_name_the_unknown_ones():
    scores = Scores(("a", "b"), ("Drama", "War"), [[0.9, 0.8], [0.7, 0.1]], [[-1, 1], [0, -1]])
    drama, war = evaluated(scores, prior=(0.5, 0.5), context=Context(catalogue=catalogue_of(scores))).examples
    assert [each.id for each in drama.surest_wrong] == ["b"]
    assert (drama.surest_right, drama.most_missed) == ((), ())
    assert (war.surest_right[0].true, war.surest_right[0].unknown) == (("War",), ("Drama",))


def test_an_evaluation_of_nothing_known_is_refused():
    with pytest.raises(ScoresError, match="an evaluation needs known labels, but all of these are unknown"):
        evaluated(drawn(0, share=1))


def test_an_unknown_label_is_no_issue_and_counts_for_neither_answer():
    scores = drawn(9, posters=600)
    # Wrong labels, also where they are then unknown.
    wrong = np.random.default_rng(0).random(scores.y_true.shape) < 0.05
    scores = replace(scores, y_true=np.where(wrong & (scores.y_true >= 0), 1 - scores.y_true, scores.y_true))
    issues = find_label_issues(scores, catalogue_of(scores))
    loop = [
        (issue.id, issue.genre, issue.kind, issue.confidence)
        for g in range(len(GENRES))
        for issue in find_label_issues(alone(scores, g), catalogue_of(scores))
    ]
    assert sorted((issue.id, issue.genre, issue.kind, issue.confidence) for issue in issues) == sorted(loop)
    assert loop
    truth = {id: {GENRES[g] for g in np.flatnonzero(y == 1)} for id, y in zip(scores.ids, scores.y_true, strict=True)}
    assert all(set(issue.labels) == truth[issue.id] for issue in issues)


def test_a_comparison_uses_each_label_that_one_of_the_catalogues_knows():
    whole = drawn(10, share=0)
    half = replace(whole, y_true=np.where(np.arange(400)[:, None] % 2, -1, whole.y_true))
    other = replace(half, y_true=np.where(np.arange(400)[:, None] % 4, -1, whole.y_true))
    found = compare({"half": half, "other": elsewhere(other)}, samples=20)
    assert found.unknown_labels == 800
    assert [genre.unknown for genre in found.runs[0].genres] == [200] * 4
    expected = average_precision(whole.y_true[::2], whole.y_score[::2])
    assert [genre.average_precision for genre in found.runs[0].genres] == pytest.approx(expected)
    flipped = replace(whole, y_true=1 - whole.y_true)
    with pytest.raises(ScoresError, match="half and flipped have other genres for the poster"):
        compare({"half": half, "flipped": flipped}, samples=20)


def test_a_comparison_depends_on_no_score_of_an_unknown_label():
    scores = drawn(11)
    better = replace(scores, y_score=np.where(scores.y_true == 1, 0.9, scores.y_score))
    assert compare({"a": scores, "b": better}, samples=20) == compare(
        {"a": elsewhere(scores), "b": elsewhere(better, 2)}, samples=20
    )


def test_shares_of_genres_together_are_of_posters_for_which_both_are_known():
    scores = drawn(12)
    found, y = evaluated(scores), scores.y_true
    rows = together(found, found.co_occurrence.true, found.co_occurrence.true_of).rows
    both = (y[:, 0] == 1) & (y[:, 1] >= 0)
    assert rows[0].shares[1] == pytest.approx(np.mean(y[both, 1]))
    assert evaluated(drawn(12, share=0)).co_occurrence.true_of == ()
