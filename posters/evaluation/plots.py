"""Figures of an evaluation for papers and notebooks, by matplotlib: at column width, with fonts that journals embed."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from posters._base.optional_imports import require
from posters._base.text import printable
from posters.evaluation.confusion import Confusion
from posters.evaluation.curves import PrecisionRecallCurve
from posters.evaluation.reliability import Reliability

# Inches: a column and the width of a page of IEEE's and ACM's two-column styles.
COLUMN, PAGE = 3.5, 7.2
# Text that stays text: editable in SVG, and TrueType in PDF, since publishers refuse Type 3.
_STYLE = {"font.size": 8, "axes.titlesize": 8, "svg.fonttype": "none", "pdf.fonttype": 42, "axes.linewidth": 0.6}
_MOST = 24  # genres: more would be too small to read
_MODEL, _CHANCE = "#1b5fae", "#777777"


def precision_recall_figure(
    curves: Sequence[PrecisionRecallCurve], chances: Sequence[float | None], width: float = PAGE
) -> Any:
    """Draw precision against recall, a panel for each genre with positives, over its chance.

    Args:
        curves: of the genres.
        chances: each genre's prevalence.
        width: in inches.

    Returns:
        A `matplotlib.figure.Figure`.

    Examples:
        >>> curve = PrecisionRecallCurve("War", (0.5, 1.0), (1.0, 0.8), (0.7, 0.3))
        >>> len(precision_recall_figure([curve], [0.4]).axes)
        1
    """
    drawn = [(curve, chance or 0.0) for curve, chance in zip(curves, chances, strict=True) if curve.recall][:_MOST]
    columns = max(1, min(len(drawn), round(width / 1.4)))
    rows = max(1, math.ceil(len(drawn) / columns))
    figure = _figure(width, 1.35 * rows * width / columns / 1.4)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axis, (curve, chance) in zip(axes, drawn, strict=False):
        axis.plot((0, 1), (chance, chance), color=_CHANCE, linestyle="--", linewidth=0.8)
        axis.plot((0.0, *curve.recall), (curve.precision[0], *curve.precision), color=_MODEL, linewidth=1)
        axis.set_title(_text(curve.name))
        axis.set(xlim=(0, 1), ylim=(0, 1.02))
    for axis in axes[len(drawn) :]:
        axis.set_visible(False)
    figure.supxlabel("recall", fontsize=8)
    figure.supylabel("precision", fontsize=8)
    return figure


def calibration_figure(reliability: Reliability, width: float = COLUMN) -> Any:
    """Draw how often what was predicted came true, over all pairs of poster and genre (a reliability diagram).

    Args:
        reliability: of all pairs, or of a genre.
        width: in inches.

    Returns:
        A `matplotlib.figure.Figure`.

    Examples:
        >>> calibration_figure(Reliability("War", 0.02, None, 0.1, None, 0.2, ())).axes[0].get_xlabel()
        'predicted probability'
    """
    figure = _figure(width, width)
    axis = figure.subplots()
    bins = [one for one in reliability.bins if one.mean_score is not None and one.share_true is not None]
    axis.plot((0, 1), (0, 1), color=_CHANCE, linestyle="--", linewidth=0.8)
    sizes = [6 + 30 * math.log1p(one.count) / math.log1p(max(each.count for each in bins)) for one in bins]
    shares = [one.share_true for one in bins]
    axis.plot([one.mean_score for one in bins], shares, color=_MODEL, linewidth=1)
    axis.scatter([one.mean_score for one in bins], shares, sizes, color=_MODEL)
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted probability", ylabel="share that came true", aspect="equal")
    axis.set_title(f"{_text(reliability.name)}: ECE {reliability.ece:.3f}" if reliability.ece is not None else "")
    return figure


def confusion_figure(confusion: Confusion, names: Sequence[str], width: float = PAGE) -> Any:
    """Draw which genres are predicted in place of missed ones, as shares of the posters where a genre was missed.

    Args:
        confusion: of the default rule.
        names: of its G genres; the commonest are drawn.
        width: in inches.

    Returns:
        A `matplotlib.figure.Figure`.

    Examples:
        >>> counts = Confusion("f1", (1, 1), (2, 0), ((0, 1), (0, 0)), (1, 0))
        >>> confusion_figure(counts, ["Drama", "War"]).axes[0].get_title()
        'predicted in place of the missed genre (rule f1)'
    """
    missed = np.array(confusion.missed)
    shown = np.sort(np.argsort(-(missed + np.array(confusion.found)), kind="stable")[:_MOST])
    shares = np.array(confusion.instead, float)[np.ix_(shown, shown)] / np.maximum(missed[shown], 1)[:, None]
    figure = _figure(width, width)
    axis = figure.subplots()
    picture = axis.imshow(shares, cmap="Blues", vmin=0, vmax=max(float(shares.max(initial=0)), 0.01))
    labels = [_text(names[place]) for place in shown]
    axis.set_xticks(range(len(shown)), labels, rotation=60, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(shown)), labels)
    axis.set(
        xlabel="predicted", ylabel="missed", title=f"predicted in place of the missed genre (rule {confusion.rule})"
    )
    figure.colorbar(picture, ax=axis, shrink=0.6)
    return figure


def _figure(width: float, height: float) -> Any:
    matplotlib = require("matplotlib")
    # A notebook shows figures once pyplot is loaded; made without it, this one belongs to the caller alone.
    require("matplotlib.pyplot")
    matplotlib.rcParams.update(_STYLE)
    return require("matplotlib.figure").Figure(figsize=(width, height), layout="constrained")


def _text(name: str) -> str:
    # Dollars would begin a formula, which a genre's name may not be.
    return printable(name).replace("$", r"\$")
