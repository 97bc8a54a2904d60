"""From a classifier and posters that it has not seen to an evaluation."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier
from posters.duplicates import group_posters
from posters.errors import RunError, ScoresError
from posters.evaluation import Context, Epoch, Evaluation, evaluate
from posters.label_issues import LabelIssue, find_label_issues
from posters.log import logger
from posters.runs import Run
from posters.scores import Scores
from posters.scores_file import read_scores
from posters.tasks.scoring import Progress, finished_run, side_catalogue, side_scores
from posters.tasks.seen import seen_of_table, seen_text

_FOUND = "five logistic regressions on the frozen features, each asked of posters that it never saw"
_NO_FEATURES = "the run trained from scratch and so kept no out-of-fold scores to find label issues by"
_NO_RUN = "label issues are looked for among the posters of a run, and these are of a table"


def evaluate_classifier(
    classifier: Classifier,
    catalogue: Catalogue,
    *,
    side: str = "all",
    ignore_unknown_genres: bool = False,
    progress: Progress = lambda rows: rows,
) -> Evaluation:
    """Judge a classifier on every poster of a catalogue.

    Args:
        classifier: with the calibration and the rules that it carries.
        catalogue: posters that it was not trained on; its genres must be known to the classifier.
        side: what the evaluation calls these posters.
        ignore_unknown_genres: judge by the genres that the classifier knows, and name the others. Posters that have
            none of these stay, as posters without genres.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        ScoresError: the classifier does not know a genre of the catalogue, or (where unknown ones are ignored) knows
            none; or no poster can be read.
    """
    unknown = [name for name in catalogue.genre_names if name not in classifier.genre_names]
    if ignore_unknown_genres and unknown:
        catalogue = _without(catalogue, unknown)
    uncalibrated = classifier.score_uncalibrated(catalogue, progress)
    seen = seen_of_table(classifier.manifest, catalogue, progress)
    context = Context(
        uncalibrated=_before(classifier, uncalibrated),
        groups=_groups(catalogue, uncalibrated),
        catalogue=catalogue,
        label_issues_from=_NO_RUN,
        provenance=_provenance(classifier, catalogue, uncalibrated, seen)
        | ({"genres left out": unknown} if unknown else {}),
    )
    return _evaluate(classifier, uncalibrated, side, context)


def evaluate_run(
    run: str | Path, *, side: str = "test", images: str | Path | None = None, progress: Progress = lambda rows: rows
) -> Evaluation:
    """Judge a run's classifier on a side of the run's own split.

    Args:
        run: a finished run of `posters train`.
        side: "test", or another to see how far that flatters.
        images: where the run's images lie now, if they were moved.
        progress: as in `evaluate_classifier`.

    Raises:
        RunError: this is no finished run, or its history is damaged.
        SplitError: there is no such side.
    """
    directory = finished_run(run)
    catalogue = side_catalogue(directory, side, Path(images) if images else None)
    classifier = load_classifier(directory.classifier)
    uncalibrated = side_scores(directory, classifier, side, catalogue, progress)
    label_issues, found_by = _label_issues(directory)
    context = Context(
        uncalibrated=_before(classifier, uncalibrated),
        baseline=_baseline(directory, uncalibrated),
        groups=_groups(catalogue, uncalibrated),
        catalogue=catalogue,
        learning=_learning(directory),
        label_issues=label_issues,
        label_issues_from=found_by,
        provenance=_provenance(classifier, catalogue, uncalibrated, _seen(classifier, side)),
    )
    return _evaluate(classifier, uncalibrated, side, context)


def _evaluate(classifier: Classifier, uncalibrated: Scores, side: str, context: Context) -> Evaluation:
    manifest = classifier.manifest
    return evaluate(
        classifier.calibrate(uncalibrated),
        manifest.rules,
        np.array(manifest.prior),
        side=side,
        head=manifest.head,
        context=context,
    )


def _without(catalogue: Catalogue, unknown: list[str]) -> Catalogue:
    """All posters, judged by the other genres."""
    names = tuple(name for name in catalogue.genre_names if name not in unknown)
    if not names:
        raise ScoresError(f"{catalogue.name} has no genre that the classifier knows, but {', '.join(unknown)}")
    logger.warning(f"genres left out, since the classifier doesn't know them: {', '.join(unknown)}")
    posters = (replace(poster, genres=tuple(name for name in poster.genres if name in names)) for poster in catalogue)
    return replace(catalogue, posters=tuple(posters), genre_names=names)


def _before(classifier: Classifier, uncalibrated: Scores) -> Scores | None:
    """The scores before calibration, if there was one."""
    return None if classifier.manifest.calibration.changes_nothing else uncalibrated


def _groups(catalogue: Catalogue, scores: Scores) -> np.ndarray:
    """The films of the posters that could be read."""
    return group_posters(catalogue.among(scores.ids))


def _baseline(run: Run, scores: Scores) -> Scores | None:
    """What the linear probe says of the same posters, where the run kept it."""
    path = run.scores("probe")
    if not path.is_file():
        return None
    probe = read_scores(path)
    rows = {id: row for row, id in enumerate(probe.ids)}
    if not rows.keys() >= set(scores.ids):
        raise RunError(f"{path} lacks posters of this run: remove it, and the report goes without")
    return probe.take([rows[id] for id in scores.ids])


def _label_issues(run: Run) -> tuple[tuple[LabelIssue, ...], str]:
    """Issues among all the run's posters, and where they come from."""
    path = run.scores("out_of_fold")
    if not path.is_file():
        return (), _NO_FEATURES
    return find_label_issues(read_scores(path), run.catalogue()), _FOUND


def _learning(run: Run) -> tuple[Epoch, ...]:
    """The epochs of the run's history."""
    path = run.path / "history.csv"
    if not path.is_file():
        return ()
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return tuple(
                Epoch(row["stage"], int(row["epoch"]), float(row["train_loss"]), float(row["validation_macro_map"]))
                for row in csv.DictReader(file)
            )
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise RunError(f"{path}: the history can't be read ({error})") from error


def _seen(classifier: Classifier, side: str) -> int:
    """How many posters of a side the run's weights began with, as far as training counted them."""
    counts = classifier.manifest.provenance.get("seen before", {})
    return counts.get(side, 0) if isinstance(counts, dict) else 0


def _provenance(classifier: Classifier, catalogue: Catalogue, scores: Scores, seen: int) -> dict[str, Any]:
    kept, unreadable = classifier.manifest.provenance, len(catalogue) - len(scores)
    return {
        "classifier": str(classifier.directory),
        "catalogue": catalogue.name,
        "trained on": kept.get("catalogue"),
        **{name: kept.get(name) for name in ("split", "backbone", "seed", "made")},
        **({"posters that could not be read": unreadable} if unreadable else {}),
        **seen_text(seen, len(scores)),
    }
