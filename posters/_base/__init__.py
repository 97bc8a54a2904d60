"""Helpers that know nothing about posters, and that every other folder may import."""
