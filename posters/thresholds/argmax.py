"""How a softmax is read."""

import numpy as np


def argmax_decisions(y_score: np.ndarray) -> np.ndarray:
    """Decisions, uint8 (N, G): the one genre of each poster with the highest score; the first one of equals.

    How a softmax is read. It can't say two genres, nor none, which is why it is the wrong head for posters.

    >>> argmax_decisions(np.array([[0.2, 0.7, 0.1], [0.4, 0.4, 0.2]]))
    array([[0, 1, 0],
           [1, 0, 0]], dtype=uint8)
    """
    y_pred = np.zeros(y_score.shape, np.uint8)
    np.put_along_axis(y_pred, y_score.argmax(axis=1)[:, None], 1, axis=1)
    return y_pred
