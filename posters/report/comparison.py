"""A comparison as plain text."""

from posters.evaluation.comparison import ComparedRun, Comparison, Difference
from posters.report.columns import wrapped
from posters.report.tables import number, printable, span


def comparison_text(comparison: Comparison) -> str:
    """The verdict on each run, then the genres whose difference is real, then all genres."""
    first, *others = comparison.runs
    blocks = [wrapped(_head(comparison)), *(wrapped(_verdict(run, first)) for run in others), _genres(comparison)]
    if comparison.left_out_genres:
        blocks.append(wrapped(f"Left out: {', '.join(map(printable, comparison.left_out_genres))}."))
    blocks.append(
        wrapped(
            f"Paired bootstrap, {comparison.samples:,} resamples. Over the genres, differences are called real by "
            "Holm's method at 5% together (*); genres with fewer than 10 positives are not judged."
        )
    )
    return "\n\n".join(blocks)


def _head(comparison: Comparison) -> str:
    left_out = f"; {comparison.left_out_posters:,} others are not common to all" if comparison.left_out_posters else ""
    return f"{comparison.posters:,} posters that all runs have{left_out}"


def _verdict(run: ComparedRun, first: ComparedRun) -> str:
    difference = run.against_first
    assert difference is not None
    said = {"better": "is better than", "worse": "is worse than"}.get(difference.verdict, "shows no difference from")
    return (
        f"{printable(run.name)} (macro mAP {run.macro_map:.3f}) {said} {printable(first.name)} "
        f"({first.macro_map:.3f}): "
        f"{difference.difference:+.3f}, 95% interval {_ends(difference)}, p = {difference.p_value:.3f}"
    )


def _ends(difference: Difference) -> str:
    return f"{difference.interval.low:+.3f} to {difference.interval.high:+.3f}"


def _genres(comparison: Comparison) -> str:
    first, *others = comparison.runs
    wide = max(len(printable(genre.name)) for genre in first.genres)
    numbers = [f"run {place}" for place in range(1, len(comparison.runs) + 1)]
    lines = [f"run {place}: {printable(run.name)}" for place, run in enumerate(comparison.runs, 1)]
    header = f"{'genre':<{wide}}  positives" + "".join(f"  {name:>16}" for name in numbers)
    lines += ["", header]
    for row, genre in enumerate(first.genres):
        cells = [number(genre.average_precision), *(_cell(run, row) for run in others)]
        lines.append(
            f"{printable(genre.name):<{wide}}  {genre.positives:>9,}" + "".join(f"  {cell:>16}" for cell in cells)
        )
    macro = [f"{run.macro_map:.3f}" for run in comparison.runs]
    lines.append(f"{'macro mAP':<{wide}}  {'':>9}" + "".join(f"  {cell:>16}" for cell in macro))
    lines.append(
        f"{'95% interval':<{wide}}  {'':>9}" + "".join(f"  {span(run.interval):>16}" for run in comparison.runs)
    )
    return "\n".join(line.rstrip() for line in lines)


def _cell(run: ComparedRun, row: int) -> str:
    genre = run.genres[row]
    if genre.against_first is None:
        return number(genre.average_precision)
    mark = " " if genre.against_first.verdict == "no difference shown" else "*"
    return f"{genre.average_precision:.3f} ({genre.against_first.difference:+.3f}){mark}"
