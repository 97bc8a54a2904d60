"""What got worse: the ratios of one run of the benchmark beside those of another.

Seconds depend on the machine and on its mood; a ratio to a peer that took turns with ours hardly does. It got worse if
even the best turn of now is behind the worst turn of then, and by more than a machine's mood makes of equal code.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.bench.contest import Contest, Spread

# Of equal code that was measured twice on one machine: of 55 ratios, ten of the second run were outside the first one's
# spread, none of them by more than this, and the other way round one, of `model.predict`, which waits for its dataset.
TOLERANCE = 0.15


def ratios(measured: Mapping[str, Any]) -> dict[tuple[str, str, str], Spread]:
    """Return how many times better ours is, by section, contest and peer.

    Args:
        measured: as docs/benchmarks.json has it.
    """
    return {
        (section["name"], plain["title"], peer): contest.ratio(peer)
        for section in measured["sections"]
        for plain in section["contests"]
        for contest in [Contest(**plain)]
        for peer in list(contest.figures)[1:]
    }


def worse(now: Mapping[str, Any], then: Mapping[str, Any], tolerance: float = TOLERANCE) -> Iterator[str]:
    """Yield a line for each ratio that got worse; those that only one of the runs has can't be compared.

    Args:
        now: what was just measured.
        then: what was measured earlier.
        tolerance: the share by which a ratio may fall short of the earlier one's spread.
    """
    earlier = ratios(then)
    for key, ratio in ratios(now).items():
        before = earlier.get(key)
        if before is not None and ratio.high < before.low * (1 - tolerance):
            section, title, peer = key
            yield (
                f"{section}: {title}, beside {peer}: {ratio.median:.3g} ({ratio.low:.3g} to {ratio.high:.3g}), "
                f"was {before.median:.3g} ({before.low:.3g} to {before.high:.3g})"
            )
