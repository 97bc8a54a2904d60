"""A `Drift` as text for a terminal and as a page."""

from collections.abc import Iterator

from posters._base.text import counted, printable, wrapped
from posters.drift import Drift
from posters.drift.drift import LEVEL, LOST_F1, GenreDrift
from posters.report.html.charts import UNIT, Chart, Plane
from posters.report.html.page import templates
from posters.report.tables import TextTable, number, signed
from posters.report.terminal import aligned

_ALARMS = {
    "features": "the features of the new posters differ from those of the reference",
    "scores": "the probabilities of some genres moved",
    "outliers": "more of the new pictures are unlike the reference than chance explains; some may be no posters",
    "f1": f"the expected macro F1 is lower by more than {LOST_F1}",
}

_WHEN = (
    f"Each alarm goes off at p of {LEVEL:g} or less, the one of F1 if the loss is above {LOST_F1:g} too. Posters count "
    "as independent: many of one film alarm too soon."
)
_CALIBRATED = (
    "The expected F1 holds as far as probabilities are calibrated on the new posters too. Posters that the classifier "
    "was trained on are no fair reference: it is surer of them."
)
_SHIFT = (
    "How common a genre is now is estimated from how often it is predicted (black-box shift estimation); it holds if "
    "only the shares of genres moved, and not how posters of a genre look. n/a: predictions tell too little of it."
)
_UNLABELLED = "The reference has no labels, so that no prevalence is estimated: a labelled table has them."


def drift_text(drift: Drift) -> str:
    """Return the verdict, what each test found, and the genres, at most 100 columns wide.

    Examples:
        >>> print(drift_text(example_drift()).splitlines()[0])
        old (40 posters) and new (40 posters): no drift was found.
    """
    blocks = [wrapped(heading(drift)), "\n".join(wrapped(each, "- ") for each in findings(drift))]
    blocks += [aligned(genre_table(drift)), *map(wrapped, notes(drift))]
    return "\n\n".join(blocks) + "\n"


def drift_page(drift: Drift) -> str:
    """Return everything as one HTML document that loads nothing from anywhere.

    Raises:
        MissingExtraError: Jinja is not installed.

    Examples:
        >>> drift_page(example_drift()).strip().startswith("<!doctype html>")
        True
    """
    template = templates().get_template("drift.html")
    words = {"heading": heading(drift), "findings": list(findings(drift)), "notes": list(notes(drift))}
    charts = [histogram_chart(genre) for genre in sorted(drift.genres, key=lambda genre: -genre.distance)]
    html: str = template.render(words, table=genre_table(drift), charts=charts)
    return html


def example_drift() -> Drift:
    """Return a small comparison of equal samples, for examples.

    Examples:
        >>> example_drift().alarms
        ()
    """
    genre = GenreDrift("War", 0.3, 0.31, 0.05, 1.0, ((30, 10), (29, 11)))
    even = (0.5, 0.6)
    return Drift("old", "new", (40, 40), (0, 0), even, even, (genre,), (0.01, 0.01, 0.6), (0.5, 0.5), (0.4, 0.6), 0.5)


def heading(drift: Drift) -> str:
    """Return the verdict in a sentence.

    Examples:
        >>> heading(example_drift())
        'old (40 posters) and new (40 posters): no drift was found.'
    """
    samples = zip((drift.reference, drift.new), drift.posters, strict=True)
    names = " and ".join(f"{printable(name)} ({counted(count, 'poster')})" for name, count in samples)
    found = "; ".join(_ALARMS[alarm] for alarm in drift.alarms)
    return f"{names}: {found or 'no drift was found'}."


def findings(drift: Drift) -> Iterator[str]:
    """Yield a sentence on each test.

    Examples:
        >>> next(findings(example_drift()))
        'Features: a classifier tells the two apart with a ROC AUC of 0.500 (0.5 is chance), p = 0.600.'
    """
    (area, area_p), (mmd, mmd_p), (share, expected, outlier_p) = drift.area, drift.mmd, drift.outliers
    yield (
        f"Features: a classifier tells the two apart with a ROC AUC of {area:.3f} (0.5 is chance), p = {area_p:.3f}."
    )
    yield f"Features: squared maximum mean discrepancy {mmd:.4f}, p = {mmd_p:.3f}."
    yield f"Unlike the reference: {share:.1%} of the new posters, {expected:.1%} expected, p = {outlier_p:.3f}."
    moved = [genre.name for genre in drift.genres if genre.p_value <= LEVEL]
    yield f"Probabilities moved in {len(moved)} of {counted(len(drift.genres), 'genre')}."
    low, high = drift.f1_interval
    difference = signed(drift.f1[1] - drift.f1[0])
    yield (
        f"Expected macro F1: {drift.f1[0]:.3f} on the reference, {drift.f1[1]:.3f} ({low:.3f} to {high:.3f}) on the "
        f"new posters: {difference}, p = {drift.f1_p_value:.3f}."
    )


def genre_table(drift: Drift) -> TextTable:
    """Return the genres, those that moved most first.

    Examples:
        >>> genre_table(example_drift()).rows
        (('War', '0.300', '0.310', '0.050', '1.000'),)
    """
    header: tuple[str, ...] = ("genre", "mean before", "mean now", "KS distance", "adjusted p")
    shares = {genre.name: genre for genre in drift.labels}
    if shares:
        header += ("labelled before", "estimated now", "95% from", "to")
    rows = []
    for genre in sorted(drift.genres, key=lambda genre: -genre.distance):
        cells = [printable(genre.name), *map(number, (genre.reference, genre.new, genre.distance, genre.p_value))]
        if shift := shares.get(genre.name):
            cells += map(number, (shift.reference, shift.new, shift.low, shift.high))
        rows.append(tuple(cells))
    return TextTable(header, tuple(rows))


def notes(drift: Drift) -> Iterator[str]:
    """Yield what the figures take for granted, and what was left out.

    Examples:
        >>> len(list(notes(example_drift())))
        3
    """
    yield _WHEN
    yield _CALIBRATED
    yield _SHIFT if drift.labels else _UNLABELLED
    if any(drift.unreadable):
        yield f"Left out as unreadable: {drift.unreadable[0]:,} of the reference, {drift.unreadable[1]:,} new."


def histogram_chart(genre: GenreDrift) -> Chart:
    """Return how a genre's probabilities spread: the reference filled, the new posters as a line.

    Examples:
        >>> len(histogram_chart(example_drift().genres[0]).bars)
        2
    """
    before, now = ([count / max(sum(counts), 1) for count in counts] for counts in genre.histograms)
    plane = Plane(y=(0.0, max(*before, *now)))
    bins = len(before)
    # Both edges of every bin, in order: a staircase.
    outline = [edge / bins for place in range(bins) for edge in (place, place + 1)]
    means = f"mean {genre.reference:.2f} in the reference, {genre.new:.2f} in new posters"
    words = f"Probabilities of {printable(genre.name)}: {means}"
    return Chart(
        *(printable(genre.name), f"KS {genre.distance:.3f}", words, "probability", "share"),
        x_ticks=plane.x_ticks(UNIT),
        y_ticks=plane.y_ticks((0.0, plane.y[1]), ("0", f"{plane.y[1]:.0%}")),
        bars=tuple(plane.bar(n / bins, (n + 1) / bins, share, "without") for n, share in enumerate(before)),
        lines=(plane.line(outline, [share for share in now for _ in (0, 1)], "main"),),
    )
