"""The linear probe of a run: kept beside the features that it was fitted on, and written into the run."""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np

from posters.arrays import PosterArrays
from posters.files import fingerprint
from posters.log import logger
from posters.metrics import METRICS
from posters.probe import FOLDS, STRENGTHS, fit_and_score, out_of_fold_scores
from posters.rows import open_rows
from posters.runs import Run
from posters.scores import Scores
from posters.scores_file import read_scores, write_scores
from posters.splits import Split

NAMES = ("probe", "out_of_fold")


def write_probe_scores(run: Run, arrays: PosterArrays, split: Split, groups: np.ndarray, features: Path) -> None:
    """Write what a linear probe says of the run's posters, all N of them, to `run.scores` of each of `NAMES`.

    "probe" was fitted on the training posters alone, and is what the network is compared with. "out_of_fold" was fitted
    five times on four fifths of all posters, and is what may find wrong labels. Both are also kept beside the features:
    another run on the same features, labels and split takes them from there.

    Args:
        run: started.
        arrays: N posters.
        split: of their ids.
        groups: int (N,).
        features: the file of the frozen features (N, F).
    """
    key = _key(arrays, split, groups)
    paths = {name: features.with_name(f"{name}-{features.stem}-{key}.npz") for name in NAMES}
    kept = _kept(paths)
    scores = kept if len(kept) == len(NAMES) else _fit(arrays, split, groups, features, paths)
    for name in NAMES:
        write_scores(scores[name], run.scores(name))
    rows = arrays.rows_of(split.validation)
    figure = METRICS["macro_map"](arrays.genres[rows], scores["probe"].y_score[rows])
    logger.info(f"logistic regression on the same features: validation macro mAP {figure:.4f}")


def _kept(paths: Mapping[str, Path]) -> dict[str, Scores]:
    """Those that another run has left."""
    scores = {name: read_scores(path) for name, path in paths.items() if path.exists()}
    return {name: found for name, found in scores.items() if found is not None}


def _key(arrays: PosterArrays, split: Split, groups: np.ndarray) -> str:
    """Another one whenever the scores would be others; what the features are is in their own file's name."""
    recipe = [STRENGTHS, FOLDS, version("scikit-learn")]
    labels = hashlib.sha256(arrays.genres.tobytes() + groups.astype(np.int64).tobytes()).hexdigest()
    return fingerprint([recipe, labels, arrays.ids, arrays.genre_names, split.train, split.validation])


def _fit(
    arrays: PosterArrays, split: Split, groups: np.ndarray, features: Path, paths: Mapping[str, Path]
) -> dict[str, Scores]:
    x, y = open_rows(features), arrays.genres
    probe = fit_and_score(x, y, arrays.rows_of(split.train), arrays.rows_of(split.validation))
    logger.info(f"logistic regression: of {', '.join(map(str, STRENGTHS))}, validation chose C = {probe.strength}")
    tables = {"probe": probe.y_score, "out_of_fold": out_of_fold_scores(x, y, groups, strength=probe.strength)}
    scores = {name: Scores(arrays.ids, arrays.genre_names, y_score, y) for name, y_score in tables.items()}
    for name, path in paths.items():
        write_scores(scores[name], path)
    return scores
