"""The artefact that people pass around: a trained classifier, opened and used without TensorFlow."""

from posters.classifier.classifier import Classifier, Prediction, load_classifier
from posters.classifier.manifest import Manifest, read_manifest, rewrite_manifest, write_classifier

__all__ = [
    "Classifier",
    "Manifest",
    "Prediction",
    "load_classifier",
    "read_manifest",
    "rewrite_manifest",
    "write_classifier",
]
