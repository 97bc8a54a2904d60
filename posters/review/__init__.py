"""People decide about labels: a queue of posters, a page to decide on, and decisions that are never lost."""

from posters.review.decisions import Decision, DecisionStore

__all__ = ["Decision", "DecisionStore"]
