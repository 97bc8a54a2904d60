"""Add rules to a finished classifier, fitted on the validation scores that its run kept."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from posters.classifier import Manifest, read_manifest, rewrite_manifest
from posters.errors import ConfigError, RunError
from posters.models import classifier_directory
from posters.report.model_card import model_card
from posters.runs import Run
from posters.scores import read_scores
from posters.splitting.groups import group_posters
from posters.thresholds import Balanced, Rule, fit_rule
from posters.thresholds.thresholds import NEVER


def read_rules(path: str | Path) -> Manifest:
    """Return the manifest of a run's classifier, or of a classifier directory.

    Raises:
        ClassifierError: there is none.

    Examples:
        >>> [rule.rule for rule in read_rules("posters").rules][:2]
        ['balanced', 'f1']
    """
    return read_manifest(classifier_directory(path))


def change_rules(path: str | Path, add: Sequence[str] = (), default: str | None = None) -> Manifest:
    """Fit more rules, and store them in the classifier; its networks stay as they are.

    Args:
        path: a run; or a classifier directory, if only the default is to change.
        add: rules as `posters.thresholds.fit_rule` takes them; one that is there already is fitted again.
        default: the rule that decides unless another is chosen.

    Returns:
        The manifest as it is now.

    Raises:
        ClassifierError: there is no classifier.
        ConfigError: there is no such rule, or the default would be one that never or always predicts most genres.
        RunError: the run kept no validation scores.

    Examples:
        >>> change_rules("posters", add=["f1"])
        Traceback (most recent call last):
        posters.errors.RunError: posters keeps no validation scores to fit a rule on: name a run
    """
    directory = classifier_directory(path)
    manifest = read_manifest(directory)
    fitted: list[Rule] = []
    if add:
        kept = Run(Path(path)).scores("validation")
        if not kept.is_file():
            raise RunError(f"{path} keeps no validation scores to fit a rule on: name a run")
        uncalibrated = read_scores(kept)
        # By film alone, as `evaluate_run` groups: a run keeps no looks. The oldest runs keep no catalogue either.
        stored = (Run(Path(path)).path / "catalogue.jsonl").is_file()
        groups = group_posters(Run(Path(path)).catalogue().among(uncalibrated.ids)) if stored else None
        fitted = [fit_rule(rule, uncalibrated, manifest.calibration, groups=groups) for rule in add]
    rules = {rule.rule: rule for rule in (*manifest.rules, *fitted)}
    if default is not None and default not in rules:
        raise ConfigError(f"the classifier has no rule {default!r}, but {', '.join(rules)}; --add fits another")
    if default is not None:
        _refuse_idle(rules[default])
    # The first rule decides unless another is chosen; see `Manifest.rules`.
    first = default or manifest.rules[0].rule
    changed = replace(manifest, rules=(rules.pop(first), *rules.values()))
    rewrite_manifest(directory, changed, model_card(changed))
    return changed


def _refuse_idle(rule: Rule) -> None:
    """Refuse a rule that looks at no poster for most genres, since its promise could not be shown for them."""
    if isinstance(rule, Balanced):
        return
    pairs = list(zip(rule.genre_names, rule.values, strict=True))
    for how, value in (("never", NEVER), ("always", 0)):
        idle = [name for name, threshold in pairs if threshold == value]
        if 2 * len(idle) > len(pairs):
            shown = ", ".join(idle[:3]) + "..." * (len(idle) > 3)
            raise ConfigError(
                f"{rule.rule} {how} predicts {len(idle)} of {len(pairs)} genres ({shown}), "
                f"since {rule.fitted_on} could not show it for them: choose it by --rule where it is wanted, "
                "or fit an easier one"
            )
