"""`evaluate`: the model beside predictors that cost nothing, undefined figures counted aloud, and JSON both ways."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posters.catalogue import Catalogue, Poster
from posters.errors import ScoresError
from posters.evaluation import FREQUENT, Context, Epoch, Evaluation, evaluate, read_evaluation
from posters.evaluation.label_issues import LabelIssue
from posters.metrics import METRICS
from posters.scores import Scores
from posters.thresholds import Thresholds, fixed_thresholds

# "Comedy" is just frequent, "Western" has 5 positives of 100, "N/A" none, "Film" all.
GENRES = ("Comedy", "Drama", "Western", "N/A", "Film")
PRIOR = np.array([0.3, 0.6, 0.1, 0.05, 0.9])
TUNED = Thresholds(GENRES, (0.4, 0.3, 0.2, 0.5, 0.1), "f1", "validation, 50 posters")


def made_scores(posters=100):
    random = np.random.default_rng(0)
    y_true = np.zeros((posters, len(GENRES)), np.uint8)
    for column, positives in enumerate((FREQUENT, 60, 5, 0, 100)):
        y_true[random.permutation(posters)[:positives], column] = 1
    y_score = np.clip(0.2 * y_true + 0.7 * random.random(y_true.shape), 0, 1)
    return Scores([f"poster {row}" for row in range(posters)], GENRES, y_score, y_true)


SCORES = made_scores()
# Between the model's scores and no knowledge at all.
WORSE = Scores(SCORES.ids, GENRES, (SCORES.y_score + 2 * SCORES.y_score[::-1]) / 3, SCORES.y_true)
BETTER_LABELLED = Scores(SCORES.ids, GENRES, SCORES.y_score, 1 - SCORES.y_true)


@pytest.fixture(scope="module")
def evaluation():
    context = Context(provenance={"classifier": "runs/first", "sizes": (288, 192)})
    return evaluate(SCORES, [TUNED], PRIOR, context=context)


def test_each_genre_by_hand(evaluation):
    drama, absent = evaluation.genres[1], evaluation.genres[3]
    assert (drama.name, drama.positives, drama.prevalence, drama.prior) == ("Drama", 60, 0.6, 0.6)
    assert drama.lift == pytest.approx(drama.average_precision / 0.6)
    tuned = drama.decisions["f1"]
    passing = SCORES.y_score[:, 1] >= 0.3
    hits = int((passing & (SCORES.y_true[:, 1] == 1)).sum())
    assert (tuned.threshold, tuned.predicted) == (0.3, int(passing.sum()))
    assert (tuned.precision, tuned.recall) == pytest.approx((hits / passing.sum(), hits / 60))
    assert (absent.positives, absent.average_precision, absent.lift, absent.roc_auc) == (0, None, None, None)
    assert (absent.decisions["0.5"].f1, absent.decisions["0.5"].recall) == (None, None)


def test_macro_figures_state_how_many_genres_they_count(evaluation):
    model = evaluation.of("model", "0.5")
    assert (model.figures["macro_map"].counted, model.figures["macro_roc_auc"].counted) == (4, 3)
    assert (model.frequent["macro_map"].counted, model.frequent["macro_roc_auc"].counted) == (3, 2)
    assert model.figures["micro_f1"].counted is None
    assert evaluation.without_positives == ("N/A",)
    assert evaluation.without_negatives == ("Film",)
    defined = [genre.average_precision for genre in evaluation.genres if genre.positives]
    assert model.figures["macro_map"].value == pytest.approx(np.mean(defined))
    frequent = [genre.average_precision for genre in evaluation.genres if genre.positives >= FREQUENT]
    assert model.frequent["macro_map"].value == pytest.approx(np.mean(frequent))


def test_every_figure_is_there_for_every_predictor(evaluation):
    assert [(row.predictor, row.rule) for row in evaluation.predictors] == [
        ("model", "f1"),
        ("model", "0.5"),
        ("prior", "0.5"),
        ("two commonest", "constant"),
        ("none", "constant"),
    ]
    for row in evaluation.predictors:
        assert row.figures.keys() == METRICS.keys()
        assert row.frequent.keys() == {name for name, metric in METRICS.items() if metric.over == "genres"}


def test_predicting_nothing_has_the_accuracy_of_rarity_and_no_scores(evaluation):
    none = evaluation.of("none").figures
    assert none["binary_accuracy"].value == pytest.approx(1 - SCORES.y_true.mean())
    assert (none["macro_f1"].value, none["macro_precision"].value, none["macro_recall"].value) == (0, 0, 0)
    assert (none["macro_map"].value, none["log_loss"].value) == (None, None)


def test_the_prior_knows_the_training_labels_alone(evaluation):
    prior = evaluation.of("prior").figures
    prevalence = SCORES.y_true.mean(axis=0)
    # A constant score ranks by chance, whatever its value: AP is the evaluated prevalence, of defined genres.
    assert prior["macro_map"].value == pytest.approx(prevalence[prevalence > 0].mean())
    assert prior["macro_roc_auc"].value == 0.5
    cross_entropy = -(prevalence * np.log(PRIOR) + (1 - prevalence) * np.log(1 - PRIOR))
    assert prior["log_loss"].value == pytest.approx(cross_entropy.mean())
    # At 0.5 it says Drama and Film.
    assert prior["macro_recall"].value == pytest.approx(2 / 4)


def test_the_two_commonest_are_those_of_training():
    evaluated = evaluate(SCORES, [TUNED], np.array([0.3, 0.2, 0.3, 0.3, 0.1]))
    # Of three equally common, the first two by name: Comedy and Western.
    assert evaluated.of("two commonest").figures["macro_recall"].value == pytest.approx(2 / 4)
    hits, said = FREQUENT + 5, 200
    assert evaluated.of("two commonest").figures["micro_precision"].value == pytest.approx(hits / said)


def test_a_softmax_is_judged_by_its_argmax_too():
    shares = SCORES.y_score / SCORES.y_score.sum(axis=1, keepdims=True)
    scores = Scores(SCORES.ids, GENRES, shares, SCORES.y_true)
    evaluated = evaluate(scores, [TUNED], PRIOR, head="softmax")
    right = SCORES.y_true[np.arange(100), shares.argmax(axis=1)].mean()
    assert evaluated.of("model", "argmax").figures["micro_precision"].value == pytest.approx(right)
    assert evaluated.genres[0].decisions["argmax"].threshold is None


def test_every_rule_is_judged_the_default_first_and_a_half_in_any_case():
    def of_model(*rules):
        evaluated = evaluate(SCORES, rules, PRIOR, samples=10)
        assert evaluated.default_rule == evaluated.predictors[0].rule
        return [row.rule for row in evaluated.predictors if row.predictor == "model"]

    assert of_model(fixed_thresholds(GENRES)) == ["0.5"]
    assert of_model(TUNED) == ["f1", "0.5"]
    assert of_model(fixed_thresholds(GENRES), TUNED) == ["0.5", "f1"]


def test_posters_without_genres_are_counted():
    y_true = SCORES.y_true.copy()
    y_true[:7] = 0
    evaluated = evaluate(Scores(SCORES.ids, GENRES, SCORES.y_score, y_true), [TUNED], PRIOR)
    assert evaluated.posters_without_genres == 7
    assert evaluated.of("model").figures["lrap"].counted == 93


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scores": Scores(SCORES.ids, GENRES, SCORES.y_score)}, "an evaluation needs y_true"),
        ({"scores": SCORES.take([])}, "an evaluation needs at least one poster"),
        ({"rules": [fixed_thresholds(GENRES[::-1])]}, "rules must be for the scores' genres"),
        ({"prior": PRIOR[:3]}, "prior must be one share between 0 and 1 for each of the 5 genres"),
        ({"prior": PRIOR + 0.5}, "prior must be one share between 0 and 1"),
        ({"prior": PRIOR * np.nan}, "prior must be one share between 0 and 1"),
        ({"head": "tanh"}, "head must be one of sigmoid, softmax, but got 'tanh'"),
        ({"rules": []}, "needs at least one rule"),
        ({"context": Context(provenance={"path": object()})}, "can't be written as JSON"),
        ({"context": Context(provenance={"loss": float("nan")})}, "can't be written as JSON"),
        ({"context": Context(groups=np.zeros(3))}, r"groups must have the shape \(100,\), but got \(3,\)"),
        (
            {"context": Context(uncalibrated=SCORES.take([0]))},
            "uncalibrated scores must be of the same posters and genres",
        ),
        ({"context": Context(baseline=SCORES.take([0]))}, "baseline scores must be of the same posters and genres"),
        ({"context": Context(baseline=BETTER_LABELLED)}, "baseline scores must have the same labels"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ScoresError, match=message):
        evaluate(**{"scores": SCORES, "rules": [TUNED], "prior": PRIOR, "samples": 10, **changes})


# --- Intervals, and beside a logistic regression ---


def test_macro_map_and_each_genre_have_an_interval_but_not_for_constant_predictors(evaluation):
    for row in evaluation.predictors:
        with_interval = {name for name, figure in row.figures.items() if figure.interval}
        assert with_interval == ({"macro_map"} if row.predictor == "model" else set())
        assert (row.frequent["macro_map"].interval is not None) == (row.predictor == "model")
    for genre in evaluation.genres:
        # Every poster is a Film: nothing moves that figure, and nothing tells how far off it may be.
        if genre.average_precision in (None, 1):
            assert genre.interval is None
        else:
            assert 0 <= genre.interval.low < genre.interval.high <= 1
    assert evaluation.genres[4].average_precision == 1
    assert (evaluation.bootstrap.groups, evaluation.bootstrap.samples) == (100, 1000)


def test_posters_of_one_film_are_drawn_together():
    def interval(groups):
        judged = evaluate(SCORES, [TUNED], PRIOR, context=Context(groups=groups), samples=50)
        assert judged.bootstrap.groups == len(set(groups))
        return judged.genres[1].interval

    # One film, and too few: they don't tell how far other films' posters may be off.
    assert interval(np.zeros(100, int)) is None
    assert interval(np.arange(100) % 2) is None
    alone, pairs = interval(np.arange(100)), interval(np.arange(100) // 2)
    assert (alone.low, alone.high) != (pairs.low, pairs.high)


def test_logistic_regression_comes_after_the_model(evaluation):
    judged = evaluate(SCORES, [TUNED], PRIOR, context=Context(baseline=WORSE))
    assert [row.predictor for row in judged.predictors[:4]] == ["model", "model", "logistic regression", "prior"]
    baseline = judged.of("logistic regression", "0.5").figures
    alone = evaluate(WORSE, [fixed_thresholds(GENRES)], PRIOR).of("model").figures
    assert baseline == alone
    difference = judged.of("model").figures["macro_map"].value - baseline["macro_map"].value
    ahead = judged.ahead_of_baseline
    assert 0 < ahead.low < difference < ahead.high
    assert (ahead.low + ahead.high) / 2 == pytest.approx(difference)
    assert evaluation.ahead_of_baseline is None


def test_a_model_is_not_ahead_of_itself():
    ahead = evaluate(SCORES, [TUNED], PRIOR, context=Context(baseline=SCORES)).ahead_of_baseline
    assert (ahead.low, ahead.high) == (0, 0)


# --- Plain data ---


def test_everything_that_is_known_comes_back_from_json():
    posters = tuple(Poster(id, f"{id}.jpg", (), title="Film", year=1950 + row) for row, id in enumerate(SCORES.ids))
    context = Context(
        uncalibrated=WORSE,
        baseline=WORSE,
        catalogue=Catalogue(posters, GENRES, "images"),
        learning=(Epoch("head", 1, 0.5, 0.25),),
        label_issues=(LabelIssue("poster 1", None, "1.jpg", "Drama", "missing", 0.9, 0.8, ("Comedy",)),),
        label_issues_from="somewhere",
    )
    rules = [TUNED, Thresholds(GENRES, (0.5,) * 5, "recall=0.8", "validation, 50 posters")]
    evaluated = evaluate(SCORES, rules, PRIOR, context=context, samples=20)
    plain = evaluated.to_dict()
    assert Evaluation.from_dict(json.loads(json.dumps(plain))) == evaluated
    assert (evaluated.learning, evaluated.label_issues) == (context.learning, context.label_issues)
    assert evaluated.label_issues_from == "somewhere"
    sections = ("targets", "decades", "examples", "curves", "histograms", "genre_reliability")
    assert all(plain[section] for section in sections)
    plain["label_issues"][0]["kind"] = "perhaps"
    with pytest.raises(ScoresError, match=r"label_issues\[0\].kind must be one of missing, false, but got 'perhaps'"):
        Evaluation.from_dict(plain)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.sampled_from(["sigmoid", "softmax"]), st.data())
def test_json_gives_the_same_evaluation_back(posters, genres, head, data):
    names = tuple(data.draw(st.lists(st.text(), min_size=genres, max_size=genres, unique=True)))
    y_true = data.draw(hnp.arrays(np.uint8, (posters, genres), elements=st.integers(0, 1)))
    y_score = data.draw(hnp.arrays(np.float64, (posters, genres), elements=st.floats(0, 1)))
    scores = Scores(tuple(map(str, range(posters))), names, y_score, y_true)
    evaluated = evaluate(scores, [fixed_thresholds(names, 0.3)], y_true.mean(axis=0), head=head, samples=20)
    text = json.dumps(evaluated.to_dict(), allow_nan=False)
    assert Evaluation.from_dict(json.loads(text)) == evaluated
    assert json.loads(text) == evaluated.to_dict()


def test_a_format_of_another_version_is_refused(evaluation):
    with pytest.raises(ScoresError, match="must have the format 3, but got 1"):
        Evaluation.from_dict({**evaluation.to_dict(), "format": 1})
    with pytest.raises(ScoresError, match="must have the format 3, but got"):
        Evaluation.from_dict([])


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("posters",), "many", "evaluation.posters must be int, but got 'many'"),
        (("posters",), True, "evaluation.posters must be int, but got True"),
        (("genres", 1, "roc_auc"), "high", r"evaluation.genres\[1\].roc_auc must be float or NoneType, but got 'high'"),
        (("genres", 1, "prior"), None, "prior must be float, but got None"),
        (("genres", 1, "prior"), float("nan"), "prior must be float, but got nan"),
        (("genres",), {}, "evaluation.genres must be a list"),
        (("predictors", 0, "figures", "lrap"), 0.5, r"predictors\[0\].figures.lrap must be an object"),
        (("predictors", 0, "colour"), "red", r"predictors\[0\]: 'colour' is unknown"),
    ],
)
def test_damaged_data_is_refused_and_the_place_named(evaluation, path, value, message):
    plain = evaluation.to_dict()
    place = plain
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ScoresError, match=message):
        Evaluation.from_dict(plain)


def test_every_missing_key_is_named(evaluation):
    # Evaluations of before know nothing of posters that were seen, nor of unknown labels.
    for key in evaluation.to_dict().keys() - {"format", "seen", "unknown_labels"}:
        with pytest.raises(ScoresError, match=f"evaluation: '{key}' is missing"):
            Evaluation.from_dict({name: value for name, value in evaluation.to_dict().items() if name != key})


def test_whole_numbers_are_accepted_as_floats(evaluation):
    plain = evaluation.to_dict()
    plain["genres"][4]["prevalence"] = 1
    assert Evaluation.from_dict(plain) == evaluation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "can't be read"),
        ("{", "not an evaluation"),
        ("[" * 5000, "not an evaluation"),
        ("9" * 5000, "not an evaluation"),
        ("[]", "format 3"),
    ],
)
def test_a_file_that_is_no_evaluation_is_named(tmp_path, text, message):
    path = tmp_path / "evaluation.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ScoresError, match=f"evaluation.json: .*{message}"):
        read_evaluation(path)


def test_an_unknown_predictor_is_refused_with_those_there_are(evaluation):
    with pytest.raises(ScoresError, match=r"no predictor 'oracle'.* there are model \(f1\), model \(0.5\)"):
        evaluation.of("oracle")
