"""Probabilities that come true: what is fitted on validation so that a 0.7 is right seven times in ten."""

from posters.calibration.calibration import Calibration, CalibrationCurve, no_calibration
from posters.calibration.fit import cross_calibrated, fit_calibration

__all__ = ["Calibration", "CalibrationCurve", "cross_calibrated", "fit_calibration", "no_calibration"]
