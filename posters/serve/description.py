"""How the served classifier describes itself in the API."""

from posters.classifier import Classifier
from posters.classifier.description import description, identity
from posters.serve.schemas import ClassifierResponse, Limits, ServedClassifier


def identify(classifier: Classifier) -> ServedClassifier:
    """Return name, version and date of a classifier.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> identify(load_classifier()).name
        'efficientnet_lite0_posters'
    """
    return ServedClassifier.model_validate(identity(classifier.manifest, classifier.name))


def describe(classifier: Classifier, limits: Limits) -> ClassifierResponse:
    """Return everything that the API reports about a classifier.

    Args:
        classifier: the served classifier.
        limits: of one request.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> len(describe(load_classifier(), Limits(max_bytes=1, max_posters=1)).genres)
        22
    """
    told = description(classifier.manifest, classifier.name, classifier.explains)
    return ClassifierResponse.model_validate({**told, "limits": limits})
