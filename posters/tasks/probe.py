"""The linear probe of a run: kept beside the features that it was fitted on, and written into the run."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np

from posters._base.atomic_files import fingerprint
from posters._base.log import logger
from posters.baselines.linear_probe import FOLDS, STRENGTHS, fit_and_score, out_of_fold_scores
from posters.metrics import METRICS
from posters.runs import Run
from posters.scores import Scores, read_scores, write_scores
from posters.splitting.splits import Splits
from posters.store.packed_posters import PosterArrays
from posters.store.rows import open_rows

NAMES = ("probe", "out_of_fold")


def write_probe_scores(run: Run, arrays: PosterArrays, splits: Splits, groups: np.ndarray, features: Path) -> None:
    """Write the scores of a linear probe for all N posters of a run to `run.scores` of each of `NAMES`.

    "probe" was fitted on the training posters alone, and is what the network is compared with. "out_of_fold" was fitted
    five times on four fifths of all posters, and may find wrong labels. Both are also kept beside the features: another
    run on the same features, labels and splits takes them from there.

    Args:
        run: started.
        arrays: N posters.
        splits: of their ids.
        groups: int (N,); posters with equal numbers stay in one fold.
        features: the file of the frozen features (N, F).

    Examples:
        >>> import tempfile
        >>> import numpy as np
        >>> from posters.config import PreprocessConfig
        >>> folder, labels = Path(tempfile.mkdtemp()), np.arange(20)[:, None] % 2
        >>> np.save(folder / "features.npy", labels.astype(np.float32))
        >>> ids = tuple(map(str, range(20)))
        >>> arrays = PosterArrays(np.zeros(0), labels, ids, ("Drama",), PreprocessConfig(), "0123")
        >>> splits = Splits(ids[:10], ids[10:], (), 0, "")
        >>> write_probe_scores(Run(folder), arrays, splits, np.arange(20), folder / "features.npy")
        >>> read_scores(Run(folder).scores("probe")).y_score.shape
        (20, 1)
    """
    # What the features are is in their file's name; the key changes with all else that the scores depend on.
    recipe = [STRENGTHS, FOLDS, version("scikit-learn")]
    labels = hashlib.sha256(arrays.genres.tobytes() + groups.astype(np.int64).tobytes()).hexdigest()
    key = fingerprint([recipe, labels, arrays.ids, arrays.genre_names, splits.train, splits.validation])
    paths = {name: features.with_name(f"{name}-{features.stem}-{key}.npz") for name in NAMES}
    kept = {name: read_scores(path) for name, path in paths.items() if path.exists()}
    scores = kept if len(kept) == len(NAMES) else _fit(arrays, splits, groups, features)
    # Kept first: a kill between the two costs a copy, not a fit.
    for name in NAMES:
        for path in (paths[name], run.scores(name))[name in kept :]:
            write_scores(scores[name], path)
    rows = arrays.rows_of(splits.validation)
    figure = METRICS["macro_map"](arrays.genres[rows], scores["probe"].y_score[rows])
    logger.info(f"logistic regression on the same features: validation macro mAP {figure:.4f}")


def _fit(arrays: PosterArrays, splits: Splits, groups: np.ndarray, features: Path) -> dict[str, Scores]:
    x, y = open_rows(features), arrays.genres
    probe = fit_and_score(x, y, arrays.rows_of(splits.train), arrays.rows_of(splits.validation))
    logger.info(f"logistic regression: of {', '.join(map(str, STRENGTHS))}, validation chose C = {probe.strength}")
    tables = {"probe": probe.y_score, "out_of_fold": out_of_fold_scores(x, y, groups, strength=probe.strength)}
    return {name: Scores(arrays.ids, arrays.genre_names, y_score, y) for name, y_score in tables.items()}
