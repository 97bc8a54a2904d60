"""Cross-validation: a run for each fold, and the scores of every poster by the run that never saw it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posters.arrays import pack
from posters.cache import arrays_directory, default_cache
from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier
from posters.config import TrainConfig
from posters.duplicates import group_posters, perceptual_hashes
from posters.folds import Folds, draw_folds, read_folds, write_folds
from posters.log import logger
from posters.runs import Run
from posters.scores import Scores, joined_scores
from posters.scores_file import read_scores, write_scores
from posters.tasks.scoring import Progress, side_catalogue, side_scores
from posters.tasks.train import train


def crossvalidate(
    catalogue: Catalogue,
    directory: str | Path,
    config: TrainConfig,
    *,
    folds: Folds | None = None,
    cache: str | Path | None = None,
    progress: Progress = lambda rows: rows,
) -> dict[str, Scores]:
    """Train on all folds but one, score that one, and so on round; what is there already is not made again.

    In each run one in eight of the other folds' posters is the validation side: it chooses the epoch, the calibration
    and the thresholds. The fold that is scored chooses nothing.

    Args:
        catalogue: the posters.
        directory: holds `folds.csv`, a run for each fold (`fold-0`, ...) and the out-of-fold scores.
        config: of every run.
        folds: drawn with the config's seed unless given.
        cache: as in `train`.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Returns:
        Out-of-fold scores by name: "model" (calibrated), "probe" (logistic regression on the frozen features, where
        there are any), "prior" (each genre's share of the training posters), and the decisions of the model by its
        default rule, as scores of 0 and 1, under "decisions".
    """
    directory, cache = Path(directory), Path(cache or default_cache())
    packed = arrays_directory(cache, catalogue, config.preprocess)
    arrays = pack(catalogue, packed, config.preprocess)
    readable = catalogue.among(arrays.ids)
    groups = group_posters(readable, perceptual_hashes(arrays, packed))
    folds = folds or _folds(directory / "folds.csv", readable, groups, config.seed)
    parts: dict[str, list[Scores]] = {}
    for fold in range(folds.count):
        run = Run(directory / f"fold-{fold}")
        logger.info(f"fold {fold + 1} of {folds.count}")
        sides = folds.sides(fold, readable, groups, config.seed)
        train(catalogue, run.path, config, sides=sides, cache=cache, resume=True)
        for name, scores in _of_fold(run, progress).items():
            parts.setdefault(name, []).append(scores)
    pooled = {name: joined_scores(each) for name, each in parts.items()}
    for name, scores in pooled.items():
        write_scores(scores, directory / f"{name}.npz")
    return pooled


def _folds(path: Path, readable: Catalogue, groups: np.ndarray, seed: int) -> Folds:
    if path.is_file():
        return read_folds(path)
    folds = draw_folds(readable, groups, seed=seed)
    write_folds(folds, path)
    return folds


def _of_fold(run: Run, progress: Progress) -> Mapping[str, Scores]:
    """What is said of the fold that the run never saw."""
    catalogue, classifier = side_catalogue(run, "test"), load_classifier(run.classifier)
    scores = classifier.calibrate(side_scores(run, classifier, "test", catalogue, progress))
    made = {
        "model": scores,
        "decisions": _with(scores, classifier.decide(scores.y_score)),
        "prior": _with(scores, _prior(classifier, len(scores))),
    }
    if run.scores("probe").is_file():
        probe = read_scores(run.scores("probe"))
        rows = {id: row for row, id in enumerate(probe.ids)}
        made["probe"] = probe.take([rows[id] for id in scores.ids])
    return made


def _prior(classifier: Classifier, posters: int) -> np.ndarray:
    return np.tile(classifier.manifest.prior, (posters, 1))


def _with(scores: Scores, y_score: Any) -> Scores:
    return Scores(scores.ids, scores.genre_names, y_score, scores.y_true)
