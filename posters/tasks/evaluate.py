"""Evaluate a classifier, or a run's classifier on a split."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.log import logger
from posters.catalogue import Catalogue, read_catalogue
from posters.classifier import Classifier, load_classifier
from posters.errors import ScoresError
from posters.evaluation import Context, Evaluation, evaluate
from posters.evaluation.label_issues import find_label_issues
from posters.scores import Scores, read_scores
from posters.splitting.groups import group_posters
from posters.store.cache import default_cache
from posters.tasks.overlap import Overlap, overlap_of_split, overlap_of_table
from posters.tasks.scoring import CatalogueBar, finished_run, probe_scores, split_catalogue, split_scores

_FOUND_BY = "five logistic regressions on the frozen features, each scoring posters that it never saw"
_NO_FEATURES = "the run trained from scratch and so kept no out-of-fold scores to find label issues by"
_FOUND_ON_UNSEEN = "the classifier itself, on the {count:,} posters that it has not seen in training"
_NO_RECORD = "the classifier keeps no record of the posters that it was trained on, and those can't be judged by it"


def evaluate_classifier(
    classifier: Classifier,
    catalogue: Catalogue | str | Path,
    *,
    split: str = "all",
    ignore_unknown_genres: bool = False,
    unseen_only: bool = False,
    look: bool = True,
    cache: str | Path | None = None,
    progress: CatalogueBar = lambda rows: rows,
) -> Evaluation:
    """Evaluate a classifier on every poster of a catalogue.

    Posters that the classifier has seen before flatter it. They are looked for by file, by look and by id; a warning
    counts them, and `Evaluation.seen` has the figure on the others.

    Args:
        classifier: with the calibration and the rules that it carries.
        catalogue: posters that it was not trained on, or their table; its genres must be known to the classifier.
        split: what the evaluation calls these posters.
        ignore_unknown_genres: evaluate on the genres that the classifier knows, and name the others. Posters that have
            none of these stay, as posters without genres.
        unseen_only: leave out the posters that the classifier has seen before.
        look: compare looks by what a network sees too, and not by perceptual hashes alone, which miss mirrored and
            cropped copies; the first time, that takes about 15 ms of a core for each poster.
        cache: where that is kept (default: `posters.store.cache.default_cache()`).
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        ScoresError: the classifier does not know a genre of the catalogue, or (where unknown ones are ignored) knows
            none; no poster can be read; or it has seen all of them, and only others are to be evaluated.

    Examples:
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("7", "heat.jpg", ("Drama",)),), ("Drama",), Path("none"))
        >>> evaluate_classifier(load_classifier("posters"), catalogue)
        Traceback (most recent call last):
        posters.errors.ScoresError: none of the 1 posters of the catalogue can be read: pass images=FOLDER
    """
    if not isinstance(catalogue, Catalogue):
        # With every genre: one that is left out would count as absent.
        catalogue = read_catalogue(catalogue, min_posters=1)
    unknown = [name for name in catalogue.genre_names if name not in classifier.genre_names]
    if ignore_unknown_genres and unknown:
        catalogue = _without_genres(catalogue, unknown)
    overlap = overlap_of_table(classifier, catalogue, Path(cache or default_cache()) if look else None)
    chosen = overlap.unseen_in(catalogue) if unseen_only else catalogue
    # Scored once, uncalibrated: the calibrated scores follow from these, not the other way round.
    uncalibrated = classifier.score_uncalibrated(chosen, progress)
    more = {"genres left out": unknown} if unknown else {}
    # A label that it has learned is one that it agrees with.
    unseen = (
        [] if overlap.matches is None else [n for n, id in enumerate(uncalibrated.ids) if id not in overlap.seen_ids]
    )
    context = Context(
        groups=group_posters(catalogue.among(uncalibrated.ids)),
        catalogue=catalogue,
        label_issues=find_label_issues(classifier.calibrate(uncalibrated).take(unseen), catalogue) if unseen else (),
        label_issues_from=_NO_RECORD if overlap.matches is None else _FOUND_ON_UNSEEN.format(count=len(unseen)),
        provenance=_provenance(classifier, chosen, uncalibrated) | more,
        **_seen(overlap, uncalibrated, len(catalogue) - len(chosen)),
    )
    return _evaluate(classifier, uncalibrated, split, context)


def evaluate_run(
    run: str | Path,
    *,
    split: str = "test",
    images: str | Path | None = None,
    unseen_only: bool = False,
    progress: CatalogueBar = lambda rows: rows,
) -> Evaluation:
    """Evaluate a run's classifier on a split.

    Args:
        run: a finished run of `posters train`.
        split: "test", or another to see how far that flatters.
        images: where the run's images are now, if they were moved.
        unseen_only: as in `evaluate_classifier`.
        progress: as in `evaluate_classifier`.

    Raises:
        RunError: this is no finished run, or its history is damaged.
        SplitError: there is no such split.

    Examples:
        >>> evaluate_run("runs/none")
        Traceback (most recent call last):
        posters.errors.RunError: runs/none is no run: there is no such directory
    """
    directory = finished_run(run)
    catalogue = split_catalogue(directory, split, Path(images) if images else None)
    classifier = load_classifier(directory.classifier)
    overlap, whole = overlap_of_split(classifier, catalogue), len(catalogue)
    # All are scored, which is kept, and some are chosen afterwards.
    uncalibrated = split_scores(directory, classifier, split, catalogue, progress)
    if unseen_only:
        catalogue = overlap.unseen_in(catalogue)
        unseen = set(catalogue.ids)
        uncalibrated = uncalibrated.take([row for row, id in enumerate(uncalibrated.ids) if id in unseen])
    out_of_fold = directory.scores("out_of_fold")
    kept = out_of_fold.is_file()
    context = Context(
        baseline=probe_scores(directory, uncalibrated),
        groups=group_posters(catalogue.among(uncalibrated.ids)),
        catalogue=catalogue,
        learning=directory.epochs(),
        label_issues=find_label_issues(read_scores(out_of_fold), directory.catalogue()) if kept else (),
        label_issues_from=_FOUND_BY if kept else _NO_FEATURES,
        provenance=_provenance(classifier, catalogue, uncalibrated),
        **_seen(overlap, uncalibrated, whole - len(catalogue)),
    )
    return _evaluate(classifier, uncalibrated, split, context)


def _evaluate(classifier: Classifier, uncalibrated: Scores, split: str, context: Context) -> Evaluation:
    manifest = classifier.manifest
    # Scores before calibration are shown beside those after it, if there was one.
    before = None if manifest.calibration.changes_nothing else uncalibrated
    return evaluate(
        classifier.calibrate(uncalibrated),
        manifest.rules,
        np.array(manifest.prior),
        split=split,
        head=manifest.head,
        context=replace(context, uncalibrated=before),
    )


def _without_genres(catalogue: Catalogue, unknown: list[str]) -> Catalogue:
    """Return all posters, with their other genres only."""
    names = tuple(name for name in catalogue.genre_names if name not in unknown)
    if not names:
        raise ScoresError(f"{catalogue.name} has no genre that the classifier knows, but {', '.join(unknown)}")
    logger.warning(f"genres left out, since the classifier doesn't know them: {', '.join(unknown)}")
    known = frozenset(names)
    posters = tuple(
        replace(
            poster,
            genres=tuple(filter(known.__contains__, poster.genres)),
            unknown=tuple(filter(known.__contains__, poster.unknown)),
        )
        for poster in catalogue
    )
    return replace(catalogue, posters=posters, genre_names=names)


def _seen(overlap: Overlap, scores: Scores, left_out: int) -> dict[str, Any]:
    """Return what the evaluation is told of posters that were seen before, and warn of them."""
    told = overlap.told_of(scores.ids, left_out)
    if told.posters:
        logger.warning(
            f"the classifier has seen {told.posters:,} of {len(scores):,} posters before, so that every figure is too "
            "good: see the head of the report"
        )
    return {"seen": told, "seen_ids": overlap.seen_ids}


def _provenance(classifier: Classifier, catalogue: Catalogue, scores: Scores) -> dict[str, Any]:
    kept, unreadable = classifier.manifest.provenance, len(catalogue) - len(scores)
    return {
        "classifier": str(classifier.directory),
        "catalogue": catalogue.name,
        "trained on": kept.get("catalogue"),
        **{name: kept.get(name) for name in ("split", "backbone", "seed", "made")},
        **({"posters that could not be read": unreadable} if unreadable else {}),
    }
