"""Several runs beside each other, on the posters that none of them has trained on or chosen by."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from posters.catalogue import Catalogue
from posters.classifier import load_classifier
from posters.duplicates import group_posters
from posters.errors import RunError
from posters.evaluation.comparison import Comparison, compare
from posters.runs import Run
from posters.scores import Scores
from posters.tasks.scoring import Progress, finished_run, side_catalogue, side_scores


def compare_runs(
    runs: Sequence[str | Path],
    *,
    side: str = "test",
    images: str | Path | None = None,
    progress: Progress = lambda rows: rows,
) -> Comparison:
    """Compare finished runs on the posters that stand on that side in all of them.

    Every run has a split of its own, and a poster that one of them trained on would flatter it. On the test side of
    all, no poster is left that any of them has trained on or chosen by.

    Args:
        runs: the first is what the others are compared with.
        side: "test", or another to see how far that flatters.
        images: where the runs' images lie now, if they were moved.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        RunError: one of them is not finished, or named twice.
        ScoresError: they have no poster, genre or positive in common, or disagree on a label.
        SplitError: there is no such side.
    """
    found = {str(path): finished_run(path) for path in runs}
    _check_different(runs)
    catalogues = {name: side_catalogue(run, side, Path(images) if images else None) for name, run in found.items()}
    scores = {name: _scores(run, side, catalogues[name], progress) for name, run in found.items()}
    shared = _in_all(catalogues.values())
    catalogue = next(iter(catalogues.values())).among(shared)
    groups = dict(zip(catalogue.ids, group_posters(catalogue).tolist(), strict=True))
    unreadable = tuple(sorted(shared - _in_all(scores.values())))
    return replace(compare(scores, groups, side=side), unreadable=unreadable)


def _in_all(tables: Iterable[Catalogue | Scores]) -> set[str]:
    """The ids that all of them have."""
    first, *others = (set(table.ids) for table in tables)
    return first.intersection(*others)


def _check_different(runs: Sequence[str | Path]) -> None:
    places = [Path(path).resolve() for path in runs]
    for path, place in zip(runs, places, strict=True):
        if places.count(place) > 1:
            raise RunError(f"{path} is named twice: a run can't be compared with itself")


def _scores(run: Run, side: str, catalogue: Catalogue, progress: Progress) -> Scores:
    classifier = load_classifier(run.classifier)
    return classifier.calibrate(side_scores(run, classifier, side, catalogue, progress))
