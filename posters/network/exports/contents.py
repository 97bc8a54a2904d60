"""What an exported file says of itself: the same JSON in every format."""

import json
from typing import Any

from posters import __version__
from posters.classifier import Manifest
from posters.network.exports.graph import INPUT, OUTPUT

# Raised whenever a key changes its meaning.
_VERSION = 1


def contents_of(manifest: Manifest) -> dict[str, Any]:
    """Plain data, ready for JSON: what whoever runs the file needs to know, and where the network comes from."""
    own = manifest.to_dict()
    height, width, _ = manifest.preprocess.shape
    return {
        "export_format": _VERSION,
        "posters": __version__,
        "genre_names": own["genre_names"],
        "input": {
            "name": INPUT,
            "type": "uint8",
            "shape": ["N", height, width, 3],
            "pixels": "RGB, 0 to 255; decoded and resized by Pillow as preprocess says, and not scaled",
        },
        "preprocess": own["preprocess"],
        "output": {"name": OUTPUT, "type": "float32", "shape": ["N", len(manifest.genre_names)]},
        "head": own["head"],
        "calibration": {"applied": True, "fitted_on": manifest.calibration.fitted_on},
        "rules": own["rules"],
        "prior": own["prior"],
        "metrics": own["metrics"],
        "provenance": own["provenance"],
    }


def contents_json(manifest: Manifest) -> str:
    """The same as text; a threshold that no probability reaches is null."""
    return json.dumps(contents_of(manifest), ensure_ascii=False, allow_nan=False)
