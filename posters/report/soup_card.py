"""MODEL_CARD.md of a classifier that was averaged from the networks of a cross-validation."""

from pathlib import Path
from typing import Any

from posters.classifier.manifest import Manifest
from posters.report.markdown import escape
from posters.report.rules import threshold_text

# How much of the way from chance (0) to a perfect ranking (1) a genre must be shown to have gone.
_LITTLE = 0.1

_CARD = Path(__file__).with_suffix(".md")


def soup_card(manifest: Manifest) -> str:
    """The card, as Markdown; its figures are those of `manifest.metrics["out_of_fold"]`."""
    figures = manifest.metrics["out_of_fold"]
    # The config is what the command says, and both are in classifier.json.
    provenance = {name: value for name, value in manifest.provenance.items() if name not in ("command", "config")}
    provenance["versions"] = ", ".join(f"{name} {number}" for name, number in provenance["versions"].items())
    titles = [escape(thresholds.optimises) for thresholds in manifest.rules]
    return _CARD.read_text(encoding="utf-8").format(
        **{name: value for name, value in figures.items() if name != "genres"},
        n_genres=len(manifest.genre_names),
        rule_titles="".join(f" {title} |" for title in titles),
        rule_columns=" ---: |" * len(titles),
        genres="\n".join(_row(manifest, genre, own) for genre, own in enumerate(figures["genres"])),
        little=_little_better(figures["genres"], figures["posters"]),
        provenance="\n".join(f"- {name}: {escape(str(value))}" for name, value in provenance.items()),
        command=manifest.provenance["command"],
    )


def _row(manifest: Manifest, genre: int, own: dict[str, Any]) -> str:
    thresholds = (threshold_text(rule.values[genre]) for rule in manifest.rules)
    precision = f"{own['average_precision']:.3f} ({own['low']:.3f} to {own['high']:.3f})"
    cells = [str(own["positives"]), precision, f"{own['roc_auc']:.3f}", f"{own['f1']:.2f}", *thresholds]
    return f"| {escape(own['name'])} | {' | '.join(cells)} |"


def _little_better(genres: list[dict[str, Any]], posters: int) -> str:
    names = [escape(own["name"]) for own in genres if _way(own["low"], own["positives"] / posters) < _LITTLE]
    if not names:
        return "No genre is ranked like chance, but read the intervals of the rare ones."
    return (
        f"{', '.join(names)}: not shown to have gone a tenth of the way from chance to a perfect ranking (by the low "
        "end of the interval). Don't sort by them."
    )


def _way(precision: float, share: float) -> float:
    return (precision - share) / (1 - share)
