"""MODEL_CARD.md: what a classifier's next user must know before trusting it."""

from pathlib import Path
from typing import Any

from posters._base.text import counted
from posters.classifier.manifest import Manifest
from posters.report.markdown import escape
from posters.report.sentences import unknown_labels
from posters.report.tables import threshold_cell

_CARD = """# Model card: movie poster genres

Predicts which of {n_genres} a movie poster shows, each with a probability of its own.

## Made from

{provenance}

## How good it is

On {posters:,} validation posters, which also chose the weights and the thresholds: macro mAP {macro_map:.3f}, where
predicting each genre's share of the training posters scores {chance:.3f}. {unknown}Validation flatters; quote what
`posters evaluate` reports for the test posters.

## Genres

| genre | share of the training posters |{known_title} {rules} |
| --- | ---: |{known_column}{rule_columns}
{genres}

The columns on the right are the rules: the calibrated probability from which a genre is predicted. The first rule
decides unless another is chosen. {calibration}

## Intended use and limits

For sorting and searching catalogues of movie posters like those it was trained on. It sees the poster alone, never the
film. Genre names are conventions of one catalogue, and posters carry the habits and prejudices of their time and place:
don't use it to judge people. A rare genre's figures rest on few posters. An image that isn't a poster gets
probabilities all the same.
"""


def model_card(manifest: Manifest) -> str:
    """Return the card of a classifier, as Markdown.

    Examples:
        >>> model_card(manifest).splitlines()[0]
        '# Model card: movie poster genres'
    """
    if "out_of_fold" in manifest.metrics:
        return soup_card(manifest)
    return _CARD.format(
        n_genres=counted(len(manifest.genre_names), "genre"),
        provenance="\n".join(f"- {name}: {escape(str(value))}" for name, value in manifest.provenance.items()),
        **_validation(manifest),
        rules=" | ".join(escape(rule.rule) for rule in manifest.rules),
        rule_columns=" ---: |" * len(manifest.rules),
        genres="\n".join(_row(manifest, genre) for genre in range(len(manifest.genre_names))),
        calibration=_calibration(manifest),
    )


def _validation(manifest: Manifest) -> dict[str, Any]:
    """The figures on validation posters; where labels are unknown, a sentence and a column of their own."""
    figures, known = manifest.metrics["validation"], {"unknown": "", "known_title": "", "known_column": ""}
    if "known" in figures:
        (sentence,) = unknown_labels(figures["unknown_labels"], figures["posters"] * len(manifest.genre_names))
        known = {"unknown": f"{sentence} ", "known_title": " known validation posters |", "known_column": " ---: |"}
    chance = figures["macro_map_of_the_prior"]
    return {"posters": figures["posters"], "macro_map": figures["macro_map"], "chance": chance, **known}


def _row(manifest: Manifest, genre: int) -> str:
    thresholds = (threshold_cell(rule.values[genre]) for rule in manifest.rules)
    known = [f"{each[genre]:,}" for each in (manifest.metrics["validation"].get("known"),) if each]
    cells = (escape(manifest.genre_names[genre]), f"{manifest.prior[genre]:.3f}", *known, *thresholds)
    return f"| {' | '.join(cells)} |"


def _calibration(manifest: Manifest) -> str:
    if manifest.calibration.changes_nothing:
        return "The probabilities are the network's own: on the validation posters no calibration was better."
    changed = sum(curve.method != "identity" for curve in manifest.calibration.curves)
    basis = (
        f"The probabilities of {counted(changed, 'genre')} are calibrated, fitted on {manifest.calibration.fitted_on}."
    )
    worth = manifest.metrics.get("calibration")
    if worth is None:  # Somebody else's classifier need not report what its calibration is worth.
        return basis
    return (
        f"{basis} Cross-validated there, calibration takes the log loss from {worth['log_loss_before']:.4f} to "
        f"{worth['log_loss_after']:.4f}, and the expected calibration error from {worth['ece_before']:.4f} to "
        f"{worth['ece_after']:.4f}."
    )


# A genre below this should not be relied on, whatever its average precision looks like.
# How much of the way from chance (0) to a perfect ranking (1) a genre must be shown to have gone.
_LITTLE = 0.1


def _interval(figures: dict[str, Any]) -> str:
    return "no interval" if figures["low"] is None else f"{figures['low']:.3f} to {figures['high']:.3f}"


_AVERAGE_CARD = Path(__file__).with_name("averaged_model_card.md")


def soup_card(manifest: Manifest) -> str:
    """Return the card of an average of networks, as Markdown; its figures are `manifest.metrics["out_of_fold"]`.

    Examples:
        >>> soup_card(manifest).splitlines()[0]
        '# Model card: movie poster genres'
    """
    # Those of earlier versions have neither this figure nor the interval of the commonest genres.
    figures = {"macro_roc_auc_of_the_prior": 0.5} | manifest.metrics["out_of_fold"]
    common = {"low": figures["low_20"], "high": figures["high_20"]} if "low_20" in figures else None
    # The command holds the config too, and both are in classifier.json.
    provenance = {
        name: value for name, value in manifest.provenance.items() if name not in ("command", "config", "sources")
    }
    provenance["versions"] = ", ".join(f"{name} {number}" for name, number in provenance["versions"].items())
    return _AVERAGE_CARD.read_text(encoding="utf-8").format(
        **{name: value for name, value in figures.items() if name != "genres"},
        n_genres=counted(len(manifest.genre_names), "genre"),
        rule_titles="".join(f" {escape(rule.rule)} |" for rule in manifest.rules),
        rule_columns=" ---: |" * len(manifest.rules),
        genres="\n".join(_average_row(manifest, genre, own) for genre, own in enumerate(figures["genres"])),
        interval=_interval(figures),
        interval_20="" if common is None else f" ({_interval(common)})",
        sources=manifest.provenance.get("sources", "Its maker has named none."),
        little=_little_better(figures["genres"], figures["posters"]),
        provenance="\n".join(f"- {name}: {escape(str(value))}" for name, value in provenance.items()),
        command=manifest.provenance["command"],
    )


def _average_row(manifest: Manifest, genre: int, own: dict[str, Any]) -> str:
    thresholds = (threshold_cell(rule.values[genre]) for rule in manifest.rules)
    precision = f"{own['average_precision']:.3f} ({_interval(own)})"
    cells = [str(own["positives"]), precision, f"{own['roc_auc']:.3f}", f"{own['f1']:.2f}", *thresholds]
    return f"| {escape(own['name'])} | {' | '.join(cells)} |"


def _little_better(genres: list[dict[str, Any]], posters: int) -> str:
    shares = [own["positives"] / posters for own in genres]
    # How far from chance, which is the share, to a perfect ranking, which is 1.
    # A genre without an interval is shown to have gone no way at all.
    ways = [((own["low"] or share) - share) / (1 - share) for own, share in zip(genres, shares, strict=True)]
    names = [escape(own["name"]) for own, way in zip(genres, ways, strict=True) if way < _LITTLE]
    if not names:
        return "No genre is ranked like chance, but read the intervals of the rare ones."
    return (
        f"{', '.join(names)}: not shown to have gone a tenth of the way from chance to a perfect ranking (by the low "
        "end of the interval). Don't sort by them."
    )
