"""How much the page has room for, so that it stays under 5 MB however many genres there are."""

from posters.evaluation import Evaluation

# Genres whose charts and posters are drawn; the tables hold every genre.
DRAWN = 60
# Genres of a square table: more would be too wide to read.
SQUARE = 28
# Posters, at 4 KB each; at 9 KB if they were noise.
POSTERS = 410


def commonest(evaluation: Evaluation, most: int) -> set[str]:
    """The names of the commonest genres that have positives, at most so many."""
    present = [genre for genre in evaluation.genres if genre.positives]
    return {genre.name for genre in sorted(present, key=lambda genre: -genre.positives)[:most]}


def left_undrawn(evaluation: Evaluation, most: int) -> str:
    """Which genres are not drawn, in words; empty where all are."""
    absent, present = len(evaluation.without_positives), len(evaluation.genres) - len(evaluation.without_positives)
    beyond = f"Drawn are the {most} commonest of {present} genres with positives." if present > most else ""
    without = f"Genres without positives, not drawn: {absent}." if absent else ""
    return " ".join(filter(None, (beyond, without)))
