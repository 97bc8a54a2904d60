"""Cross-validate: a run for each fold, and the scores of every poster by the run that never saw it."""

from pathlib import Path

import numpy as np

from posters._base.log import logger
from posters.catalogue import Catalogue
from posters.classifier import load_classifier
from posters.classifier.looks import looks_of
from posters.config import TrainConfig
from posters.errors import RunError
from posters.runs import Run
from posters.scores import LabelledScores, Scores, joined_scores, read_scores, write_scores
from posters.splitting.folds import Folds, draw_folds, read_folds, write_folds
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack
from posters.tasks.scoring import CatalogueBar, finished_run, split_catalogue, split_scores
from posters.tasks.train import train


def crossvalidate(
    catalogue: Catalogue,
    directory: str | Path,
    config: TrainConfig,
    *,
    folds: Folds | None = None,
    cache: str | Path | None = None,
    progress: CatalogueBar = lambda rows: rows,
) -> dict[str, LabelledScores]:
    """Train on all folds but one, score that one, and repeat for each fold; what exists already is not made again.

    In each run one in eight of the other folds' posters is the validation split: it chooses the epoch, the calibration
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

    Examples:
        >>> import tempfile
        >>> from posters.catalogue import Poster
        >>> from posters.errors import ArraysError
        >>> catalogue = Catalogue((Poster("7", "7.jpg", ("Drama",)),), ("Drama",), Path("none"))
        >>> try:
        ...     crossvalidate(catalogue, "runs/folds", TrainConfig(), cache=tempfile.mkdtemp())
        ... except ArraysError as error:
        ...     print(str(error).partition(":")[0])
        none of the 1 posters of the catalogue can be decoded
    """
    directory, cache = Path(directory), Path(cache or default_cache())
    packed = arrays_directory(cache, catalogue, config.preprocess)
    arrays = pack(catalogue, packed, config.preprocess)
    readable = catalogue.among(arrays.ids)
    codes = looks_of(readable, cache) if config.look else None
    groups = group_posters(readable, perceptual_hashes(arrays, packed), codes)
    path = directory / "folds.csv"
    if folds is None and path.is_file():
        folds = read_folds(path)
    elif folds is None:
        folds = draw_folds(readable, groups, seed=config.seed)
        # A resumed cross-validation must go by the same folds, even if a later version draws others.
        write_folds(folds, path)
    parts: dict[str, list[Scores]] = {}
    for fold in range(folds.count):
        run = Run(directory / f"fold-{fold}")
        logger.info(f"fold {fold + 1} of {folds.count}")
        splits = folds.splits(fold, readable, groups, config.seed)
        train(catalogue, run.path, config, splits=splits, cache=cache, resume=True)
        for name, scores in _scores_of_fold(run, progress).items():
            parts.setdefault(name, []).append(scores)
    pooled = {name: joined_scores(each) for name, each in parts.items()}
    for name, scores in pooled.items():
        write_scores(scores, directory / f"{name}.npz")
    return pooled


def fold_runs(directory: Path) -> list[Run]:
    """Return the finished runs of a cross-validation, one for each fold.

    Args:
        directory: of `crossvalidate`.

    Raises:
        RunError: it holds no cross-validation, a fold is not finished, or two folds have different configs.

    Examples:
        >>> fold_runs(Path("runs/none"))
        Traceback (most recent call last):
        posters.errors.RunError: runs/none holds no cross-validation: make one with scripts/crossvalidate.py
    """
    paths = sorted(directory.glob("fold-*"))
    if len(paths) < 2:
        raise RunError(f"{directory} holds no cross-validation: make one with scripts/crossvalidate.py")
    runs = [finished_run(path) for path in paths]
    for run in runs[1:]:
        if run.config() != runs[0].config():
            raise RunError(f"{run.path} has another config than {runs[0].path}: cross-validate one config only")
    return runs


def _scores_of_fold(run: Run, progress: CatalogueBar) -> dict[str, Scores]:
    """Return the scores of the fold that the run never saw, by name."""
    catalogue, classifier = split_catalogue(run, "test"), load_classifier(run.classifier)
    scores = classifier.calibrate(split_scores(run, classifier, "test", catalogue, progress))

    def with_scores(y_score: np.ndarray) -> Scores:
        return Scores(scores.ids, scores.genre_names, y_score, scores.y_true)

    made = {
        "model": scores,
        "decisions": with_scores(classifier.decide(scores.y_score)),
        "prior": with_scores(np.tile(classifier.manifest.prior, (len(scores), 1))),
    }
    if run.scores("probe").is_file():
        probe = read_scores(run.scores("probe"))
        rows = {id: row for row, id in enumerate(probe.ids)}
        made["probe"] = probe.take([rows[id] for id in scores.ids])
    return made
