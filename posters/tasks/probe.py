"""The linear probe of a run: kept beside the features that it was fitted on, and written into the run."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np

from posters._base.atomic_files import fingerprint, replacing
from posters._base.log import logger
from posters._base.npz import open_npz
from posters.baselines.linear_probe import FOLDS, STRENGTHS, WEAKER, Probe, fit_probe, out_of_fold_scores
from posters.metrics import METRICS
from posters.runs import Run
from posters.scores import Scores, read_scores, write_scores
from posters.splitting.splits import Splits
from posters.store.packed_posters import PosterArrays
from posters.store.rows import open_rows

NAMES = ("probe", "out_of_fold")


def write_probe_scores(
    run: Run,
    arrays: PosterArrays,
    splits: Splits,
    groups: np.ndarray,
    features: Path,
    weights: np.ndarray | None = None,
) -> Probe:
    """Fit a linear probe, or take a kept one, and write its scores for all N posters of a run: those of `NAMES`.

    "probe" was fitted on the training posters alone, and is what the network is compared with. "out_of_fold" was fitted
    five times on four fifths of all posters, and may find wrong labels. Both are also kept beside the features: another
    run on the same features, labels and splits takes them from there.

    Args:
        run: started.
        arrays: N posters.
        splits: of their ids.
        groups: int (N,); posters with equal numbers stay in one fold.
        features: the file of the frozen features (N, F).
        weights: (N,), how much each poster counts for "probe"; by default all alike.

    Returns:
        The probe.

    Examples:
        >>> import tempfile
        >>> import numpy as np
        >>> from posters.config import PreprocessConfig
        >>> folder, labels = Path(tempfile.mkdtemp()), np.arange(20)[:, None] % 2
        >>> np.save(folder / "features.npy", labels.astype(np.float32))
        >>> ids = tuple(map(str, range(20)))
        >>> arrays = PosterArrays(np.zeros(0), labels, ids, ("Drama",), PreprocessConfig(), "0123")
        >>> splits = Splits(ids[:10], ids[10:], (), 0, "")
        >>> write_probe_scores(Run(folder), arrays, splits, np.arange(20), folder / "features.npy").kernel.shape
        (1, 1)
        >>> read_scores(Run(folder).scores("probe")).y_score.shape
        (20, 1)
    """
    # What the features are is in their file's name; the key changes with all else that the scores depend on.
    recipe = [STRENGTHS, WEAKER, FOLDS, "all genres at once", version("scipy")]
    labels = hashlib.sha256(arrays.genres.tobytes() + groups.astype(np.int64).tobytes()).hexdigest()
    weighted = [] if weights is None else [hashlib.sha256(weights.tobytes()).hexdigest()]
    key = fingerprint([recipe, labels, arrays.ids, arrays.genre_names, splits.train, splits.validation, *weighted])
    paths = {name: features.with_name(f"{name}-{features.stem}-{key}.npz") for name in NAMES}
    x, rows = open_rows(features), arrays.rows_of(splits.validation)
    # Written one after the other: a kill between the two costs a fit.
    try:
        with open_npz(paths["probe"]) as file:
            probe = Probe(file["kernel"], file["bias"], float(file["strength"]))
        out_of_fold = read_scores(paths["out_of_fold"])
        if (probe.kernel.shape, probe.bias.shape) != (
            (x.shape[1], len(arrays.genre_names)),
            (len(arrays.genre_names),),
        ):
            raise ValueError("other features or genres")
    # None has been kept yet, or it is damaged: a fit takes seconds.
    except (OSError, ValueError, KeyError, TypeError):
        probe = fit_probe(x, arrays.genres, arrays.rows_of(splits.train), rows, weights)
        tried = ", ".join(map(str, STRENGTHS))
        logger.info(f"logistic regression: of {tried} and larger, validation chose C = {probe.strength}")
        y_score = out_of_fold_scores(x, arrays.genres, groups, strength=probe.strength)
        out_of_fold = Scores(arrays.ids, arrays.genre_names, y_score, arrays.genres)
        write_scores(out_of_fold, paths["out_of_fold"])
        with replacing(paths["probe"]) as temporary, temporary.open("wb") as file:
            np.savez(file, kernel=probe.kernel, bias=probe.bias, strength=probe.strength)
    y_score = probe.score(x)
    write_scores(Scores(arrays.ids, arrays.genre_names, y_score, arrays.genres), run.scores("probe"))
    write_scores(out_of_fold, run.scores("out_of_fold"))
    figure = METRICS["macro_map"](arrays.genres[rows], y_score[rows])
    logger.info(f"logistic regression on the same features: validation macro mAP {figure:.4f}")
    return probe
