"""A comparison as aligned plain text, which the command line prints."""

from collections.abc import Iterator

from posters.evaluation.compared import ComparedGenre, ComparedRun, Comparison, Difference
from posters.evaluation.interval import Interval
from posters.report.columns import wrapped
from posters.report.tables import BLANK, Table, number, printable, signed, span
from posters.report.terminal import aligned

_SAID = {"better": "is better than", "worse": "is worse than", "no difference shown": "shows no difference from"}


def comparison_text(comparison: Comparison) -> str:
    """The verdict on each run, the runs side by side, each genre and what was left out, at most 100 columns wide."""
    others = comparison.runs[1:]
    blocks = [
        wrapped(f"{comparison.side}: {comparison.posters:,} posters that all runs have"),
        *(wrapped(sentence) for sentence in _verdicts(comparison)),
        aligned(_runs(comparison)),
        *(block for run in others for block in (wrapped(_genre_verdict(run)), aligned(_genres(comparison, run)))),
        "\n".join(wrapped(note) for note in _notes(comparison)),
    ]
    return "\n\n".join(blocks)


def _verdicts(comparison: Comparison) -> Iterator[str]:
    """A sentence on each run but the first."""
    first = comparison.runs[0]
    for run in comparison.runs:
        if (difference := run.against_first) is not None:
            yield (
                f"{printable(run.name)} (macro mAP {run.macro_map:.3f}) {_SAID[difference.verdict]} "
                f"{printable(first.name)} ({first.macro_map:.3f}): {signed(difference.difference)}, "
                f"{difference.interval.level:.0%} interval {_ends(difference.interval)}, over {len(run.genres)} genres."
            )


def _runs(comparison: Comparison) -> Table:
    header = ("run", "macro mAP", "95% interval", "difference", "95% interval", "ahead in", "p")
    rows = (
        (printable(run.name), number(run.macro_map), span(run.interval), *_difference(run.against_first))
        for run in comparison.runs
    )
    return Table(header, tuple(rows))


def _difference(difference: Difference | None) -> tuple[str, str, str, str]:
    """The difference, its interval, the share of resamples in which the run is ahead, and p."""
    if difference is None:
        return BLANK, BLANK, BLANK, BLANK
    p = "<0.001" if difference.p_value < 0.001 else number(difference.p_value)
    return signed(difference.difference), _ends(difference.interval), f"{difference.share_ahead:.0%}", p


def _ends(interval: Interval) -> str:
    return f"{signed(interval.low)} to {signed(interval.high)}"


def _genre_verdict(run: ComparedRun) -> str:
    verdicts = {genre.name: genre.against_first.verdict for genre in run.genres if genre.against_first is not None}
    found = {kind: [printable(name) for name in verdicts if verdicts[name] == kind] for kind in _SAID}
    said = [f"{kind} in {', '.join(found[kind])}" for kind in ("better", "worse") if found[kind]]
    rest = f"{len(found['no difference shown'])} of {len(verdicts)} genres"
    head = f"is {' and '.join(said)}, and shows" if said else "shows"
    return f"Genre by genre, {printable(run.name)} {head} no difference in {rest}:"


def _genres(comparison: Comparison, run: ComparedRun) -> Table:
    """Every genre, the greatest gain first, those that are not judged last."""
    header = ("genre", "", "positives", "AP, first", "AP, this", "difference", "95% interval", "ahead in", "p")
    pairs = zip(run.genres, comparison.runs[0].genres, strict=True)
    rows = (
        (
            printable(genre.name),
            _mark(genre, comparison.least_positives),
            f"{genre.positives:,}",
            number(before.average_precision),
            number(genre.average_precision),
            *_difference(genre.against_first),
        )
        for genre, before in sorted(pairs, key=lambda pair: _place(pair[0]))
    )
    return Table(header, tuple(rows), text_columns=2)


def _place(genre: ComparedGenre) -> tuple[bool, float, str]:
    difference = genre.against_first
    return difference is None, 0.0 if difference is None else -difference.difference, genre.name


def _mark(genre: ComparedGenre, least_positives: int) -> str:
    if genre.against_first is None:
        return f"under {least_positives}"
    return "" if genre.against_first.verdict == "no difference shown" else genre.against_first.verdict


def _notes(comparison: Comparison) -> Iterator[str]:
    """What was left out, and how the differences were judged."""
    yield from _left_out(comparison)
    bootstrap = comparison.bootstrap
    yield (
        f"Paired bootstrap: {bootstrap.samples:,} resamples of {bootstrap.groups:,} films, the same for every run. "
        '"Ahead in" says in how many of them the run is ahead, and p how often so great a difference comes about '
        "between equals."
    )
    yield (
        "A genre is called better or worse by Holm's method over all judged genres, at 5% together: with so many, some "
        f"interval of its own lies clear of 0 by chance. Genres with fewer than {comparison.least_positives} positives "
        "are not judged."
    )
    yield "All this is about other posters, not about another training run: train with several seeds for that."


def _left_out(comparison: Comparison) -> Iterator[str]:
    side = comparison.side
    if comparison.left_out_posters:
        yield f"{comparison.left_out_posters:,} posters are left out: they don't stand on the {side} side of every run."
    if comparison.unreadable:
        yield f"Posters left out because they can't be read: {_listed(comparison.unreadable)}."
    if comparison.unshared_genres:
        yield f"Genres left out because not all runs know them: {_listed(comparison.unshared_genres)}."
    if comparison.without_positives:
        yield f"Genres left out because none of these posters has them: {_listed(comparison.without_positives)}."


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(printable, names))
