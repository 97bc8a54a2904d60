"""More rules for a finished classifier, fitted on the validation scores that its run kept."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from posters.classifier import Manifest, read_manifest, rewrite_manifest
from posters.errors import ConfigError, RunError
from posters.models import classifier_directory
from posters.report.model_card import model_card
from posters.runs import Run
from posters.scores_file import read_scores
from posters.thresholds import Thresholds, fit_rule


def read_rules(path: str | Path) -> Manifest:
    """The manifest of a run's classifier, or of a classifier directory.

    Raises:
        ClassifierError: there is none.
    """
    return read_manifest(classifier_directory(path))


def change_rules(path: str | Path, add: Sequence[str] = (), default: str | None = None) -> Manifest:
    """Fit more rules, and store them in the classifier; its networks stay as they are.

    Args:
        path: a run; or a classifier directory, if only the default is to change.
        add: rules as `posters.thresholds.fit_rule` takes them; one that is there already is fitted anew.
        default: the rule that decides unless another is asked for.

    Returns:
        The manifest as it is now.

    Raises:
        ClassifierError: there is no classifier.
        ConfigError: there is no such rule.
        RunError: the run kept no validation scores.
    """
    directory = classifier_directory(path)
    manifest = read_manifest(directory)
    fitted = _fitted(Path(path), manifest, add)
    rules = {thresholds.optimises: thresholds for thresholds in (*manifest.rules, *fitted)}
    if default is not None and default not in rules:
        raise ConfigError(f"the classifier has no rule {default!r}, but {', '.join(rules)}; --add fits another")
    first = default or manifest.rules[0].optimises
    ordered = (rules.pop(first), *rules.values())
    changed = replace(manifest, rules=ordered)
    rewrite_manifest(directory, changed, model_card(changed))
    return changed


def _fitted(path: Path, manifest: Manifest, add: Sequence[str]) -> list[Thresholds]:
    if not add:
        return []
    kept = Run(path).scores("validation")
    if not kept.is_file():
        raise RunError(f"{path} keeps no validation scores to fit a rule on: name the run, not the classifier alone")
    uncalibrated = read_scores(kept)
    return [fit_rule(rule, uncalibrated, manifest.calibration) for rule in add]
