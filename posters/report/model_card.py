"""MODEL_CARD.md: what a classifier's next user must know before trusting it."""

from posters.classifier import Manifest
from posters.report.markdown import escape
from posters.report.rules import threshold_text
from posters.report.soup_card import soup_card

_CARD = """# Model card: movie poster genres

Says which of {n_genres} genres a movie poster shows, each with a probability of its own.

## Made from

{provenance}

## How good it is

On {posters:,} validation posters, which also chose the weights and the thresholds: macro mAP {macro_map:.3f}, where
predicting each genre's share of the training posters scores {chance:.3f}. Validation flatters; quote what
`posters evaluate` says of the test posters.

## Genres

| genre | share of the training posters | {rules} |
| --- | ---: |{rule_columns}
{genres}

The columns behind are the rules by which a genre is said: from which calibrated probability on. The first one decides
unless another is asked for. {calibration}

## Intended use and limits

For sorting and searching catalogues of movie posters like those it was trained on. It sees the poster alone, never the
film. Genre names are conventions of one catalogue, and posters carry the habits and prejudices of their time and place:
don't use it to judge people. A rare genre's figures rest on few posters. A picture that is no poster gets probabilities
all the same.
"""


def model_card(manifest: Manifest) -> str:
    """The card of a classifier, as Markdown."""
    if "out_of_fold" in manifest.metrics:
        return soup_card(manifest)
    figures = manifest.metrics["validation"]
    return _CARD.format(
        n_genres=len(manifest.genre_names),
        provenance="\n".join(f"- {name}: {escape(str(value))}" for name, value in manifest.provenance.items()),
        posters=figures["posters"],
        macro_map=figures["macro_map"],
        chance=figures["macro_map_of_the_prior"],
        rules=" | ".join(escape(thresholds.optimises) for thresholds in manifest.rules),
        rule_columns=" ---: |" * len(manifest.rules),
        genres="\n".join(_row(manifest, genre) for genre in range(len(manifest.genre_names))),
        calibration=_calibration(manifest),
    )


def _row(manifest: Manifest, genre: int) -> str:
    thresholds = (threshold_text(rule.values[genre]) for rule in manifest.rules)
    return f"| {escape(manifest.genre_names[genre])} | {manifest.prior[genre]:.3f} | {' | '.join(thresholds)} |"


def _calibration(manifest: Manifest) -> str:
    if manifest.calibration.changes_nothing:
        return "The probabilities are the network's own: on the validation posters no calibration was better."
    changed = sum(curve.method != "identity" for curve in manifest.calibration.curves)
    said = f"The probabilities of {changed} genres are calibrated, fitted on {manifest.calibration.fitted_on}."
    worth = manifest.metrics.get("calibration")
    if worth is None:  # Somebody else's classifier need not say what its calibration is worth.
        return said
    return (
        f"{said} Cross-validated there, calibration takes the log loss from {worth['log_loss_before']:.4f} to "
        f"{worth['log_loss_after']:.4f}, and the expected calibration error from {worth['ece_before']:.4f} to "
        f"{worth['ece_after']:.4f}."
    )
