"""People decide about labels: a queue of posters, a page to decide on, and decisions that are never lost."""

from posters.review.corrections import Corrections
from posters.review.datasets import write_dataset
from posters.review.decisions import Decision, DecisionStore
from posters.review.label_studio import Imported, LabelStudioExport, import_decisions, undo_import
from posters.review.measurement import Measurement, measure
from posters.review.queue import ReviewQueue, doubt_queue, random_queue, uncertain_queue
from posters.review.review import Question, Review, ReviewItem

__all__ = [
    "Corrections",
    "Decision",
    "DecisionStore",
    "Imported",
    "LabelStudioExport",
    "Measurement",
    "Question",
    "Review",
    "ReviewItem",
    "ReviewQueue",
    "doubt_queue",
    "import_decisions",
    "measure",
    "random_queue",
    "uncertain_queue",
    "undo_import",
    "write_dataset",
]
