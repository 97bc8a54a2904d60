"""What every report says in sentences: the verdict, what it means, what was left out, and how it was made."""

import json
from collections.abc import Iterable

from posters.evaluation import HALF, Evaluation, Figure
from posters.metrics import METRICS
from posters.report.tables import UNDEFINED, number, printable, signed, span


def heading(evaluation: Evaluation) -> str:
    size = f"{_counted(evaluation.posters, 'poster')}, {_counted(len(evaluation.genres), 'genre')}"
    return f"{printable(evaluation.side)}: {size}, {evaluation.head} head"


def verdict(evaluation: Evaluation) -> str:
    """The sentence to remember: macro mAP with its interval, beside chance and logistic regression."""
    figure = evaluation.of("model").figures["macro_map"]
    chance = evaluation.of("prior").figures["macro_map"].value
    if figure.value is None or chance is None:
        return "Macro mAP is undefined, since no evaluated poster has a genre."
    level = "" if figure.interval is None else f" ({figure.interval.level:.0%} interval {span(figure.interval)})"
    beside = f"{chance:.3f} by chance"
    baseline = baseline_map(evaluation)
    if baseline is not None:
        beside += f", {number(baseline.value)} by logistic regression on the frozen features"
    return f"Macro mAP {figure.value:.3f}{level} over {figure.counted} genres; {beside}."


def meaning(evaluation: Evaluation) -> str:
    """What the verdict means, in plain words."""
    said = (_beside_chance(evaluation), _beside_baseline(evaluation), _accuracy(evaluation))
    return " ".join(sentence for sentence in said if sentence)


def _beside_chance(evaluation: Evaluation) -> str:
    figure, chance = evaluation.of("model").figures["macro_map"], evaluation.of("prior").figures["macro_map"].value
    if figure.value is None or chance is None or figure.interval is None:
        return ""
    if figure.interval.low <= chance:
        return "As far as these posters can tell, the model is no better than chance."
    return f"The model ranks posters {figure.value / chance:.1f} times as well as chance."


def _beside_baseline(evaluation: Evaluation) -> str:
    """By the interval of the difference: two intervals may overlap although one predictor is clearly better."""
    ahead, baseline = evaluation.ahead_of_baseline, baseline_map(evaluation)
    own = evaluation.of("model").figures["macro_map"].value
    if ahead is None or baseline is None or baseline.value is None or own is None:
        return ""
    ends = f"{signed(ahead.low)} to {signed(ahead.high)}"
    difference = f"{signed(own - baseline.value)} ({ahead.level:.0%} interval {ends})"
    # An interval without width comes of posters that never move the figures, and shows nothing.
    if ahead.low == ahead.high or ahead.low <= 0 <= ahead.high:
        return (
            "As far as these posters can tell, it is no better and no worse than logistic regression on the frozen "
            f"features: the difference in macro mAP is {difference}."
        )
    word = "better" if ahead.low > 0 else "worse"
    return f"It is {word} than logistic regression on the frozen features: the difference in macro mAP is {difference}."


def baseline_map(evaluation: Evaluation) -> Figure | None:
    """The macro mAP of logistic regression, where there is one."""
    rows = [row for row in evaluation.predictors if row.predictor == "logistic regression"]
    return rows[0].figures["macro_map"] if rows else None


def _accuracy(evaluation: Evaluation) -> str:
    model, none = evaluation.of("model", HALF), evaluation.of("none")
    return (
        f"Accuracy says nothing here: predicting no genre at all has {number(none.figures['binary_accuracy'].value)}, "
        f"the model at 0.5 has {number(model.figures['binary_accuracy'].value)}."
    )


def calibration(evaluation: Evaluation) -> str:
    """How far probabilities are from what comes true, over all pairs of poster and genre."""
    row = evaluation.reliability
    before = [row.ece_uncalibrated, row.brier_uncalibrated]
    ece, brier = (f" ({number(each)} before calibration)" if each is not None else "" for each in before)
    return (
        f"Calibration error (ECE) {number(row.ece)}{ece}, Brier score {number(row.brier)}{brier}; "
        f"that of the prior is {number(row.brier_of_the_prior)}."
    )


def notes(evaluation: Evaluation) -> list[str]:
    """What was left out of which figure, and how to read the rest."""
    losses = [metric.title for metric in METRICS.values() if not metric.larger_is_better]
    return [
        *left_out(evaluation),
        f"Smaller is better for {', '.join(losses[:-1])} and {losses[-1]}; larger for every other figure.",
        'Figures over "pairs" count every pair of poster and genre; those over genres or posters are means of theirs.',
        "Chance is the macro mAP of the prior. Predictors that never look at a poster know how common each genre is "
        "among the training labels, and nothing else.",
        f"{UNDEFINED} marks a figure that is undefined, a dash one that a predictor without scores doesn't have.",
        f"Intervals: {evaluation.bootstrap.samples:,} bootstrap resamples of {evaluation.bootstrap.groups:,} films.",
    ]


def left_out(evaluation: Evaluation) -> Iterable[str]:
    absent, everywhere = evaluation.without_positives, evaluation.without_negatives
    if absent:
        yield f"{_counted(len(absent), 'genre')} without positives, left out of every macro figure: {_listed(absent)}."
    if everywhere:
        genres = _counted(len(everywhere), "genre")
        yield f"{genres} without negatives, left out of the macro ROC AUC: {_listed(everywhere)}."
    if not absent and not everywhere:
        yield "No genre was left out of a macro figure: each has positives and negatives."
    if evaluation.posters_without_genres:
        posters = _counted(evaluation.posters_without_genres, "poster")
        yield f"{posters} without any genre, left out of {_listed(_means_over_fewer(evaluation))}."
    if evaluation.side == "train":
        yield "The network was trained on these very posters, which flatters every figure."
    if "seen before" in evaluation.provenance:
        yield f"{printable(str(evaluation.provenance['seen before']))}, which flatters every figure."
    if evaluation.fitted_on.startswith(f"{evaluation.side},"):
        yield f"The thresholds were fitted on the {printable(evaluation.side)} posters themselves, which flatters them."


def _means_over_fewer(evaluation: Evaluation) -> list[str]:
    """The figures over posters that don't count all of them."""
    figures = evaluation.of("model").figures
    over_posters = [metric for metric in METRICS.values() if metric.over == "posters"]
    return [metric.title for metric in over_posters if figures[metric.name].counted != evaluation.posters]


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(printable(name) for name in names)


def making(evaluation: Evaluation) -> dict[str, str]:
    """How the figures were made, by key."""
    made = {
        "evaluated": heading(evaluation),
        "thresholds": printable(f"{evaluation.default_rule} by default, fitted on {evaluation.fitted_on}"),
    }
    for key, value in evaluation.provenance.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        made[printable(key)] = printable(text)
    return made
