"""Features as directions, so that the similarity of two posters is one product."""

import numpy as np

_TINY = 1e-12  # in place of the length of features that are all zero


def directions(features: np.ndarray) -> np.ndarray:
    """Features (N, F), each row scaled to length 1, float32: the product of two rows is the cosine of their angle.

    Neither the square root that the head takes nor standardisation finds posters that share more genres; see the page
    on design for figures.
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return (features / np.maximum(lengths, _TINY)).astype(np.float32)
