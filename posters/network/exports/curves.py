"""A calibration as TensorFlow operations, none but such as every format of export has.

A line between knots is a sum of ramps, each from 0 to 1 between two knots, and each times its own rise: nothing but
subtraction, multiplication and clipping, where looking up the right interval would need a search. Identity is the line
from (0, 0) to (1, 1). Summed so, no large slopes cancel each other, and float32 stays within 1e-6 of NumPy.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from posters.calibration import Calibration
from posters.calibration.calibration import Curve, logit
from posters.network.tensorflow import tf

_IDENTITY = ((0.0, 0.0), (1.0, 1.0))
_UNUSED = (1.0, 0.0)  # slope and shift, of a genre that isn't Platt's


def calibrated(calibration: Calibration, p: Any) -> Any:
    """The network's probabilities, a float32 tensor (B, G), to calibrated ones; `Calibration.apply` in TensorFlow."""
    if calibration.changes_nothing:
        return p
    is_platt = np.array([curve.method == "platt" for curve in calibration.curves])
    if not is_platt.any():
        return _lines(calibration.curves, p)
    if is_platt.all():
        return _platt(calibration.curves, p)
    return tf.where(is_platt, _platt(calibration.curves, p), _lines(calibration.curves, p))


def _platt(curves: Sequence[Curve], p: Any) -> Any:
    slope, shift = np.array([curve.parameters or _UNUSED for curve in curves], np.float32).T
    # The logit is clipped and not the probability, which in float32 can't come as near to 1 as NumPy's.
    largest = float(logit(np.array(1.0)))
    logits = tf.clip_by_value(tf.math.log(p) - tf.math.log(1.0 - p), -largest, largest)
    return tf.sigmoid(slope * logits + shift)


def _lines(curves: Sequence[Curve], p: Any) -> Any:
    starts, widths, rises = (part.astype(np.float32) for part in _ramps(curves))
    ramps = tf.clip_by_value((p[:, :, None] - starts) / widths, 0.0, 1.0)
    return tf.reduce_sum(ramps * rises, axis=2)


def _ramps(curves: Sequence[Curve]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each genre's ramps start, how wide they are and how far they rise: (G, K) each, for K ramps at most.

    Genres of fewer ramps have others that rise by nothing.
    """
    longest = max(len(curve.knots or _IDENTITY) for curve in curves)
    shape = (len(curves), longest - 1)
    starts, widths, rises = np.zeros(shape), np.ones(shape), np.zeros(shape)
    for genre, curve in enumerate(curves):
        x, y = np.array(curve.knots or _IDENTITY).T
        used = slice(0, len(x) - 1)
        starts[genre, used], widths[genre, used], rises[genre, used] = x[:-1], np.diff(x), np.diff(y)
    return starts, widths, rises
