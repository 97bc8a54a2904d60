"""Curves of one kind are applied at once: the same, to the bit, as one after the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posters.calibration.calibration import Calibration, CalibrationCurve

PLATT = st.builds(lambda a, b: CalibrationCurve("platt", (a, b)), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
KNOTS = ((0.0, 0.0), (0.3, 0.6), (1.0, 1.0))
ANY = PLATT | st.sampled_from([CalibrationCurve(), CalibrationCurve("isotonic", (), KNOTS)])


@given(st.lists(PLATT, min_size=1, max_size=5) | st.lists(ANY, max_size=5), st.integers(0, 9), st.booleans())
def test_curves_together_give_what_each_gives(curves, posters, single):
    y_score = np.random.default_rng(posters).random((posters, len(curves)))
    y_score[:1] = 0
    y_score = y_score.astype(np.float32 if single else np.float64)
    calibration = Calibration(tuple(map(str, range(len(curves)))), tuple(curves), "test")
    if curves:
        expected = np.stack([curve(y_score[:, g]) for g, curve in enumerate(curves)], axis=1)
        np.testing.assert_array_equal(calibration.apply(y_score), expected)
