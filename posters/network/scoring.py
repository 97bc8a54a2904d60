"""What a Keras network says of many posters."""

from typing import Any

import numpy as np
from tqdm import tqdm

from posters.network.pipeline import in_order
from posters.network.tensorflow import tf


def network_scores(model: Any, posters: np.ndarray, rows: np.ndarray, batch_size: int, label: str) -> np.ndarray:
    """The probabilities (n, G) of some of the posters.

    Args:
        model: uint8 (B, H, W, 3) to probabilities (B, G).
        posters: uint8 (N, H, W, 3).
        rows: n of them, in the order of the answer.
        batch_size: posters computed at a time.
        label: of the progress bar.
    """
    apply = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
    with tqdm(total=len(rows), desc=label, unit="poster", leave=False) as bar:
        scores = []
        for batch in in_order(posters, rows, batch_size):
            scores.append(apply(batch).numpy())
            bar.update(len(batch))
    return np.concatenate(scores)
