"""Simulate how often rules break their promises, and how often intervals cover the truth.

    python scripts/promises.py --splits 400 --seed 0              # all tables
    python scripts/promises.py genres --splits 200 --write       # of the genres with a promise, how many are broken
    python scripts/promises.py intervals --splits 400 --write    # both with --write into docs/evaluation.md

A genre is simulated by its prevalence and its ROC AUC: scores are normal, with the mean shifted for posters that have
the genre, and probabilities follow from them by Bayes' rule, so that they are calibrated. The true precision and
recall of every threshold are then known exactly. `shift` moves the logits, for a network that is too sure of itself or
not sure enough. A promise is broken if the rule predicts the genre, and its true precision is below the target.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit
from scipy.stats import beta, norm
from tqdm import tqdm

from posters.calibration import no_calibration
from posters.classifier import read_manifest
from posters.evaluation.bootstrap import draw_counts, resampled_average_precision
from posters.evaluation.jackknife import jackknife
from posters.models import classifier_directory
from posters.scores import Scores
from posters.thresholds import NEVER, Rule, fit_rule, target_precision_thresholds

TARGET = 0.8
# Prevalence and ROC AUC. The first genre is common, and the network can't tell it at all.
GENRES = ((0.78, 0.50), (0.50, 0.75), (0.35, 0.80), (0.10, 0.90), (0.05, 0.93), (0.02, 0.97))
POSTERS = (200, 850, 4000)
SHIFTS = (0.0, 1.0, -1.0)
# Films, and posters of each that are nearly copies.
FILMS = ((280, 3), (170, 5), (85, 10))
SIZES = ((200, 1), (850, 1), (2000, 1), (5000, 1), (280, 3), (170, 5))
# Genres are reported by their positive films, from so many on.
LEAST = (5, 8, 13, 20, 40, 100)
TABLES = ("genre", "genres", "intervals")
PAGE = Path(__file__).parents[1] / "docs" / "evaluation.md"
# Tables of that page; the other one is older and in docs/results.md.
WRITTEN = ("genres", "intervals")


@dataclass(frozen=True)
class Genre:
    """A simulated genre.

    Attributes:
        prevalence: share of the posters that have it.
        distance: between the two means of the scores, in standard deviations.
    """

    prevalence: float
    distance: float

    def draw(self, rng: np.random.Generator, posters: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw labels (N,) and scores (N,)."""
        y_true = (rng.random(posters) < self.prevalence).astype(np.uint8)
        return y_true, rng.normal(size=posters) + self.distance * y_true

    def probability(self, score: np.ndarray, shift: float = 0.0) -> np.ndarray:
        """Return the probability that a poster of this score has the genre, its logit moved by `shift`."""
        odds = np.log(self.prevalence / (1 - self.prevalence))
        logit = odds + self.distance * score - self.distance**2 / 2 + shift
        return np.asarray(1 / (1 + np.exp(-logit)))

    def score(self, probability: float, shift: float = 0.0) -> float:
        """Return the score of a probability; the inverse of `probability`."""
        odds = np.log(self.prevalence / (1 - self.prevalence))
        logit = np.log(probability / (1 - probability)) if 0 < probability < 1 else np.sign(probability - 0.5) * np.inf
        return float((logit - shift - odds + self.distance**2 / 2) / self.distance)

    def precision(self, score: float) -> float:
        """Return the true precision of predicting every poster from this score on."""
        hits = self.prevalence * norm.sf(score - self.distance)
        return float(hits / (hits + (1 - self.prevalence) * norm.sf(score)))

    def recall(self, score: float) -> float:
        """Return the true recall of predicting every poster from this score on."""
        return float(norm.sf(score - self.distance))


def simulated_genre(prevalence: float, roc_auc: float) -> Genre:
    """Return the genre of a prevalence and a ROC AUC (0.5 is replaced by 0.5001, so that scores differ at all)."""
    return Genre(prevalence, float(np.sqrt(2) * norm.ppf(max(roc_auc, 0.5001))))


def lowest_that_passes(y_true: np.ndarray, y_score: np.ndarray, target: float) -> float:
    """Return the threshold of versions before 0.2: the lowest whose own Clopper-Pearson bound reaches the target."""
    order = np.argsort(-y_score)
    hits, predicted = np.cumsum(y_true[order]), np.arange(1, len(y_true) + 1)
    bound = np.where(hits > 0, beta.ppf(0.1, hits, predicted - hits + 1), 0.0)
    enough = np.flatnonzero(bound >= target)
    return float(y_score[order][enough[-1]]) if len(enough) else NEVER


def fixed_sequence(y_true: np.ndarray, y_score: np.ndarray, target: float) -> float:
    """Return the threshold of `precision=X`."""
    ids = tuple(map(str, range(len(y_true))))
    scores = Scores(ids, ("genre",), y_score[:, None], y_true[:, None])
    return target_precision_thresholds(scores, target).values[0]


def simulate(
    genre: Genre,
    posters: int,
    splits: int,
    rule: Callable[[np.ndarray, np.ndarray, float], float],
    *,
    shift: float = 0.0,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Fit a rule on many splits.

    Returns:
        the share of the splits in which the genre is predicted, in which its promise is broken, and the mean recall.
    """
    rng = np.random.default_rng(seed)
    predicted, broken, recall = 0, 0, 0.0
    for _ in range(splits):
        y_true, score = genre.draw(rng, posters)
        threshold = rule(y_true, genre.probability(score, shift), TARGET)
        if threshold == NEVER:
            continue
        at = genre.score(threshold, shift)
        predicted += 1
        broken += genre.precision(at) < TARGET
        recall += genre.recall(at)
    return predicted / splits, broken / splits, recall / splits


def rows(splits: int) -> Iterator[str]:
    """Yield a line of a Markdown table for each genre, number of posters and shift."""
    yield (
        "| prevalence | ROC AUC | posters | shift | predicted, before | broken, before | recall, before "
        "| predicted | broken | recall |\n" + "| ---: " * 10 + "|"
    )
    cases = [(g, n, s) for g in GENRES for n in POSTERS for s in SHIFTS]
    for (prevalence, auc), posters, shift in tqdm(cases, unit="case"):
        genre = simulated_genre(prevalence, auc)
        before = simulate(genre, posters, splits, lowest_that_passes, shift=shift)
        now = simulate(genre, posters, splits, fixed_sequence, shift=shift)
        cells = [f"{prevalence:g}", f"{auc:g}", f"{posters}", f"{shift:+g}", *(f"{x:.2f}" for x in (*before, *now))]
        yield f"| {' | '.join(cells)} |"


def shipped_genres() -> list[Genre]:
    """Return 22 genres with the prevalences and ROC AUCs of the shipped classifier, and one that can't be told."""
    card = read_manifest(classifier_directory("posters")).metrics["out_of_fold"]
    shipped = [simulated_genre(row["positives"] / card["posters"], row["roc_auc"]) for row in card["genres"]]
    return [*shipped, simulated_genre(*GENRES[0])]


def drawn_films(
    rng: np.random.Generator, genres: Sequence[Genre], films: int, size: int, shift: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels and probabilities (films * size, G) and each row's film: copies agree in labels, nearly in scores."""
    film, shape = np.repeat(np.arange(films), size), (films * size, len(genres))
    y_true = (rng.random((films, len(genres))) < [genre.prevalence for genre in genres])[film]
    noise = rng.normal(size=shape)
    if size > 1:
        noise = np.sqrt(0.9) * rng.normal(size=(films, len(genres)))[film] + np.sqrt(0.1) * noise
    score = noise + y_true * [genre.distance for genre in genres]
    y_score = np.stack([each.probability(column, shift) for each, column in zip(genres, score.T, strict=True)], axis=1)
    return y_true.astype(np.int8), y_score, film


def fitted(y_true: np.ndarray, y_score: np.ndarray, rule: str, groups: np.ndarray | None) -> Rule:
    """Return a rule that is fitted on simulated posters."""
    names = tuple(map(str, range(y_true.shape[1])))
    scores = Scores(tuple(map(str, range(len(y_true)))), names, y_score, y_true)
    return fit_rule(rule, scores, no_calibration(names), groups=groups)


def false_discoveries(
    rule: str, films: int, size: int, splits: int, *, shift: float = 0.0, seed: int = 0, by_film: bool = True
) -> tuple[float, float, float]:
    """Fit `precision=X` or `recall=X` to all genres of the card at once, on many splits.

    Returns:
        the mean share of the genres with a promise whose promise is broken, the mean number of genres with one, and the
        mean recall of all 23. A genre that `recall=X` always predicts has no promise: it can't be broken.
    """
    genres, rng, found = shipped_genres(), np.random.default_rng(seed), []
    kind, _, target = rule.partition("=")
    for _ in range(splits):
        y_true, y_score, film = drawn_films(rng, genres, films, size, shift)
        values = fitted(y_true, y_score, rule, film if by_film else None).values
        told = [
            (each, each.score(t, shift))
            for each, t in zip(genres, values, strict=True)
            if t is not None and 0 < t < NEVER
        ]
        broken = sum((each.precision if kind == "precision" else each.recall)(at) < float(target) for each, at in told)
        found.append((broken / max(len(told), 1), len(told), sum(each.recall(at) for each, at in told) / len(genres)))
    share, number, recall = np.mean(found, axis=0)
    return float(share), float(number), float(recall)


def mean_miss_rate(films: int, size: int, splits: int, *, seed: int = 0, by_film: bool = True) -> float:
    """Return the mean miss rate, on 4,000 other posters, of `miss-rate=0.1` fitted on many splits."""
    genres, rng = shipped_genres(), np.random.default_rng(seed)
    others, y_score, _ = drawn_films(rng, genres, 4000, 1)
    rates = []
    for _ in range(splits):
        y_true, validation, film = drawn_films(rng, genres, films, size)
        y_pred = fitted(y_true, validation, "miss-rate=0.1", film if by_film else None).apply(y_score)
        of = others.sum(axis=1)
        rates.append(np.mean(((others == 1) & (y_pred == 0)).sum(axis=1)[of > 0] / of[of > 0]))
    return float(np.mean(rates))


def true_average_precision(genre: Genre) -> float:
    """Return a genre's average precision on endless posters: the precision at a positive's score, integrated."""
    score = np.linspace(-8, 12, 4001)
    hits, false = genre.prevalence * norm.sf(score - genre.distance), (1 - genre.prevalence) * norm.sf(score)
    return float(np.trapezoid(hits / (hits + false) * norm.pdf(score - genre.distance), score))


def constructions(
    y_true: np.ndarray, y_score: np.ndarray, film: np.ndarray, samples: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Return 95% intervals of the macro mAP by several constructions; those by bootstrap need `samples`."""
    spread = jackknife(y_true, y_score, film)
    defined, tails, z = ~np.isnan(spread.values), np.array([0.025, 0.975]), norm.ppf(0.975)
    mean, bias = spread.values[defined].mean(), spread.bias[defined].mean()
    error = spread.error(defined)
    slope, logit = (mean - bias) * (1 - mean + bias), np.log((mean - bias) / (1 - mean + bias))
    ours = spread.interval()
    found = {} if ours is None else {"jackknife (ours)": (ours.low, ours.high)}
    found["jackknife, bias left in"] = (mean - z * error, mean + z * error)
    found["jackknife, on logits"] = (expit(logit - z * error / slope), expit(logit + z * error / slope))
    if samples:
        macro = np.nanmean(resampled_average_precision(y_true, y_score, draw_counts(film, samples, seed)), axis=1)
        low, high = np.quantile(macro, tails)
        found |= {"percentiles": (low, high), "reflected (before 0.2)": (2 * mean - high, 2 * mean - low)}
        found["centred"] = (low + mean - macro.mean(), high + mean - macro.mean())
        # The bootstrap's bias, subtracted, and its standard error.
        centre, reach = 2 * mean - macro.mean(), z * macro.std(ddof=1)
        found["bias-corrected normal"] = (centre - reach, centre + reach)
        shifted = norm.ppf(np.clip((macro < mean).mean(), 0.5 / samples, 1 - 0.5 / samples))
        low, high = np.quantile(macro, norm.cdf(2 * shifted + norm.ppf(tails)))
        found["bias-corrected percentiles"] = (low, high)
        found["jackknife bias, bootstrap error"] = (mean - bias - reach, mean - bias + reach)
    return found


def coverage(films: int, size: int, sets: int, samples: int = 0, seed: int = 0) -> dict[str, tuple[float, ...]]:
    """Return how often each interval of the macro mAP covers the truth, lies above it, lies below it; and its width."""
    genres, rng = shipped_genres()[:-1], np.random.default_rng(seed)
    truths = np.array([true_average_precision(genre) for genre in genres])
    found: dict[str, list[tuple[float, ...]]] = {}
    for number in range(sets):
        y_true, y_score, film = drawn_films(rng, genres, films, size)
        truth = truths[y_true.any(axis=0)].mean()
        for name, (low, high) in constructions(y_true, y_score, film, samples, number).items():
            found.setdefault(name, []).append((low <= truth <= high, truth < low, truth > high, high - low))
    return {name: tuple(np.mean(rows, axis=0).tolist()) for name, rows in found.items()}


def genre_coverage(films: int, size: int, sets: int, seed: int = 0) -> dict[int, tuple[float, float, int]]:
    """Return, by the least number of positive films, the coverage and width of the intervals of single genres."""
    genres, rng = shipped_genres()[:-1], np.random.default_rng(seed)
    found: dict[int, list[tuple[float, float]]] = {}
    truths = [true_average_precision(genre) for genre in genres]
    for _ in range(sets):
        spread = jackknife(*drawn_films(rng, genres, films, size))
        for genre, truth in enumerate(truths):
            interval = spread.of_genre(genre)
            if interval is not None:
                least = max(least for least in LEAST if least <= spread.positives[genre])
                row = (interval.low <= truth <= interval.high, interval.high - interval.low)
                found.setdefault(least, []).append(row)
    return {least: (*np.mean(rows, axis=0).tolist(), len(rows)) for least, rows in sorted(found.items())}


def over_genres(splits: int, seed: int) -> Iterator[str]:
    """Yield a table: of the genres with a promise, how many are broken; last, where copies are counted as films."""
    yield "| rule | films | posters of each | shift | broken | genres | recall | broken, posters counted |"
    yield "| --- |" + " ---: |" * 7
    # Moved logits change no order, and so no recall.
    one = [("precision=0.8", n, 1, s) for n in POSTERS for s in SHIFTS] + [("recall=0.8", n, 1, 0.0) for n in POSTERS]
    several = [(rule, n, size, 0.0) for rule in ("precision=0.8", "recall=0.8") for n, size in FILMS]
    for rule, films, size, shift in tqdm([*one, *several], unit="case"):
        share, number, recall = false_discoveries(rule, films, size, splits, shift=shift, seed=seed)
        counted = ""
        if size > 1:
            counted = f"{false_discoveries(rule, films, size, splits, seed=seed, by_film=False)[0]:.3f}"
        found = [f"{share:.3f}", f"{number:.1f}", f"{recall:.3f}", counted]
        yield f"| {' | '.join([f'`{rule}`', f'{films:,}', f'{size}', f'{shift:+g}', *found])} |"
    for films, size in tqdm(FILMS, unit="case"):
        by_film, by_poster = (mean_miss_rate(films, size, splits, seed=seed, by_film=each) for each in (True, False))
        cells = [f"{films}", f"{size}", "+0", f"mean {by_film:.3f}", "", "", f"mean {by_poster:.3f}"]
        yield f"| `miss-rate=0.1` | {' | '.join(cells)} |"


def intervals(sets: int, samples: int, seed: int) -> Iterator[str]:
    """Yield a table: the coverage of each interval of the macro mAP, the width of ours, and coverage of one genre's."""
    columns = [f"{films:,}" if size == 1 else f"{films} films of {size}" for films, size in SIZES]
    yield "\n".join([f"| covers | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(SIZES)])
    macro = [coverage(films, size, sets, samples, seed) for films, size in tqdm(SIZES, unit="case")]
    for name in macro[0]:
        yield _row(f"macro mAP: {name}", [found[name][0] for found in macro])
    ours = "jackknife (ours)"
    for place, what in enumerate(("lies above the truth", "lies below it", "width"), start=1):
        yield _row(f"{ours}: {what}", [found[ours][place] for found in macro])
    single = [genre_coverage(films, size, sets, seed) for films, size in tqdm(SIZES, unit="case")]
    for least, most in zip(LEAST, [*(each - 1 for each in LEAST[1:]), None], strict=True):
        # Of fewer intervals than this, a share says little.
        covers = [found[least][0] if least in found and found[least][2] >= 100 else None for found in single]
        yield _row(f"one genre, {f'{least} to {most}' if most else f'{least} or more'} positive films", covers)


def _row(name: str, values: Sequence[float | None]) -> str:
    return f"| {name} | {' | '.join('' if value is None else f'{value:.3f}' for value in values)} |"


def written(page: str, name: str, table: str) -> str:
    """Return the page of documentation with a table between the markers of its name."""
    begin, end = f"<!-- promises, {name}: begin -->", f"<!-- promises, {name}: end -->"
    head, rest = page.split(begin)
    return f"{head}{begin}\n{table}\n{end}{rest.split(end)[1]}"


def caption(options: argparse.Namespace, name: str) -> str:
    """Return by which command, and with which card, a table was made."""
    card = read_manifest(classifier_directory("posters"))
    figures = card.metrics["out_of_fold"]
    command = f"python scripts/promises.py {name} --splits {options.splits} --seed {options.seed} --write"
    made = f"the card of {card.provenance['made']}, macro mAP {figures['macro_map']:.3f}"
    return f"`{command}`, with {made}:\n"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("table", nargs="*", default=list(TABLES), choices=TABLES, help="by default all")
    parser.add_argument("--splits", type=int, default=400, help="simulated sets of posters (default: 400)")
    parser.add_argument("--samples", type=int, default=0, help="bootstrap resamples to compare with (default: none)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (default: 0)")
    parser.add_argument("--write", action="store_true", help="also into docs/evaluation.md: genres and intervals")
    options = parser.parse_args()
    logging.getLogger("posters").setLevel(logging.ERROR)
    tables = {
        "genre": lambda: rows(options.splits),
        "genres": lambda: over_genres(options.splits, options.seed),
        "intervals": lambda: intervals(options.splits, options.samples, options.seed),
    }
    for name in options.table:
        lines = []
        for line in tables[name]():
            print(line, flush=True)
            lines.append(line)
        print()
        if options.write and name in WRITTEN:
            text = "\n".join([caption(options, name), *lines])
            PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), name, text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
