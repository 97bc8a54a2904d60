"""A comparison as aligned plain text, which the command line prints."""

from collections.abc import Iterator
from statistics import fmean, stdev

from posters._base.text import counted, printable, wrapped
from posters.evaluation.bootstrap import Interval
from posters.evaluation.comparison import ComparedGenre, ComparedRun, Comparison, Difference
from posters.report.sentences import seen_posters, unknown_labels
from posters.report.tables import BLANK, TextTable, number, signed, span
from posters.report.terminal import aligned

_FEW = (
    "Only {posters} of {all} can be compared: the others are not in the {split} split of every run, since their splits "
    "were drawn apart (another --seed, or another table). Train the others by the splits of the first, with --splits "
    "{first}/splits.csv."
)
_HOW = (
    '"Ahead in" is the share of them in which the run is ahead, and p how often so great a difference arises between '
    "equals."
)
_HOLM = (
    "A genre is called better or worse by Holm's method over all judged genres, at 5% together: with so many, some "
    "interval of its own lies clear of 0 by chance. Genres with fewer than {least} positives are not judged."
)
_OTHER_POSTERS = (
    "All of this is about other posters, not about another training run: train with several seeds for that."
)
_BY_FOLD = (
    "Every figure is of each fold alone, averaged over folds and repeats: scores of different networks are not pooled."
)
_VERBS = {"better": "is better than", "worse": "is worse than", "no difference shown": "shows no difference from"}


def comparison_text(comparison: Comparison) -> str:
    """Return verdicts, the runs side by side, each genre and what was left out, at most 100 columns wide.

    Examples:
        >>> comparison_text(comparison).splitlines()[0]
        'test: 4 posters that all runs have'
    """
    others = comparison.runs[1:]
    blocks = [
        wrapped(_heading(comparison)),
        *map(wrapped, _warnings(comparison)),
        *map(wrapped, unknown_labels(comparison.unknown_labels, comparison.labels)),
        *(wrapped(sentence) for sentence in _verdicts(comparison)),
        aligned(_runs(comparison)),
        *(block for run in others for block in (wrapped(_genre_verdict(run)), aligned(_genres(comparison, run)))),
        "\n".join(wrapped(note) for note in _notes(comparison)),
    ]
    return "\n\n".join(blocks)


def _heading(comparison: Comparison) -> str:
    head = f"{comparison.split}: {counted(comparison.posters, 'poster')} that all runs have"
    if not comparison.folds:
        return head
    return f"{head}; {comparison.folds} folds, {counted(comparison.repeats, 'repeat')}"


def _warnings(comparison: Comparison) -> Iterator[str]:
    """That few posters are compared; which of them are not new to a run; and what the comparison is without them."""
    if comparison.posters < comparison.left_out_posters:
        yield _few(comparison)
    for run in comparison.runs:
        if run.seen is not None and not run.seen.recorded:
            yield f"{printable(run.name)} keeps no record of its training posters: they may be among these."
        elif run.seen is not None and run.seen.posters:
            yield f"{printable(run.name)}: {seen_posters(run.seen, comparison.posters)} This flatters it."
    if comparison.unseen is not None:
        yield f"On the {comparison.unseen.posters:,} posters that no run has seen (--unseen-only for all of it):"
        yield from _verdicts(comparison.unseen)
        yield f"On all {comparison.posters:,} posters:"
    if comparison.left_out_seen:
        yield f"Left out, since one of the runs has seen them before: {comparison.left_out_seen:,} posters."


def _few(comparison: Comparison) -> str:
    posters, whole = counted(comparison.posters, "poster"), comparison.posters + comparison.left_out_posters
    first = printable(comparison.runs[0].name)
    return _FEW.format(posters=posters, all=f"{whole:,}", split=comparison.split, first=first)


def _verdicts(comparison: Comparison) -> Iterator[str]:
    """A sentence on each run but the first."""
    first = comparison.runs[0]
    for run in comparison.runs:
        if (difference := run.against_first) is not None:
            yield (
                f"{printable(run.name)} (macro mAP {run.macro_map:.3f}) {_VERBS[difference.verdict]} "
                f"{printable(first.name)} ({first.macro_map:.3f}): {signed(difference.difference)}, "
                f"{difference.interval.level:.0%} interval {_ends(difference.interval)}, over {len(run.genres)} genres."
                f"{_fold_by_fold(first, run)}"
            )


def _fold_by_fold(first: ComparedRun, run: ComparedRun) -> str:
    """In how many folds a cross-validation is ahead of the first, and by how much that varies."""
    differences = [
        [own - other for own, other in zip(*pair, strict=True)]
        for pair in zip(run.of_folds, first.of_folds, strict=True)
    ]
    if not differences:
        return ""
    alone = [value for repeat in differences for value in repeat]
    ahead = sum(value > 0 for value in alone)
    means = [fmean(repeat) for repeat in differences]
    over_repeats = f", {stdev(means):.3f} over repeats" if len(means) > 1 else ""
    over_folds = f"standard deviation {stdev(alone):.3f} over folds"
    return f" It is ahead in {ahead} of {len(alone)} folds; {over_folds}{over_repeats}."


def _runs(comparison: Comparison) -> TextTable:
    header = ("run", "macro mAP", "95% interval", "difference", "95% interval", "ahead in", "p")
    rows = (
        (printable(run.name), number(run.macro_map), span(run.interval), *_difference(run.against_first))
        for run in comparison.runs
    )
    return TextTable(header, tuple(rows))


def _difference(difference: Difference | None) -> tuple[str, str, str, str]:
    """The difference, its interval, the share of resamples in which the run is ahead, and p."""
    if difference is None:
        return BLANK, BLANK, BLANK, BLANK
    # The normal approximation is not good enough in the tails to print a smaller number.
    p = "<0.001" if difference.p_value < 0.001 else number(difference.p_value)
    return signed(difference.difference), _ends(difference.interval), f"{difference.share_ahead:.0%}", p


def _ends(interval: Interval) -> str:
    return f"{signed(interval.low)} to {signed(interval.high)}"


def _genre_verdict(run: ComparedRun) -> str:
    verdicts = {genre.name: genre.against_first.verdict for genre in run.genres if genre.against_first is not None}
    found = {kind: [printable(name) for name in verdicts if verdicts[name] == kind] for kind in _VERBS}
    shown = [f"{kind} in {', '.join(found[kind])}" for kind in ("better", "worse") if found[kind]]
    rest = f"{len(found['no difference shown'])} of {len(verdicts)} genres"
    head = f"is {' and '.join(shown)}, and shows" if shown else "shows"
    return f"Genre by genre, {printable(run.name)} {head} no difference in {rest}:"


def _genres(comparison: Comparison, run: ComparedRun) -> TextTable:
    """Every genre, the greatest gain first, those that are not judged last."""

    def place(genre: ComparedGenre) -> tuple[bool, float, str]:
        difference = genre.against_first
        return difference is None, 0.0 if difference is None else -difference.difference, genre.name

    some = comparison.unknown_labels > 0
    header = (
        "genre",
        "",
        "positives",
        *(("known",) if some else ()),
        "AP, first",
        "AP, this",
        "difference",
        "95% interval",
        "ahead in",
        "p",
    )
    pairs = zip(run.genres, comparison.runs[0].genres, strict=True)
    rows = (
        (
            printable(genre.name),
            _mark(genre, comparison.least_positives),
            f"{genre.positives:,}",
            *((f"{comparison.posters - genre.unknown:,}",) if some else ()),
            number(before.average_precision),
            number(genre.average_precision),
            *_difference(genre.against_first),
        )
        for genre, before in sorted(pairs, key=lambda pair: place(pair[0]))
    )
    return TextTable(header, tuple(rows), text_columns=2)


def _mark(genre: ComparedGenre, least_positives: int) -> str:
    if genre.against_first is None:
        return f"under {least_positives}"
    return "" if genre.against_first.verdict == "no difference shown" else genre.against_first.verdict


def _notes(comparison: Comparison) -> Iterator[str]:
    """What was left out, and how the differences were judged."""
    yield from _left_out(comparison)
    bootstrap = comparison.bootstrap
    drawn = f"{bootstrap.samples:,} resamples of {bootstrap.groups:,} films, the same for every run"
    yield f"Paired bootstrap: {drawn}. {_HOW}"
    yield _HOLM.format(least=comparison.least_positives)
    if comparison.folds:
        yield _BY_FOLD
    if comparison.repeats == 1:
        yield _OTHER_POSTERS


def _left_out(comparison: Comparison) -> Iterator[str]:
    split = comparison.split
    if comparison.left_out_posters:
        yield f"{comparison.left_out_posters:,} posters are left out: they are not in the {split} split of every run."
    if comparison.unreadable:
        yield f"Posters left out because they can't be read: {_listed(comparison.unreadable)}."
    if comparison.unshared_genres:
        yield f"Genres left out because not all runs know them: {_listed(comparison.unshared_genres)}."
    if comparison.without_positives:
        yield f"Genres left out because none of these posters has them: {_listed(comparison.without_positives)}."


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(printable, names))
