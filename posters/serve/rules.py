"""The rules that can be asked for by name, each with what it promises, in a sentence."""

from dataclasses import dataclass

from posters.classifier import Manifest
from posters.errors import ConfigError
from posters.thresholds import NEVER, Thresholds

ARGMAX = "argmax"

_PROMISES = {
    ARGMAX: "Says the surest genre and no other, however unsure it is. It promises nothing.",
    "fixed": "Says a genre from one half on. No poster chose that number, and it promises nothing.",
    "f1": "Balances genres said wrongly against genres missed, and promises no rate.",
    "precision": "Of the posters that it says a genre of, at least {share} have it, genre by genre, with 90% "
    "confidence. A genre that could not show this is never said.",
    "recall": "Of the posters that have a genre, at least {share} are found, genre by genre, with 90% confidence. "
    "It says more for that.",
    "miss-rate": "Of the genres that a poster has, at most {share} are missed on average over new posters of the same "
    "kind; it promises nothing of a single genre.",
}


@dataclass(frozen=True)
class Rule:
    """How genres are said.

    Attributes:
        name: as one asks for it.
        thresholds: one for each genre, from 0 to 1: said from this probability on. None: by the probability alone
            it is never said.
        promise: what the rule promises, for people.
        fitted_on: the posters that chose the thresholds, or "nothing".
    """

    name: str
    thresholds: tuple[float | None, ...]
    promise: str
    fitted_on: str

    @property
    def asked(self) -> str | None:
        """The name by which `Classifier.predict` knows it."""
        return None if self.name == ARGMAX else self.name


def rules_of(manifest: Manifest) -> tuple[Rule, ...]:
    """All rules of a classifier; the first decides unless another is asked for."""
    fitted = tuple(_rule(thresholds) for thresholds in manifest.rules)
    if manifest.head != "softmax":
        return fitted
    return (Rule(ARGMAX, (None,) * len(manifest.genre_names), _PROMISES[ARGMAX], "nothing"), *fitted)


def find_rule(manifest: Manifest, name: str | None) -> Rule:
    """The rule of that name; the first one unless it is named.

    Raises:
        ConfigError: there is no such rule.
    """
    rules = rules_of(manifest)
    for rule in rules:
        if name in (None, rule.name):
            return rule
    raise ConfigError(f"the classifier has no rule {name!r}, but {', '.join(rule.name for rule in rules)}")


def _rule(thresholds: Thresholds) -> Rule:
    values = tuple(None if value == NEVER else value for value in thresholds.values)
    return Rule(thresholds.optimises, values, _promise(thresholds.optimises), thresholds.fitted_on)


def _promise(name: str) -> str:
    kind, _, share = name.partition("=")
    sentence = _PROMISES.get(kind, "A rule of somebody else's: ask them what it promises.")
    return sentence.format(share=f"{float(share):.0%}") if "{share}" in sentence else sentence
