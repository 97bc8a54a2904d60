"""Several runs beside each other, on the posters that none of them has trained on or chosen by."""

from collections.abc import Sequence
from pathlib import Path

from posters.catalogue import Catalogue
from posters.classifier import load_classifier
from posters.duplicates import group_posters
from posters.evaluation.comparison import Comparison, compare
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

    Args:
        runs: the first is what the others are compared with.
        side: "test", unless you know why.
        images: where their images lie now, if they were moved.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        RunError: one of them is not finished.
        ScoresError: they have no poster or genre in common, or disagree on labels.
    """
    scores: dict[str, Scores] = {}
    catalogues: list[Catalogue] = []
    for path in runs:
        run = finished_run(path)
        catalogue = side_catalogue(run, side, Path(images) if images else None)
        classifier = load_classifier(run.classifier)
        scores[str(path)] = classifier.calibrate(side_scores(run, classifier, side, catalogue, progress))
        catalogues.append(catalogue)
    groups = group_posters(catalogues[0])
    return compare(scores, dict(zip(catalogues[0].ids, groups.tolist(), strict=True)))
