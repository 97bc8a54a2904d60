"""Look at a movie poster, say which genres it shows, and be honest about how sure that is.

The public names are loaded when they are first used, so that `import posters` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Catalogue": "posters.catalogue",
    "Classifier": "posters.classifier",
    "Evaluation": "posters.evaluation",
    "LookAlikes": "posters.similar",
    "Neighbour": "posters.similar",
    "Poster": "posters.catalogue",
    "PosterArrays": "posters.arrays",
    "PosterIndex": "posters.similar",
    "PostersError": "posters.errors",
    "Prediction": "posters.classifier",
    "PreprocessConfig": "posters.config",
    "Scores": "posters.scores",
    "Split": "posters.splits",
    "Thresholds": "posters.thresholds",
    "TrainConfig": "posters.config",
    "build_index": "posters.similar",
    "compare_runs": "posters.tasks.compare",
    "decode": "posters.images",
    "dialect_names": "posters.catalogue",
    "draw_sample": "posters.sample",
    "draw_split": "posters.splits",
    "evaluate": "posters.evaluation",
    "evaluate_classifier": "posters.tasks.evaluate",
    "evaluate_run": "posters.tasks.evaluate",
    "from_multi_hot": "posters.catalogue",
    "load_classifier": "posters.classifier",
    "multi_hot": "posters.catalogue",
    "pack": "posters.arrays",
    "read_catalogue": "posters.catalogue",
    "train": "posters.tasks.train",
    "write_report": "posters.report",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'posters' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOMES))
