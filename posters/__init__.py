"""Look at a movie poster, say which genres it shows, and be honest about how sure that is.

The public names are loaded when they are first used, so that `import posters` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOMES = {
    "Catalogue": "posters.catalogue",
    "Classifier": "posters.classifier",
    "CrossValidation": "posters.evaluation.crossvalidation",
    "Evaluation": "posters.evaluation",
    "LabelledScores": "posters.scores",
    "LookAlikes": "posters.similar",
    "Metric": "posters.metrics",
    "Neighbour": "posters.similar",
    "Poster": "posters.catalogue",
    "PosterArrays": "posters.store.packed_posters",
    "PosterIndex": "posters.similar",
    "PostersError": "posters.errors",
    "Prediction": "posters.classifier",
    "Problem": "posters.catalogue",
    "RayWorkers": "posters.config",
    "PreprocessConfig": "posters.config",
    "Scores": "posters.scores",
    "Splits": "posters.splitting.splits",
    "Stage": "posters.config",
    "Balanced": "posters.thresholds",
    "Thresholds": "posters.thresholds",
    "TrainConfig": "posters.config",
    "allow_private_redirects": "posters.images.downloading",
    "build_index": "posters.similar",
    "compare_runs": "posters.tasks.compare",
    "crossvalidate": "posters.tasks.crossvalidate",
    "decode": "posters.images.decoding",
    "doubt_labels": "posters.tasks.label_doubts",
    "dialect_names": "posters.catalogue",
    "draw_splits": "posters.splitting.splits",
    "evaluate": "posters.evaluation",
    "evaluate_classifier": "posters.tasks.evaluate",
    "evaluate_crossvalidation": "posters.tasks.crossvalidate",
    "evaluate_run": "posters.tasks.evaluate",
    "from_multi_hot": "posters.catalogue",
    "load_classifier": "posters.classifier",
    "multi_hot": "posters.catalogue",
    "open_review": "posters.tasks.review",
    "pack": "posters.store.packed_posters",
    "predict_parts": "posters.tasks.predict_parts",
    "read_catalogue": "posters.catalogue",
    "register_dialect": "posters.catalogue",
    "register_backbone": "posters.extensions",
    "register_loss": "posters.extensions",
    "register_metric": "posters.metrics",
    "register_schedule": "posters.extensions",
    "set_image_memory": "posters.images.limits",
    "train": "posters.tasks.train",
    "write_report": "posters.report",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        # Here, because a name is rarely misspelt, and `import posters` costs nothing.
        from difflib import get_close_matches

        found = [] if name.startswith("_") else get_close_matches(name, _HOMES, n=1)
        meant = f": did you mean {found[0]}?" if found else ""
        raise AttributeError(f"module 'posters' has no attribute {name!r}{meant}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    # What TAB offers: neither this module's own imports nor its packages.
    return list(__all__)
