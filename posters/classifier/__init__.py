"""The artefact that people pass around: a trained classifier, opened and used without TensorFlow."""

from posters.classifier.classifier import Classifier, load_classifier
from posters.classifier.explanation import Explanation
from posters.classifier.manifest import Manifest, read_manifest, rewrite_manifest, write_classifier
from posters.classifier.results import Features, Prediction, Result

__all__ = [
    "Classifier",
    "Explanation",
    "Features",
    "Manifest",
    "Prediction",
    "Result",
    "load_classifier",
    "read_manifest",
    "rewrite_manifest",
    "write_classifier",
]
