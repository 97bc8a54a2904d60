"""Frozen features: computed once, and resumed where an interrupted computation stopped."""

import numpy as np
import pytest

from posters.config import PreprocessConfig
from posters.network.features import compute_features
from posters.network.tensorflow import tf
from posters.store.packed_posters import PosterArrays


class SumOfPixels:
    """A network with one feature, which counts the posters that it is given."""

    output_shape = (None, 1)

    def __init__(self) -> None:
        self.seen = tf.Variable(0)

    def __call__(self, posters, training):
        self.seen.assign_add(tf.shape(posters)[0])
        return tf.reduce_sum(tf.cast(posters, tf.float32), axis=(1, 2, 3))[:, None]


@pytest.mark.parametrize("done", [0, 40, 70])
def test_features_of_version_0_1_are_reused_and_resumed(tmp_path, done):
    posters = np.random.default_rng(0).integers(0, 256, (70, 4, 4, 3), dtype=np.uint8)
    arrays = PosterArrays(
        posters, np.ones((70, 1), np.uint8), tuple(map(str, range(70))), ("Drama",), PreprocessConfig(), "0123"
    )
    expected = posters.sum(axis=(1, 2, 3), dtype=np.float32)[:, None]
    if done:
        with (tmp_path / f"features-0123.npy{'.partial' if done < 70 else ''}").open("wb") as file:
            np.save(file, expected[:done])
    network = SumOfPixels()
    features = compute_features(network, arrays, tmp_path / "features-0123.npy")
    assert features.tolist() == expected.tolist()
    assert int(network.seen) == 70 - done
