"""Compare several runs, or cross-validations, on posters that none of them has trained on or chosen by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from posters.catalogue import Catalogue
from posters.classifier import load_classifier
from posters.errors import RunError, ScoresError
from posters.evaluation import SeenBefore
from posters.evaluation.comparison import Comparison, compare, compare_folds
from posters.evaluation.crossvalidation import Repeat
from posters.scores import Scores
from posters.splitting.groups import group_posters
from posters.tasks.crossvalidate import fold_runs, kept_repeats, seen_in_folds
from posters.tasks.overlap import overlap_of_split
from posters.tasks.scoring import CatalogueBar, finished_run, is_cross_validation, split_catalogue, split_scores


def compare_runs(
    runs: Sequence[str | Path],
    *,
    split: str = "test",
    images: str | Path | None = None,
    unseen_only: bool = False,
    progress: CatalogueBar = lambda rows: rows,
) -> Comparison:
    """Compare finished runs on the posters that are in that split in all of them.

    Every run has splits of its own, and a poster that one of them trained on would flatter it. In the test split of all
    of them, no poster is left that any of them has trained on or chosen by, unless it is there under another id, or
    the weights that a run began with have seen it: such posters are counted, and the others also compared alone.

    Cross-validations are compared over their folds, which must be the same: each fold alone, and averaged.

    Args:
        runs: the first is what the others are compared with; or directories of `posters.crossvalidate`.
        split: "test", or another to see how far that flatters.
        images: where the runs' images are now, if they were moved.
        unseen_only: leave out the posters that one of the runs has seen before.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Returns:
        Figures of each run, and paired differences from the first.

    Raises:
        RunError: one of them is not finished, or named twice; or cross-validations have other folds, or stand beside
            runs.
        ScoresError: they have no poster, genre or positive in common, disagree on a label, or have seen every poster.
        SplitError: there is no such split.

    Examples:
        >>> compare_runs(["runs/first", "runs/second"])
        Traceback (most recent call last):
        posters.errors.RunError: runs/first is no run: there is no such directory
    """
    places = [Path(path).resolve() for path in runs]
    for path, place in zip(runs, places, strict=True):
        if places.count(place) > 1 and place.exists():
            raise RunError(f"{path} is named twice: a run can't be compared with itself")
    if all(map(is_cross_validation, places)):
        return _compare_cross_validations([Path(path) for path in runs], split, unseen_only)
    found = {str(path): finished_run(path) for path in runs}
    catalogues = {name: split_catalogue(run, split, Path(images) if images else None) for name, run in found.items()}
    scores, overlaps = {}, {}
    for name, run in found.items():
        classifier = load_classifier(run.classifier)
        overlaps[name] = overlap_of_split(classifier, catalogues[name])
        scores[name] = classifier.calibrate(split_scores(run, classifier, split, catalogues[name], progress))
    # What one run can't read is left out for all: the differences are paired, poster by poster.
    shared = _ids_in_all(catalogues.values())
    catalogue = next(iter(catalogues.values())).among(shared)
    groups = dict(zip(catalogue.ids, group_posters(catalogue).tolist(), strict=True))
    unreadable = tuple(sorted(shared - _ids_in_all(scores.values())))
    unseen = shared.difference(*(overlap.seen_ids for overlap in overlaps.values()))
    fresh = {name: each.take([row for row, id in enumerate(each.ids) if id in unseen]) for name, each in scores.items()}
    left_out = len(shared) - len(unseen)
    if unseen_only and left_out:
        if not unseen:
            raise ScoresError(f"every one of the {len(shared):,} posters has been seen before by one of the runs")
        return replace(compare(fresh, groups, split=split), unreadable=unreadable, left_out_seen=left_out)
    comparison = compare(scores, groups, split=split)
    ids = tuple(id for id in next(iter(scores.values())).ids if id in _ids_in_all(scores.values()))
    told = tuple(replace(each, seen=overlaps[each.name].told_of(ids)) for each in comparison.runs)
    alone = compare(fresh, groups, split=split) if left_out and _some_positive(fresh) else None
    return replace(comparison, runs=told, unreadable=unreadable, unseen=alone)


def _compare_cross_validations(directories: Sequence[Path], split: str, unseen_only: bool) -> Comparison:
    """Compare cross-validations over the repeats that all of them have."""
    if split != "test":
        raise RunError(f"--split {split} is for runs, and these are cross-validations, which score every poster once")
    kept = {str(path): kept_repeats(path) for path in directories}
    repeats = min(map(len, kept.values()))
    own, *_ = kept.values()
    for name in kept:
        _check_same_folds(kept, name)
    seen = {str(path): _seen_by(path) for path in directories}
    catalogue = fold_runs(directories[0])[0].catalogue()
    groups = dict(zip(catalogue.ids, group_posters(catalogue).tolist(), strict=True))
    scores = {name: [repeat.scores["model"] for repeat in all_of[:repeats]] for name, all_of in kept.items()}
    shared = _ids_in_all(each for own in scores.values() for each in own)
    left_out = shared.intersection(set().union(*(ids for _, ids in seen.values()))) if unseen_only else set()
    if left_out:
        if left_out == shared:
            raise ScoresError(f"every one of the {len(shared):,} posters has been seen before by one of the runs")
        scores = {name: [_without(left_out, each) for each in own] for name, own in scores.items()}
    comparison = compare_folds(scores, [repeat.fold for repeat in own[:repeats]], groups)
    told = comparison.runs if unseen_only else [replace(run, seen=seen[run.name][0]) for run in comparison.runs]
    return replace(comparison, runs=tuple(told), left_out_seen=len(left_out))


def _check_same_folds(kept: Mapping[str, Sequence[Repeat]], name: str) -> None:
    """Refuse a cross-validation whose posters are in other folds than in the first one."""
    first = next(iter(kept))
    for number, (own, other) in enumerate(zip(kept[first], kept[name], strict=False), start=1):
        if any(own.fold[id] != other.fold[id] for id in own.fold.keys() & other.fold.keys()):
            raise RunError(
                f"{name} has other folds than {first} in repeat {number}: make it anew by "
                f"`posters cross-validate --folds {first}/folds.csv`"
            )


def _seen_by(directory: Path) -> tuple[SeenBefore, set[str]]:
    """Return which posters the runs of a cross-validation, or the weights that they began with, have seen."""
    found = []
    for run in fold_runs(directory):
        catalogue = split_catalogue(run, "test")
        overlap = overlap_of_split(load_classifier(run.classifier), catalogue)
        found.append((overlap.told_of(catalogue.ids), overlap.seen_ids))
    return seen_in_folds(found)


def _without(ids: set[str], scores: Scores) -> Scores:
    return scores.take([row for row, id in enumerate(scores.ids) if id not in ids])


def _some_positive(scores: Mapping[str, Scores]) -> bool:
    return all(len(each) and each.labelled("a comparison").y_true.max() == 1 for each in scores.values())


def _ids_in_all(tables: Iterable[Catalogue | Scores]) -> set[str]:
    first, *others = (set(table.ids) for table in tables)
    return first.intersection(*others)
