"""Predictors that anything trained for longer must beat."""
