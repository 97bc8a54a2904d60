"""What every report tells in sentences: the verdict, what it means, what was left out, and how it was made."""

import json
from collections.abc import Iterable

from posters._base.text import printable
from posters.evaluation import HALF, Evaluation, Figure, SeenBefore
from posters.metrics import METRICS
from posters.report.tables import UNDEFINED, number, signed, span

_PROMISES = (
    "A promise is kept where its figure is, broken where the whole interval misses it, and open between. "
    "precision=X and recall=X promise "
    "their figure for the genres that they can show it for, of which one in ten may fall short; miss-rate=X "
    "promises a mean over posters, and nothing for a single genre or split."
)

_NO_RECORD = (
    "This classifier keeps no record of the posters that it was trained on: nobody can tell whether they are among "
    "these, where every figure would be too good."
)


def heading(evaluation: Evaluation) -> str:
    """Return the split, how many posters and genres it has, and which head was evaluated.

    Examples:
        >>> heading(evaluation)
        'test: 4 posters, 1 genre, sigmoid head'
    """
    size = f"{_counted(evaluation.posters, 'poster')}, {_counted(len(evaluation.genres), 'genre')}"
    return f"{printable(evaluation.split)}: {size}, {evaluation.head} head"


def verdict(evaluation: Evaluation) -> str:
    """Return the sentence to remember: macro mAP with its interval, beside chance and logistic regression.

    Examples:
        >>> print(verdict(evaluation))
        Macro mAP 1.000 over 1 genre; 0.500 by chance.
    """
    figure = evaluation.of("model").figures["macro_map"]
    chance = evaluation.of("prior").figures["macro_map"].value
    if figure.value is None or chance is None:
        return "Macro mAP is undefined, since no evaluated poster has a genre."
    level = "" if figure.interval is None else f" ({figure.interval.level:.0%} interval {span(figure.interval)})"
    beside = f"{chance:.3f} by chance"
    baseline = baseline_map(evaluation)
    if baseline is not None:
        beside += f", {number(baseline.value)} by logistic regression on the frozen features"
    name = "Inflated macro mAP" if inflated(evaluation) else "Macro mAP"
    return f"{name} {figure.value:.3f}{level} over {_counted(figure.counted or 0, 'genre')}; {beside}."


def inflated(evaluation: Evaluation) -> bool:
    """Return whether the classifier has seen so many of the posters that its figures are too good: one in a hundred.

    Examples:
        >>> inflated(evaluation)
        False
    """
    seen = 0 if evaluation.seen is None else evaluation.seen.posters
    return evaluation.split == "train" or 100 * seen >= max(evaluation.posters, 1)


def warnings(evaluation: Evaluation) -> list[str]:
    """Return, for the head of every report, why figures are too good, and which promises are broken.

    Examples:
        >>> warnings(evaluation)
        []
    """
    found = [] if evaluation.seen is None else [*_seen_before(evaluation, evaluation.seen)]
    if evaluation.split == "train" and not (evaluation.seen and evaluation.seen.train):
        found.append("The network was trained on these very posters, so every figure is too good.")
    if evaluation.fitted_on.startswith(f"{evaluation.split},"):
        found.append(
            f"The thresholds were fitted on the {printable(evaluation.split)} posters themselves, so decisions look "
            "better than they are."
        )
    return found + [
        f"The promise of {target.rule} is broken here: {target.bound} was promised, and {number(target.reached)} "
        f"reached (95% interval {span(target.interval)})."
        for target in evaluation.targets
        if target.outcome == "broken"
    ]


def unknown_labels(unknown: int, labels: int) -> list[str]:
    """Return a sentence on labels that nobody knows, for the head of every report; nothing if all are known.

    Args:
        unknown: how many are.
        labels: of how many.

    Examples:
        >>> unknown_labels(40, 1000)
        ['40 of 1,000 labels (4%) are unknown: neither yes nor no, and left out of every figure.']
    """
    if not unknown:
        return []
    share = "under 1%" if unknown < labels / 100 else f"{unknown / labels:.0%}"
    are = "is" if unknown == 1 else "are"
    return [
        f"{unknown:,} of {labels:,} labels ({share}) {are} unknown: neither yes nor no, and left out of every figure."
    ]


def _seen_before(evaluation: Evaluation, seen: SeenBefore) -> Iterable[str]:
    if not seen.recorded:
        yield _NO_RECORD
    if seen.left_out:
        yield f"Left out, since the classifier has seen them before: {_counted(seen.left_out, 'poster')}."
    if seen.posters:
        rest = "None is new to it." if seen.posters == evaluation.posters else _the_rest(seen)
        yield f"{seen_posters(seen, evaluation.posters)} Such posters flatter the figures below. {rest}"
    if seen.other_picture:
        posters = _counted(seen.other_picture, "poster")
        yield f"{posters} with the id of a training poster but another picture: counted as new."


def seen_posters(seen: SeenBefore, posters: int) -> str:
    """Return how many posters a classifier has seen, what for, and how that was found.

    Args:
        seen: at least one.
        posters: of how many.

    Examples:
        >>> seen_posters(SeenBefore(posters=3, train=3, same_file=2, same_id=1), 9)
        'The classifier has seen 3 of these 9 posters before: 3 in training (2 by file, 1 by id).'
    """
    uses = {
        "in training": seen.train,
        "when thresholds and epoch were chosen": seen.validation,
        "in the training of the weights that it began with": seen.weights,
    }
    ways = {"file": seen.same_file, "look": seen.look_alike, "id": seen.same_id}
    which = ", ".join(f"{count:,} {use}" for use, count in uses.items() if count)
    found = ", ".join(f"{count:,} by {way}" for way, count in ways.items() if count)
    share = "all" if seen.posters == posters else f"{seen.posters:,} of"
    return f"The classifier has seen {share} these {_counted(posters, 'poster')} before: {which} ({found})."


def _the_rest(seen: SeenBefore) -> str:
    figure, chance = seen.macro_map, seen.macro_map_of_the_prior
    if figure is None or figure.value is None or chance is None:
        return "The others have no genre that could be judged."
    level = "" if figure.interval is None else f" ({figure.interval.level:.0%} interval {span(figure.interval)})"
    return (
        f"On the others macro mAP is {figure.value:.3f}{level} over {_counted(figure.counted or 0, 'genre')}; "
        f"{chance:.3f} by chance."
    )


def meaning(evaluation: Evaluation) -> str:
    """Return what the verdict means, in plain words.

    Examples:
        >>> "no use" in meaning(evaluation)
        True
    """
    model, none = evaluation.of("model", HALF), evaluation.of("none")
    accuracy = (
        f"Accuracy is no use here: predicting no genre at all scores {number(none.figures['binary_accuracy'].value)}, "
        f"the model at 0.5 scores {number(model.figures['binary_accuracy'].value)}."
    )
    parts = (_beside_chance(evaluation), _beside_baseline(evaluation), accuracy)
    return " ".join(sentence for sentence in parts if sentence)


def _beside_chance(evaluation: Evaluation) -> str:
    figure, chance = evaluation.of("model").figures["macro_map"], evaluation.of("prior").figures["macro_map"].value
    if figure.value is None or chance is None or figure.interval is None:
        return ""
    # The interval decides, not the estimate: one lucky split is no evidence.
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
    """Return the macro mAP of logistic regression, where there is one.

    Examples:
        >>> baseline_map(evaluation) is None
        True
    """
    rows = [row for row in evaluation.predictors if row.predictor == "logistic regression"]
    return rows[0].figures["macro_map"] if rows else None


def calibration(evaluation: Evaluation) -> str:
    """Return how far probabilities are from what comes true, over all pairs of poster and genre.

    Examples:
        >>> calibration(evaluation)[:37]
        'Calibration error (ECE) 0.250, Brier '
    """
    row = evaluation.reliability
    before = [row.ece_uncalibrated, row.brier_uncalibrated]
    ece, brier = (f" ({number(each)} before calibration)" if each is not None else "" for each in before)
    return (
        f"Calibration error (ECE) {number(row.ece)}{ece}, Brier score {number(row.brier)}{brier}; "
        f"that of the prior is {number(row.brier_of_the_prior)}."
    )


def notes(evaluation: Evaluation) -> list[str]:
    """Return what was left out of which figure, and how to read the rest.

    Examples:
        >>> notes(evaluation)[0]
        'No genre was left out of a macro figure: each has positives and negatives.'
    """
    known = "known " if evaluation.unknown_labels else ""
    bare = [printable(g.name) for g in evaluation.genres if g.interval is None and g.average_precision is not None]
    losses = [metric.title for metric in METRICS.values() if not metric.larger_is_better]
    return [
        *left_out(evaluation),
        f"Smaller is better for {', '.join(losses[:-1])} and {losses[-1]}; larger for every other figure.",
        f'Figures over "pairs" count every {known}pair of poster and genre; those over genres or posters are means of '
        "theirs.",
        "Chance is the macro mAP of the prior. Predictors that never look at a poster know how common each genre is "
        "among the training labels, and nothing else.",
        f"{UNDEFINED} marks a figure that is undefined, a dash one that a predictor without scores doesn't have.",
        f"Intervals of average precision are by jackknife, all others by {evaluation.bootstrap.samples:,} bootstrap "
        f"resamples, of {evaluation.bootstrap.groups:,} films.",
        *(
            [f"No interval, because too few films have the genre or no film moves its figure: {', '.join(bare)}."]
            if bare
            else []
        ),
        *([_PROMISES] if evaluation.targets else []),
    ]


def left_out(evaluation: Evaluation) -> Iterable[str]:
    """Yield a sentence for each kind of genre or poster that a figure leaves out.

    Examples:
        >>> next(iter(left_out(evaluation)))
        'No genre was left out of a macro figure: each has positives and negatives.'
    """
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
        known = "known " if evaluation.unknown_labels else ""
        yield f"{posters} without any {known}genre, left out of {_listed(_means_over_fewer(evaluation))}."


def _means_over_fewer(evaluation: Evaluation) -> list[str]:
    """The figures over posters that don't count all of them."""
    figures, fewer = evaluation.of("model").figures, evaluation.posters - evaluation.posters_without_genres
    over_posters = [metric for metric in METRICS.values() if metric.over == "posters" and metric.name in figures]
    return [metric.title for metric in over_posters if (figures[metric.name].counted or 0) <= fewer]


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(printable(name) for name in names)


def making(evaluation: Evaluation) -> dict[str, str]:
    """Return how the figures were made, by key.

    Examples:
        >>> making(evaluation)["thresholds"]
        '0.5 by default, fitted on nothing'
    """
    made = {
        "evaluated": heading(evaluation),
        "thresholds": printable(f"{evaluation.default_rule} by default, fitted on {evaluation.fitted_on}"),
    }
    for key, value in evaluation.provenance.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        made[printable(key)] = printable(text)
    return made
