"""What the served classifier says of itself."""

from dataclasses import asdict

from posters.classifier import Classifier
from posters.classifier.manifest import LIGHT_NETWORK
from posters.serve.answers import ClassifierAnswer, LimitsAnswer, RuleAnswer, ServedAnswer
from posters.serve.rules import rules_of


def served(classifier: Classifier) -> ServedAnswer:
    """Its name, version and day."""
    made = classifier.manifest.provenance.get("made")
    return ServedAnswer(
        name=_name(classifier),
        version=classifier.manifest.files[LIGHT_NETWORK][:12],
        made=None if made is None else str(made),
    )


def described(classifier: Classifier, limits: LimitsAnswer) -> ClassifierAnswer:
    """The whole of it."""
    manifest = classifier.manifest
    rules = [
        RuleAnswer(
            name=rule.name,
            promise=rule.promise,
            fitted_on=rule.fitted_on,
            thresholds=dict(zip(manifest.genre_names, rule.thresholds, strict=True)),
        )
        for rule in rules_of(manifest)
    ]
    return ClassifierAnswer(
        classifier=served(classifier),
        genres=list(manifest.genre_names),
        explains=classifier.explains,
        prior=dict(zip(manifest.genre_names, manifest.prior, strict=True)),
        rules=rules,
        calibrated_on=manifest.calibration.fitted_on,
        metrics=manifest.metrics,
        preprocess=asdict(manifest.preprocess),
        provenance=manifest.provenance,
        limits=limits,
    )


def _name(classifier: Classifier) -> str:
    """The directory's name; a run keeps its classifier in a folder of that name, which says nothing."""
    directory = classifier.directory.resolve()
    return directory.parent.name if directory.name == "classifier" else directory.name
