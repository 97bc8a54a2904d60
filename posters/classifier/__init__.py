"""The artefact that people share: a trained classifier, opened and used without TensorFlow."""

from posters.classifier.classifier import Classifier, load_classifier
from posters.classifier.explanation import Explanation
from posters.classifier.manifest import Manifest, read_manifest, rewrite_manifest, write_classifier
from posters.classifier.predictions import Features, Prediction, Predictions

__all__ = [
    "Classifier",
    "Explanation",
    "Features",
    "Manifest",
    "Prediction",
    "Predictions",
    "load_classifier",
    "read_manifest",
    "rewrite_manifest",
    "write_classifier",
]
