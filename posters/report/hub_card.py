"""README.md of a repository on the Hugging Face Hub: what the Hub reads, and the model card for people."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from posters._base.log import logger
from posters.classifier.manifest import Manifest

_TAGS = ("movie-posters", "multi-label-classification", "litert", "posters")
# Where the card speaks of a licence: it may say more than any identifier does.
_CARDS_OWN = {"license": "other", "license_name": "see-model-card", "license_link": "MODEL_CARD.md"}
_TASK = {"type": "image-classification", "name": "genres of a movie poster, several at once"}
# Figures of a manifest, and type and name that the Hub shows them by.
_KINDS = {"out_of_fold": "cross-validated", "validation": "validation, which chose the weights too"}
_FIGURES = {
    "macro_map": ("mean_average_precision", "macro mAP"),
    "macro_map_of_the_prior": ("mean_average_precision", "macro mAP of a baseline that never looks"),
    "macro_f1": ("f1", "macro F1"),
    "micro_f1": ("f1", "micro F1"),
}
_ABOVE = """
```python
import posters

classifier = posters.load_classifier("hf://OWNER/NAME")
```

"""


def hub_card(manifest: Manifest, card: str, name: str, licence: str | None = None) -> str:
    """Return README.md: YAML with tags, licence and figures as the Hub's `model-index`, then the card.

    Args:
        manifest: of the classifier.
        card: its MODEL_CARD.md.
        name: of the model.
        licence: an identifier of the Hub, such as "apache-2.0". By default the card is named as the
            licence if it has a word on it; if not, none is named, and a warning says so.

    Returns:
        Markdown. Its YAML is written as JSON, which YAML contains: https://huggingface.co/docs/hub/model-cards

    Examples:
        >>> from posters.classifier import read_manifest
        >>> from posters.models import CLASSIFIER
        >>> hub_card(read_manifest(CLASSIFIER), "# Card", "genres", "mit").splitlines()[:3]
        ['---', 'license: "mit"', 'library_name: "posters"']
    """
    named = {"license": licence} if licence else _CARDS_OWN if "licen" in card.lower() else {}
    if not named:
        logger.warning("no licence is named, and without one nobody may use the classifier: choose one with --license")
    values: dict[str, Any] = {**named, "library_name": "posters", "pipeline_tag": "image-classification"}
    values["tags"] = [*_TAGS, *(genre.lower() for genre in manifest.genre_names)]
    results = list(_results(manifest))
    if results:
        values["metrics"] = ["mean_average_precision", "f1"]
        values["model-index"] = [{"name": name, "results": results}]
    yaml = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
    title, _, rest = card.partition("\n")
    return f"---\n{yaml}\n---\n{title}\n{_ABOVE}{rest.lstrip()}"


def _results(manifest: Manifest) -> Iterator[Mapping[str, Any]]:
    catalogue = str(manifest.provenance.get("catalogue", "movie posters")).partition(", fingerprint")[0]
    for kind, words in _KINDS.items():
        figures = manifest.metrics.get(kind, {})
        shown = [(*_FIGURES[key], figures[key]) for key in _FIGURES if figures.get(key) is not None]
        metrics = [{"type": metric, "name": name, "value": value} for metric, name, value in shown]
        if metrics:
            yield {"task": _TASK, "dataset": {"type": _TAGS[0], "name": f"{catalogue} ({words})"}, "metrics": metrics}
