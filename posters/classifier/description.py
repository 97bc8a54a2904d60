"""How a classifier describes itself: its name, its rules with what each promises, its figures."""

from dataclasses import asdict, dataclass
from typing import Any

from posters.classifier.manifest import LIGHT_NETWORK, Manifest
from posters.classifier.predictions import ARGMAX
from posters.errors import ConfigError
from posters.thresholds import NEVER, Thresholds
from posters.thresholds import Rule as FittedRule

_PROMISES = {
    "balanced": "For whoever reads one poster: the genres that together are expected to be right most often, one at "
    "least. It promises no rate.",
    ARGMAX: "Predicts the likeliest genre and no other, however unlikely it is. It promises nothing.",
    "fixed": "Predicts a genre from a probability of one half. No poster chose that number, and it promises nothing.",
    "f1": "For whoever looks for a genre: balances, genre by genre, posters predicted wrongly against posters missed. "
    "It promises no rate.",
    "precision": "Of the posters for which it predicts a genre, at least {share} have it, genre by genre: at "
    "most one in ten of the genres it predicts is expected to fall short. A genre that could not show this is never "
    "predicted.",
    "recall": "Of the posters that have a genre, at least {share} are found, genre by genre: at most one in "
    "ten of the genres that showed this is expected to fall short. A genre that could not is always predicted.",
    "miss-rate": "Of the genres that a poster has, at most {share} are missed on average over new posters of the same "
    "kind; it promises nothing for a single genre.",
}


@dataclass(frozen=True)
class Rule:
    """A rule that decides which genres are predicted.

    Attributes:
        name: the name in requests.
        fitted: hand it to `Classifier.predict`; None for the argmax of a softmax head.
        promise: what the rule promises, in a sentence for people.

    Examples:
        >>> Rule("argmax", None, "Predicts the likeliest genre.").thresholds is None
        True
    """

    name: str
    fitted: FittedRule | None
    promise: str

    @property
    def thresholds(self) -> dict[str, float | None] | None:
        """The probability from which each genre is predicted, None if none is enough; None if it has no thresholds."""
        if not isinstance(self.fitted, Thresholds):
            return None
        pairs = zip(self.fitted.genre_names, self.fitted.values, strict=True)
        return {genre: None if value == NEVER else value for genre, value in pairs}

    def told(self) -> dict[str, Any]:
        """Return what people are told about it, ready for JSON."""
        return {
            "name": self.name,
            "promise": self.promise,
            "fitted_on": "nothing" if self.fitted is None else self.fitted.fitted_on,
            "thresholds": self.thresholds,
            "most": getattr(self.fitted, "most", None),
        }


def rules_of(manifest: Manifest) -> tuple[Rule, ...]:
    """Return all rules of a classifier; the first is the default.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> [rule.name for rule in rules_of(load_classifier().manifest)][:2]
        ['balanced', 'f1']
    """
    fitted = [Rule(rule.rule, rule, promise_of(rule.rule)) for rule in manifest.rules]
    # First: the thresholds of a softmax head are fitted too, but its genres exclude each other.
    argmax = [Rule(ARGMAX, None, _PROMISES[ARGMAX])] if manifest.head == "softmax" else []
    return (*argmax, *fitted)


def promise_of(name: str) -> str:
    """Return what a rule promises, in a sentence for people.

    Args:
        name: of the rule, as in "precision=0.8".

    Examples:
        >>> promise_of("fixed").startswith("Predicts a genre from a probability of one half.")
        True
    """
    kind, _, share = name.partition("=")
    sentence = _PROMISES.get(kind, "A custom rule: ask its author what it promises.")
    return sentence.format(share=f"{float(share):.0%}") if "{share}" in sentence else sentence


def find_rule(manifest: Manifest, name: str | None) -> Rule:
    """Return a rule by its name, or the first for None.

    Raises:
        ConfigError: there is no such rule.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> find_rule(load_classifier().manifest, None).name
        'balanced'
    """
    rules = rules_of(manifest)
    for rule in rules:
        if name in (None, rule.name):
            return rule
    raise ConfigError(f"the classifier has no rule {name!r}, but {', '.join(rule.name for rule in rules)}")


def identity(manifest: Manifest, name: str) -> dict[str, str | None]:
    """Return name, version and date of a classifier.

    Args:
        manifest: of the classifier.
        name: of the classifier.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> from posters.classifier import read_manifest
        >>> list(identity(read_manifest(CLASSIFIER), "mine"))
        ['name', 'version', 'made']
    """
    # Provenance is foreign JSON that nothing has checked: the day may be missing, or no string.
    made = manifest.provenance.get("made")
    # Of the network's own bytes: a new card or another rule does not change what it computes.
    version = manifest.files[LIGHT_NETWORK][:12]
    return {"name": name, "version": version, "made": None if made is None else str(made)}


def description(manifest: Manifest, name: str, explains: bool) -> dict[str, Any]:
    """Return what people are told about a classifier, ready for JSON.

    Args:
        manifest: of the classifier.
        name: of the classifier.
        explains: whether it has maps.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> from posters.classifier import read_manifest
        >>> len(description(read_manifest(CLASSIFIER), "mine", explains=True)["genres"])
        22
    """
    return {
        "classifier": identity(manifest, name),
        "genres": list(manifest.genre_names),
        "explains": explains,
        "prior": dict(zip(manifest.genre_names, manifest.prior, strict=True)),
        "rules": [rule.told() for rule in rules_of(manifest)],
        "calibrated_on": manifest.calibration.fitted_on,
        "metrics": manifest.metrics,
        "preprocess": asdict(manifest.preprocess),
        "provenance": manifest.provenance,
    }
