"""Drift: whether new posters are like those that a classifier was tested on, without labels of the new ones."""

from posters.drift.drift import FAIL_ON, LEAST_POSTERS, Drift, DriftSample, measure_drift

__all__ = ["FAIL_ON", "LEAST_POSTERS", "Drift", "DriftSample", "measure_drift"]
