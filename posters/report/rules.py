"""The rules of a classifier as a table of text."""

from posters.classifier import Manifest
from posters.report.tables import printable
from posters.thresholds import NEVER


def rule_table(manifest: Manifest) -> str:
    """A row for each genre, a column for each rule, the default first."""
    names = [printable(name) for name in manifest.genre_names]
    wide = max(len("genre"), *map(len, names))
    titles = [thresholds.optimises for thresholds in manifest.rules]
    lines = [f"{'genre':<{wide}}" + "".join(f"  {title:>8}" for title in titles)]
    for genre, name in enumerate(names):
        cells = [threshold_text(thresholds.values[genre]) for thresholds in manifest.rules]
        row = (f"  {cell:>{max(8, len(title))}}" for cell, title in zip(cells, titles, strict=True))
        lines.append(f"{name:<{wide}}" + "".join(row))
    lines += ["", *(f"{rule.optimises}: fitted on {printable(rule.fitted_on)}" for rule in manifest.rules)]
    lines.append(f"{titles[0]} decides unless another is asked for (posters predict --rule)")
    return "\n".join(lines)


def threshold_text(value: float) -> str:
    """A threshold for people: "never" for a genre that is never said, "always" for one that always is."""
    return "never" if value == NEVER else "always" if value == 0 else f"{value:.3f}"
