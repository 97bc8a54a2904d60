"""Run a network over packed posters: pooled features, which are kept on disk, and probabilities."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.atomic_files import fingerprint
from posters._base.progress import tqdm
from posters.baselines.standardised import row_blocks
from posters.classifier.starting_weights import weights_digest
from posters.config import TrainConfig
from posters.extensions import BACKBONES
from posters.network.data import failures_named, in_order
from posters.network.tensorflow import keras, tf
from posters.store.packed_posters import PosterArrays
from posters.store.resumable import RowFile, cached_rows
from posters.store.rows import Rows

_BATCH = 32


def features_path(model: Any, config: TrainConfig, arrays: PosterArrays, directory: Path) -> Path:
    """Return where the features of these pixels by this backbone are kept.

    The name changes whenever the features would.

    Args:
        model: uint8 pixels (B, H, W, 3) to features (B, F), made from `config`.
        config: its backbone, pooling, weights and seed are used.
        arrays: the packed posters.
        directory: the cache.

    Examples:
        >>> from posters.config import PreprocessConfig
        >>> pixels = np.full((2, 32, 32, 3), 51, np.uint8)
        >>> arrays = PosterArrays(pixels, np.ones((2, 1)), ("a", "b"), ("Drama",), PreprocessConfig(), "0123")
        >>> config = TrainConfig(weights="imagenet")
        >>> features_path(None, config, arrays, Path("cache")) == features_path(None, config, arrays, Path("cache"))
        True
    """
    weights = config.weights
    if weights == "none":
        weights = f"none, seed {config.seed}"
    elif weights != "imagenet":
        weights = weights_digest(weights, config.backbone)
    # Keras's version too: a release may build a backbone differently, or fetch other weights for it.
    parts = [arrays.fingerprint, config.backbone, config.pooling, weights, keras.__version__]
    if BACKBONES.find(config.backbone) is not None:
        # Users edit their own backbones, and then the same name means other features: those of one noisy poster tell.
        noise = np.random.default_rng(0).integers(0, 256, (1, *model.input_shape[1:]), np.uint8)
        parts.append(hashlib.sha256(model(noise, training=False).numpy().tobytes()).hexdigest())
    return Path(directory) / f"features-{fingerprint(parts)}.npy"


def compute_features(model: Any, arrays: PosterArrays, path: Path) -> np.ndarray:
    """Return the features of every poster, from `path` if they are there, else computed and kept there.

    An interrupted computation is resumed.

    Args:
        model: uint8 pixels (B, H, W, 3) to features (B, F).
        arrays: N posters.
        path: an .npy file; see `features_path`.

    Returns:
        float32 (N, F), mapped from disk.

    Raises:
        ArraysError: the file holds the features of other posters.

    Examples:
        >>> import tempfile
        >>> from posters.config import PreprocessConfig
        >>> pixels = np.full((2, 32, 32, 3), 51, np.uint8)
        >>> arrays = PosterArrays(pixels, np.ones((2, 1)), ("a", "b"), ("Drama",), PreprocessConfig(), "0123")
        >>> model = keras.Sequential([keras.Input((32, 32, 3), dtype="uint8"), keras.layers.GlobalAveragePooling2D()])
        >>> compute_features(model, arrays, Path(tempfile.mkdtemp()) / "features.npy").tolist()
        [[51.0, 51.0, 51.0], [51.0, 51.0, 51.0]]
    """
    shape = (model.output_shape[-1],)
    apply = tf.function(lambda posters: model(posters, training=False), reduce_retracing=True)

    def compute(start: int) -> Iterator[np.ndarray]:
        for batch in in_order(arrays.posters, range(start, len(arrays)), _BATCH):
            yield np.asarray(apply(batch), np.float32)

    bar = partial(tqdm, desc="features", unit="poster")
    with failures_named(arrays.posters):
        return cached_rows(RowFile(path, shape, np.float32), len(arrays), compute, bar)


def network_scores(model: Any, posters: Rows, rows: np.ndarray, batch_size: int, label: str) -> np.ndarray:
    """Return the probabilities of some of the posters.

    Args:
        model: uint8 (B, H, W, 3) to probabilities (B, G).
        posters: uint8 (N, H, W, 3).
        rows: n of them, in the order of the answer.
        batch_size: posters computed at a time.
        label: of the progress bar.

    Returns:
        (n, G).

    Examples:
        >>> model = keras.Sequential([keras.Input((4, 3, 3)), keras.layers.GlobalAveragePooling2D()])
        >>> network_scores(model, np.ones((5, 4, 3, 3), np.uint8), np.arange(3), 2, "scoring").shape
        (3, 3)
    """
    apply = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
    with failures_named(posters), tqdm(total=len(rows), desc=label, unit="poster", leave=False) as bar:
        scores = []
        for batch in in_order(posters, rows, batch_size):
            scores.append(apply(batch).numpy())
            bar.update(len(batch))
    return np.concatenate(scores)


def head_scores(head: Any, features: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the probabilities of some of the posters, given their features.

    Args:
        head: features (B, F) to probabilities (B, G).
        features: float32 (N, F); may be mapped from disk, and is read in blocks.
        rows: n of them, one at least, in the order of the answer.

    Returns:
        (n, G).

    Examples:
        >>> head = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> head_scores(head, np.ones((5, 4), np.float32), np.arange(3)).shape
        (3, 2)
    """
    return np.concatenate([head(block, training=False).numpy() for _, block in row_blocks(features, rows)])
