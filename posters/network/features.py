"""The pooled features of a frozen backbone: computed once, kept on disk, so that another head takes seconds."""

from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from posters.arrays import PosterArrays
from posters.config import TrainConfig
from posters.errors import ArraysError
from posters.extras import require
from posters.files import fingerprint, sha256_of
from posters.models import weights_file
from posters.network.pipeline import in_order
from posters.network.tensorflow import keras, tf
from posters.rows import GrowingRows, open_rows

_BATCH = 32


def features_path(config: TrainConfig, arrays: PosterArrays, directory: Path) -> Path:
    """Where the features of these pixels by this backbone lie; another name whenever they would be other features."""
    weights = config.weights
    if weights == "none":
        weights = f"none, seed {config.seed}"
    elif weights != "imagenet":
        weights = sha256_of(weights_file(weights))
    parts = [arrays.fingerprint, config.backbone, config.pooling, weights, keras.__version__]
    return Path(directory) / f"features-{fingerprint(parts)}.npy"


def compute_features(model: Any, arrays: PosterArrays, path: Path) -> np.ndarray:
    """The features of every poster, from `path` if they are there, else computed and kept there.

    An interrupted computation is gone on with.

    Args:
        model: uint8 pixels (B, H, W, 3) to features (B, F).
        arrays: N posters.

    Returns:
        float32 (N, F), mapped from disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes at once would write into one file.
    with require("filelock").FileLock(f"{path}.lock"):
        if not path.exists():
            _compute(model, arrays, path)
    features = open_rows(path)
    if features.shape != (len(arrays), model.output_shape[-1]):
        raise ArraysError(f"{path} holds the features of other posters: remove it, and it will be made again")
    return features


def _compute(model: Any, arrays: PosterArrays, path: Path) -> None:
    apply = tf.function(lambda posters: model(posters, training=False), reduce_retracing=True)
    shape = (model.output_shape[-1],)
    done = GrowingRows.rows_left_behind(path, shape, np.float32)
    with GrowingRows(path, shape, np.float32, keep=done) as rows:
        rest = in_order(arrays.posters, range(done, len(arrays)), _BATCH)
        with tqdm(total=len(arrays), initial=done, desc="features", unit="poster") as bar:
            for batch in rest:
                features = np.asarray(apply(batch), np.float32)
                rows.append(features)
                bar.update(len(features))
        rows.finish()
